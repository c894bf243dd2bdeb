"""What is deleted while an order for it is being written leaves no line behind that names it."""

from uuid import uuid4

import pytest

from devices.models import Device, JobItem, Server
from devices.services import jobs
from devices.services.devices import delete_devices
from power.services.orders import plan
from tests.factories import device, person
from tests.power.test_schedules import set_up

pytestmark = pytest.mark.django_db


def write(items):
    job, _ = jobs.start(
        kind="power",
        task="power.tasks.run_power_items",
        title="Power On",
        items=items,
        asked_by=person(),
        intent=uuid4(),
        expires_in=jobs.LOOK_AT_LEAST,
    )
    return job


def test_line_of_a_device_that_was_deleted_meanwhile_names_it_in_words_only():
    gone, there = device("gone"), device("there")
    site = set_up(gone, there)
    items = plan([gone, there])
    delete_devices(devices=Device.objects.filter(pk=gone.pk), asked_by=person())
    job = write(items)
    lines = {item.device_name: item.device for item in job.items.all()}
    assert lines == {"gone": None, "there": there}
    assert {item.server for item in job.items.all()} == {site}


def test_line_of_a_server_that_was_deleted_meanwhile_names_none():
    one = device("PC-1")
    site = set_up(one)
    items = plan([one])
    one.amt_settings.delete()
    Server.objects.filter(pk=site.pk).delete()
    assert write(items).items.get().server is None


def test_lines_go_with_their_job_and_outlive_their_device():
    one = device("PC-1")
    set_up(one)
    job = write(plan([one]))
    delete_devices(devices=Device.objects.all(), asked_by=person())
    assert job.items.get().device is None
    job.delete()
    assert not JobItem.objects.exists()
