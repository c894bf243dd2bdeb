"""Quick Task Status: what it lists, in which order, for whom, and at what cost."""

import pytest
from django.utils import timezone

from devices.models import Job, JobItem
from devices.models.rights import Role
from tests.factories import device, folder, person

pytestmark = pytest.mark.django_db


def task(title, *statuses, where=None):
    ended = not set(statuses) - set(JobItem.FINAL)
    job = Job.objects.create(
        kind=Job.Kind.POWER,
        title=title,
        task="power.tasks.run_power_items",
        asked_by_name="helen",
        expires_at=timezone.now(),
        device_count=len(statuses),
        finished_at=timezone.now() if ended else None,
    )
    for position, status in enumerate(statuses):
        row = device(where=where)
        JobItem.objects.create(
            job=job, device=row, device_name=row.name, status=status, position=position
        )
    return job


@pytest.fixture
def status(client):
    client.force_login(person())

    def get(query=""):
        return client.get("/tasks/status/" + query, headers={"HX-Request": "true"})

    return get


def test_running_tasks_come_first_then_the_newest(status):
    task("Power On", "done")
    task("Reset", "waiting", "done")
    task("Power Off", "failed", "done")

    titles = [each.job.title for each in status().context["tasks"]]

    assert titles == ["Reset", "Power Off", "Power On"]


def test_poll_gets_the_rows_alone_and_is_slow_once_all_is_ended(status):
    running = task("Reset", "verifying")
    assert "every 2s" in status("?rows=1").text
    assert "z-dlg-head" not in status("?rows=1").text

    running.items.update(status="done")
    Job.objects.filter(pk=running.pk).finish()
    assert "every 10s" in status("?rows=1").text


def test_each_task_leads_to_its_page_and_counts_its_lines(status):
    job = task("Power Off", "failed", "done", "done")

    page = status().text

    assert f'href="/tasks/{job.pk}/"' in page
    assert "3 of 3" in page
    assert "1 failed" in page


def test_somebody_with_one_folder_counts_only_its_lines(client):
    inside, outside = folder(), folder()
    job = task("Power Off", "done", where=inside)
    JobItem.objects.create(job=job, device=device(where=outside), status="failed", position=1)
    task("Reset", "done", where=outside)
    client.force_login(person(Role.MONITOR, inside))

    tasks = client.get("/tasks/status/", headers={"HX-Request": "true"}).context["tasks"]

    assert [(each.job, each.counts) for each in tasks] == [(job, {"done": 1})]


def test_address_without_htmx_leads_to_the_list(client):
    client.force_login(person())

    assert client.get("/tasks/status/").url == "/tasks/"


def test_queries_do_not_grow_with_tasks(status, django_assert_num_queries):
    task("Reset", "waiting")
    status()
    for _ in range(5):
        task("Reset", "waiting", "done")
        task("Power On", "done")

    with django_assert_num_queries(6):
        status("?rows=1")
