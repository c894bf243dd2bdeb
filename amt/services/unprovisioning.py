"""Ask for *Unprovision* (S97-S101)."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from amt.codes import setting_up as codes
from amt.models import (
    UnprovisionOrder,
)
from amt.services.asking import items_for
from devices import audit
from devices.models import Device, DeviceQuerySet, Job, JobItem, User
from devices.models.rights import Right, may
from devices.services import jobs
from vault.models import Credential, Secret

TASK = "amt.tasks.run_unprovision_items"
EXPIRY = timedelta(hours=4)


@transaction.atomic
def unprovision(
    *,
    devices: DeviceQuerySet,
    intent: UUID,
    asked_by: User,
    credential: Credential | None = None,
    is_full: bool = True,
    deletes_failed: bool = False,
) -> Job:
    """Write down one line per device, and ring once this is committed.

    ``credential`` None: each device with what it is used with. Devices that were not provisioned
    end as skipped (S101). ``deletes_failed``: what cannot be unprovisioned is deleted here, and
    kept in the register of orphaned devices (S100). The same ``intent`` twice returns the first.

    Raises:
        PermissionDenied: ``asked_by`` may not unprovision, or see any of the devices.
        ValidationError: the credential has no password in use.
    """
    if not may(asked_by, Right.PROVISION):
        raise PermissionDenied("You may not unprovision devices. Ask an administrator of the zone.")
    if credential and not may(asked_by, Right.CREDENTIALS):
        raise PermissionDenied("You may not use credentials. Ask an administrator of the zone.")
    if job := jobs.existing(intent, asked_by):
        return job
    chosen = list(devices.visible_to(asked_by).order_by("name", "pk"))
    if not chosen:
        raise PermissionDenied("You may not see any of these devices.")
    if credential and not Secret.objects.active().filter(credential=credential, amt_uuid=None):
        raise ValidationError(f"{credential} has no password in use.")
    job, new = jobs.start(
        kind=Job.Kind.UNPROVISION,
        task=TASK,
        title=Job.Kind.UNPROVISION.label,
        items=_items(chosen),
        asked_by=asked_by,
        intent=intent,
        expires_in=EXPIRY,
        is_order=True,
        resumes=True,
    )
    if new:
        UnprovisionOrder.objects.create(
            job=job, credential=credential, is_full=is_full, deletes_failed=deletes_failed
        )
        told: dict[str, object] = {"devices": len(chosen), "full": is_full}
        told["delete_failed"] = deletes_failed
        told |= {"credential": str(credential)} if credential else {}
        audit.record(asked_by, "amt.unprovision", job, new=told)
    return job


def _items(chosen: Sequence[Device]) -> list[JobItem]:
    items = items_for(chosen)
    for item, device in zip(items, chosen, strict=True):
        if device.mode != Device.Mode.ENTERPRISE:
            code = codes.NOT_PROVISIONED
            item.status, item.error_code = JobItem.Status.SKIPPED, code.code
            item.message, item.next_step = code.sentence, code.step
    return items
