"""*Read inventory* with real simulated devices: kept, compared, filled in, exported."""

import json
import time
from uuid import uuid4

import pytest
from django.urls import reverse

from amt.drivers import EngineReading
from amt.models import AmtInventory, AmtSettings
from amt.services.inventory import read_inventory
from amt.simulator.faults import Fault
from amt.work import run_inventory_items
from amt.work.inventory import keep, told
from devices.models import Device, InventoryChange, JobItem
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def practice(settings):
    settings.PRACTICE = True


def managed(address: str, **fields) -> Device:
    login = factories.credential(password="P@ssw0rd")
    device = factories.device(mode="smb", amt_address=address, **fields)
    AmtSettings.objects.create(
        device=device, mode="smb", address=address, credential=login, server=factories.server()
    )
    return device


def read(device: Device) -> JobItem:
    chosen = Device.objects.filter(pk=device.pk)
    job = read_inventory(devices=chosen, intent=uuid4(), asked_by=factories.person())
    run_inventory_items(list(job.items.values_list("pk", flat=True)))
    return job.items.get()


@pytest.mark.parametrize("profile", ["3.2", "9.5", "14.1", "16.1", "19.0"])
def test_the_inventory_of_each_firmware_is_kept(fleet, profile):
    (simulated,) = fleet(1, profile=profile)
    device = managed(simulated.address)
    line = read(device)
    assert line.status == "done", line.message
    kept = AmtInventory.objects.get(device=device)
    assert kept.facts["Platform"]["UUID"] == str(simulated.uuid)
    assert {"Platform", "Board", "BIOS", "Processor", "Firmware"} <= kept.facts.keys()
    device.refresh_from_db()
    assert device.model == kept.facts["Platform"]["Model"]
    assert device.serial_number == kept.facts["Platform"]["Serial number"]


def test_the_older_interface_has_no_inventory_and_says_so(fleet):
    (simulated,) = fleet(1, profile="2.6")
    line = read(managed(simulated.address))
    assert line.status == "failed"
    assert line.error_code == "no-ws-management"
    assert not AmtInventory.objects.exists()


def test_what_changed_between_two_readings_is_told(fleet):
    (simulated,) = fleet(1, profile="16.1")
    device = managed(simulated.address)
    read(device)
    assert not InventoryChange.objects.exists()
    kept = AmtInventory.objects.get()
    kept.facts["BIOS"]["Version"] = "older"
    kept.save()
    read(device)
    change = InventoryChange.objects.get()
    assert (change.part, change.before, change.source) == ("BIOS: Version", "older", "amt")


def test_what_a_person_typed_stays(fleet):
    (simulated,) = fleet(1, profile="16.1")
    device = managed(simulated.address, model="Ours", serial_number="S1")
    read(device)
    device.refresh_from_db()
    assert (device.model, device.serial_number) == ("Ours", "S1")


def test_the_tab_and_its_exports(fleet, client):
    (simulated,) = fleet(1, profile="16.1")
    device = managed(simulated.address)
    client.force_login(factories.person())
    page = client.get(reverse("amt:inventory", args=[device.pk]))
    assert "Not read yet" in page.content.decode()
    read(device)
    page = client.get(reverse("amt:inventory", args=[device.pk])).content.decode()
    assert str(simulated.uuid) in page
    told = json.loads(client.get(reverse("amt:inventory_json", args=[device.pk])).content)
    assert told["amt"]["facts"]["Platform"]["UUID"] == str(simulated.uuid)
    lines = client.get(reverse("amt:inventory_csv", args=[device.pk])).content.decode()
    assert f"Intel AMT,Platform,UUID,{simulated.uuid}" in lines


NOTHING = EngineReading({"Platform": {"UUID": "none at all", "Model": "M" * 300}}, [], [])


def test_a_device_that_went_meanwhile_leaves_nothing():
    assert not keep(0, NOTHING)
    assert not AmtInventory.objects.exists()


def test_a_device_deleted_while_it_is_read_is_not_done(fleet, monkeypatch):
    (simulated,) = fleet(1, profile="16.1")
    device = managed(simulated.address)

    def late(pk: int, reading: EngineReading) -> bool:
        Device.objects.filter(pk=pk).delete()
        return keep(pk, reading)

    monkeypatch.setattr("amt.work.inventory.keep", late)
    line = read(device)
    assert (line.status, line.error_code) == ("failed", "device-deleted")


def test_a_device_that_never_comes_to_an_end_ends_in_time(fleet, monkeypatch):
    (simulated,) = fleet(1, profile="16.1", faults={Fault.SLOW})
    monkeypatch.setattr("amt.work.inventory.SECONDS", 4)
    began = time.monotonic()
    line = read(managed(simulated.address))
    assert (line.status, line.error_code) == ("failed", "unresponsive")
    assert time.monotonic() - began < 15  # 3 s each answer, of some forty


def test_odd_values_are_kept_as_they_came_and_fill_nothing_that_they_cannot():
    device = managed("127.0.1.1")
    keep(device.pk, NOTHING)
    device.refresh_from_db()
    assert device.model == "M" * 100
    assert AmtSettings.objects.get().uuid is None
    assert AmtInventory.objects.get().facts == NOTHING.facts


def test_a_log_of_garbage_does_not_end_the_reading(fleet):
    (simulated,) = fleet(1, profile="16.1", faults={Fault.LOG_OF_GARBAGE})
    simulated.event_log.add_progress(1_700_000_000, 1)
    assert read(managed(simulated.address)).status == "done"
    assert AmtInventory.objects.get().facts


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (None, "Read: 1 value, 0 audit records. The event log could not be read."),
        ([], "Read: 1 value, 0 events, 0 audit records."),
    ],
)
def test_a_log_that_could_not_be_read_is_not_said_to_be_empty(records, said):
    assert told(EngineReading({"Platform": {"Model": "PT"}}, records, [])) == said
