"""Ask for *Read inventory*, and the newest line that read it."""

from datetime import timedelta
from uuid import UUID

from amt.services.asking import ask_each, newest_line
from devices.models import Device, DeviceQuerySet, Job, JobItem, User

TASK = "amt.tasks.run_inventory_items"
EXPIRY = timedelta(hours=1)  # a reading loses nothing by waiting


def read_inventory(*, devices: DeviceQuerySet, intent: UUID, asked_by: User) -> Job:
    """Read the inventory of each device; see ``ask_each``."""
    return ask_each(
        kind=Job.Kind.READ_INVENTORY,
        task=TASK,
        verb="amt.read_inventory",
        expires_in=EXPIRY,
        devices=devices,
        intent=intent,
        asked_by=asked_by,
    )


def last_reading(device: Device) -> JobItem | None:
    """Return the newest line that read, or is to read, this device."""
    return newest_line(device, Job.Kind.READ_INVENTORY)
