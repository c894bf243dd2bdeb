"""Ask for power states to be read: by a person as a task, and in the background."""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from amt.models import AmtSettings
from devices import audit, levels
from devices.models import Device, DeviceQuerySet, Job, JobItem, User
from devices.models.rights import Right
from devices.services import bell, jobs
from power.levels import POLL_MINUTES
from power.services.orders import plan

READ_TASK = "power.tasks.run_read_items"
POLL_TASK = "power.tasks.poll_power_states"
READ_EXPIRY = timedelta(minutes=5)
POLL_OFF_PAUSE = timedelta(minutes=10)  # until the setting is looked at again
POLL_AT_MOST = 2_000  # devices a tick


def read_power_states(*, devices: DeviceQuerySet, intent: UUID, asked_by: User) -> Job:
    """Write down one reading per device that this person may read."""
    chosen = list(devices.allowed(asked_by, Right.READ_STATE).order_by("name", "pk"))
    job, new = jobs.start(
        kind=Job.Kind.READ_STATE,
        task=READ_TASK,
        title="Read power state",
        items=plan(chosen),
        asked_by=asked_by,
        intent=intent,
        expires_in=READ_EXPIRY,
    )
    if new:
        audit.record(asked_by, "power.read", job, new={"devices": len(chosen)})
    return job


def poll() -> None:
    """Ring for the devices whose reading is due, and write down when the next one is.

    Not a job: a reading that is lost is made up for by the next.
    """
    busy = JobItem.objects.active().filter(device=OuterRef("pk"))
    due = Device.objects.manageable().filter(
        ~Exists(busy), Q(poll_due_at=None) | Q(poll_due_at__lte=Now())
    )
    devices = list(due.select_related("folder").order_by("poll_due_at")[:POLL_AT_MOST])
    if not devices:
        return
    wanted = _put_off(devices)
    rows = AmtSettings.objects.filter(device__in=wanted).select_related("server")
    queues: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.server.is_online:
            queues[row.server.queue].append(row.device_id)
    for queue, pks in queues.items():
        bell.send(POLL_TASK, queue, pks)


def _put_off(devices: list[Device]) -> list[int]:
    """Set the next time of each device and return those that are to be read now."""
    minutes = levels.resolve(POLL_MINUTES, devices)
    by_pause: defaultdict[int, list[int]] = defaultdict(list)
    for device in devices:
        by_pause[minutes[device.pk].value].append(device.pk)
    for pause, pks in by_pause.items():
        wait = timedelta(minutes=pause) if pause else POLL_OFF_PAUSE
        Device.objects.filter(pk__in=pks).update(poll_due_at=Now() + wait)
    return [pk for pause, pks in by_pause.items() if pause for pk in pks]
