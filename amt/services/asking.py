"""Ask something of any number of devices that does nothing to their PCs: one line each."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from amt.codes import NOT_SET_UP
from amt.models import AmtSettings
from devices import audit
from devices.models import Device, DeviceQuerySet, Job, JobItem, Server, User
from devices.models.rights import Right
from devices.services import jobs


@transaction.atomic
def ask_each(
    *,
    kind: Job.Kind,
    task: str,
    verb: str,
    expires_in: timedelta,
    devices: DeviceQuerySet,
    intent: UUID,
    asked_by: User | None,
    right: Right = Right.READ_STATE,
) -> Job:
    """Write down one question per device and ring each sending server once this is committed.

    ``asked_by`` None is a schedule, which asks all. ``verb`` is what the audit calls it. The same
    ``intent`` twice returns the first job. Devices that are not set up end as skipped.

    Raises:
        PermissionDenied: ``asked_by`` has the ``right`` on none of the devices.
    """
    if asked_by and (job := jobs.existing(intent, asked_by)):
        return job
    chosen = list(_allowed(devices, asked_by, right).order_by("name", "pk"))
    if not chosen:
        raise PermissionDenied(f"{kind.label}: you may do that on none of these devices.")
    job, new = jobs.start(
        kind=kind,
        task=task,
        title=kind.label,
        items=items_for(chosen),
        asked_by=asked_by,
        intent=intent,
        expires_in=expires_in,
    )
    if new:
        audit.record(asked_by, verb, job, new={"devices": len(chosen)})
    return job


def _allowed(devices: DeviceQuerySet, asked_by: User | None, right: Right) -> DeviceQuerySet:
    return devices.allowed(asked_by, right) if asked_by else devices


def items_for(chosen: Sequence[Device]) -> list[JobItem]:
    """Return one line per device, for the server that sends to it; not set up: skipped."""
    rows = AmtSettings.objects.filter(device__in=chosen).select_related("server")
    servers = {row.device_id: row.server for row in rows}
    return [_item(device, servers) for device in chosen]


def _item(device: Device, servers: Mapping[int, Server]) -> JobItem:
    item = JobItem(
        device=device,
        device_name=device.name,
        device_address=device.amt_address,
        server=servers.get(device.pk),
    )
    if device.pk not in servers:
        item.status, item.error_code = JobItem.Status.SKIPPED, NOT_SET_UP.code
        item.message, item.next_step = NOT_SET_UP.sentence, NOT_SET_UP.step
    return item


def newest_line(device: Device, *kinds: Job.Kind) -> JobItem | None:
    """Return the newest line of one of ``kinds`` of this device."""
    lines = JobItem.objects.filter(device=device, job__kind__in=kinds)
    newest: JobItem | None = lines.select_related("job", "server").order_by("-id").first()
    return newest
