"""*Read inventory*: what each device tells of its PC, and what differs from the reading before."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from amt import connect
from amt.alerts import event_log
from amt.drivers import EngineReading
from amt.models import AmtInventory, AmtSettings, DiscoveredDevice
from amt.protocol.errors import AmtError
from amt.protocol.wsman.inventory import flat
from amt.protocol.wsman.inventory_engine import works_while_off
from amt.protocol.wsman.inventory_text import Facts
from amt.work.each_device import failed, run_each_device
from devices.inventory_changes import record_changes
from devices.inventory_facts import record_facts
from devices.marks import usable_macs
from devices.messages import record_messages
from devices.models import Device, InventoryChange, JobItem
from devices.work import Outcome, Rows

AT_ONCE = 200  # devices of one worker task
SECONDS = 180  # for all that one device tells
LARGEST = 256 * 1024  # bytes of one answer
FIRST_READING = "before the first reading"  # who acknowledged what happened until then


def run_inventory_items(item_pks: Sequence[int]) -> None:
    """Read the inventory of the device of each of ``item_pks``; the rows are the result."""
    run_each_device(item_pks, read, at_once=AT_ONCE)


async def read(access: connect.Access, item: JobItem, rows: Rows) -> Outcome:
    """Read one device, and have it kept."""
    try:
        access.limits = replace(access.limits, session_seconds=SECONDS, max_bytes=LARGEST)
        async with connect.Line(access) as line:
            reading = await (await line.session()).read_inventory()
    except AmtError as error:
        return failed(error)
    if not await rows.in_database(partial(keep, access.settings.device_id, reading)):
        return failed(connect.DELETED)
    return Outcome(JobItem.Status.DONE, told(reading))


def told(reading: EngineReading) -> str:
    """Return how much was read; a log that could not be read is not said to be empty."""
    values = _counted(sum(len(facts) for facts in reading.facts.values()), "value")
    audit = _counted(len(reading.audit), "audit record")
    if reading.records is None:
        return f"Read: {values}, {audit}. The event log could not be read."
    return f"Read: {values}, {_counted(len(reading.records), 'event')}, {audit}."


def _counted(number: int, of: str) -> str:
    return f"{number:,} {of}{'s' * (number != 1)}"


@transaction.atomic
def keep(device_pk: int, reading: EngineReading) -> bool:
    """Write a reading over the one before, and what changed; fill what nobody typed.

    Return False where the device is gone.
    """
    device = Device.objects.select_for_update().filter(pk=device_pk).first()
    if device is None:
        return False
    now = timezone.now()
    before = AmtInventory.objects.filter(device=device).first()
    if before:
        source = InventoryChange.Source.AMT
        record_changes(device, source, flat(before.facts), flat(reading.facts), at=now)
    events = before.events if before and reading.records is None else reading.events
    AmtInventory.objects.update_or_create(
        device=device,
        defaults={
            "facts": reading.facts,
            "events": events,
            "audit": reading.audit,
            "works_while_off": works_while_off(reading.facts),
            "read_at": now,
        },
    )
    messages = event_log.of_reading(reading, before.events if before else None, at=now)
    record_messages(device.pk, messages, acknowledged_by="" if before else FIRST_READING)
    record_facts(device, InventoryChange.Source.AMT, flat(reading.facts).items(), at=now)
    _fill(device, reading.facts)
    return True


def _fill(device: Device, facts: Facts) -> None:
    platform = facts.get("Platform", {})
    device.model = device.model or platform.get("Model", "")[:100]
    device.serial_number = device.serial_number or platform.get("Serial number", "")[:100]
    device.save(update_fields=["model", "serial_number"])
    told = [part.get("MAC address", "") for part in facts.values()]
    DiscoveredDevice.objects.filter(device=device).update(
        serial_number=platform.get("Serial number", "")[:100], macs=list(usable_macs(told))
    )
    if uuid := _uuid(platform.get("UUID", "")):
        AmtSettings.objects.filter(device=device, uuid=None).update(uuid=uuid)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
