"""Ask for *Read inventory*, by hand or by schedule, and the newest line that read it."""

from datetime import timedelta
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.utils import timezone

from amt.models import ZonePlan
from amt.services import plans
from amt.services.asking import ask_each, newest_line
from devices.models import Device, DeviceQuerySet, Job, JobItem, User
from devices.models.rights import Right, may

TASK = "amt.tasks.run_inventory_items"
EXPIRY = timedelta(hours=1)  # a reading loses nothing by waiting
FRESH = timedelta(days=7)


def read_inventory(*, devices: DeviceQuerySet, intent: UUID, asked_by: User | None) -> Job:
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


def read_all(*, by: User | None, intent: UUID) -> Job | None:
    """Read every device that is set up; None is the schedule. None: there is no such device.

    Raises:
        PermissionDenied: ``by`` may not configure the whole zone.
    """
    if by is not None and not may(by, Right.CONFIGURE):
        raise PermissionDenied("You may look at this schedule, not start it.")
    devices = Device.objects.manageable()
    if not devices.exists():
        return None
    return read_inventory(devices=devices, intent=intent, asked_by=by)


def tick() -> None:
    """Begin what is due, unless the reading before it is still under way."""
    if not plans.is_turn(plans.plan(ZonePlan.Task.READ_INVENTORY)):
        return
    under_way = Job.objects.unfinished().filter(kind=Job.Kind.READ_INVENTORY, asked_by=None)
    if not under_way.exists():
        read_all(by=None, intent=uuid4())


def known() -> dict[str, int]:
    """Return how many devices are set up, how many of them were read, and when."""
    fresh = Q(amt_inventory__read_at__gte=timezone.now() - FRESH)
    return Device.objects.manageable().aggregate(
        set_up=Count("pk"),
        read=Count("pk", filter=Q(amt_inventory__isnull=False)),
        fresh=Count("pk", filter=fresh),
    )


def last_reading(device: Device) -> JobItem | None:
    """Return the newest line that read, or is to read, this device."""
    return newest_line(device, Job.Kind.READ_INVENTORY)
