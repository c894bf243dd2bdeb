"""Ask for *Read inventory*, and the newest reading of it."""

from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from amt.services.connection import items_for
from devices import audit
from devices.models import Device, DeviceQuerySet, Job, JobItem, User
from devices.models.rights import Right
from devices.services import jobs

EXPIRY = timedelta(hours=1)  # a reading loses nothing by waiting
TASK = "amt.tasks.run_inventory_items"


@transaction.atomic
def read_inventory(*, devices: DeviceQuerySet, intent: UUID, asked_by: User) -> Job:
    """Write down one reading per device; the same ``intent`` twice returns the first job.

    Raises:
        PermissionDenied: ``asked_by`` may not read any of the devices.
    """
    if job := jobs.existing(intent, asked_by):
        return job
    chosen = list(devices.allowed(asked_by, Right.READ_STATE).order_by("name", "pk"))
    if not chosen:
        raise PermissionDenied("You may not read the inventory of any of these devices.")
    job, new = jobs.start(
        kind=Job.Kind.READ_INVENTORY,
        task=TASK,
        title=Job.Kind.READ_INVENTORY.label,
        items=items_for(chosen),
        asked_by=asked_by,
        intent=intent,
        expires_in=EXPIRY,
    )
    if new:
        audit.record(asked_by, "amt.read_inventory", job, new={"devices": len(chosen)})
    return job


def last_reading(device: Device) -> JobItem | None:
    """Return the newest line that read, or is to read, this device."""
    lines = JobItem.objects.filter(device=device, job__kind=Job.Kind.READ_INVENTORY)
    newest: JobItem | None = lines.select_related("job").order_by("-id").first()
    return newest
