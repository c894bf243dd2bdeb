"""All inventories: by schedule, by hand, and what is known of them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from amt.models import AmtInventory, AmtSettings, ZonePlan
from amt.services import inventory, plans
from devices.models import Device, Job
from devices.models.rights import Role
from devices.schedules import Kind, Repeat, Rule
from tests import factories

pytestmark = pytest.mark.django_db
DAILY = Rule(kind=Kind.RECURRING, repeat=Repeat.INTERVAL, interval_minutes=24 * 60)
TASK = ZonePlan.Task.READ_INVENTORY


def managed(name: str) -> Device:
    device = factories.device(name, mode="smb", amt_address="127.0.1.1")
    AmtSettings.objects.create(
        device=device,
        mode="smb",
        address="127.0.1.1",
        credential=factories.credential(),
        server=factories.server(),
    )
    return device


def make_due() -> None:
    ZonePlan.objects.filter(task=TASK).update(next_at=timezone.now() - timedelta(seconds=1))


def test_a_new_zone_reads_nothing_by_itself():
    managed("pc-1")
    inventory.tick()
    assert plans.plan(TASK).next_at is None
    assert not Job.objects.exists()


def test_the_schedule_reads_all_that_are_set_up_once_at_a_time():
    for name in ("pc-1", "pc-2"):
        managed(name)
    factories.device("not set up")
    plans.save_rule(task=TASK, rule=DAILY, by=factories.person())
    inventory.tick()
    assert not Job.objects.exists()
    make_due()
    inventory.tick()
    job = Job.objects.get()
    assert (job.asked_by, job.asked_by_name, job.device_count) == (None, "Schedule", 2)
    assert plans.plan(TASK).next_at > timezone.now()
    make_due()
    inventory.tick()  # the first one is still under way
    assert Job.objects.count() == 1


def test_a_zone_without_devices_has_nothing_to_read(client):
    client.force_login(factories.person())
    page = client.post(reverse("amt:read_all_inventories"), follow=True).content.decode()
    assert "nothing to read" in page
    assert not Job.objects.exists()


def test_start_now_reads_all_once_per_click(client):
    managed("pc-1")
    client.force_login(factories.person())
    click = {"intent": str(uuid4())}
    for _ in range(2):
        answer = client.post(reverse("amt:read_all_inventories"), click)
        assert answer.url == Job.objects.get().get_absolute_url()


def test_who_may_not_configure_may_not_start():
    managed("pc-1")
    with pytest.raises(PermissionDenied):
        inventory.read_all(by=factories.person(Role.MONITOR), intent=uuid4())


def test_what_is_known_is_counted():
    for number, age in enumerate((1, 8, None)):
        device = managed(f"pc-{number}")
        if age:
            read_at = timezone.now() - timedelta(days=age)
            AmtInventory.objects.create(device=device, read_at=read_at)
    assert inventory.known() == {"set_up": 3, "read": 2, "fresh": 1}
