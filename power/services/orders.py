"""Order a power action of many devices, see beforehand what it will do, retry what is safe."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from amt.codes import NOT_SET_UP
from amt.models import AmtSettings
from devices import audit, levels
from devices.codes import Code
from devices.models import Device, DeviceQuerySet, Job, JobItem, JobItemQuerySet, Server, User
from devices.models.rights import Person, Right
from devices.services import jobs
from power.levels import HOLD_OFF_MINUTES, ORDER_EXPIRY
from power.models import Boot, PowerAction, PowerOrder

TASK = "power.tasks.run_power_items"
LEFT_OUT = Code(
    "left-out",
    (JobItem.Status.SKIPPED,),
    "Left out, as asked: it sends these orders.",
    "The PC runs the server that sends, and Leave it out was ticked in the dialog.",
    "Order it alone, once the others are finished.",
    group="Power orders",
)


@transaction.atomic
def order_power(
    *,
    devices: DeviceQuerySet,
    action: PowerAction,
    intent: UUID,
    asked_by: User,
    leave_out: Collection[int] = (),
    send_anyway: Collection[int] = (),
    boot: Boot | None = None,
    retry_of: Job | None = None,
) -> Job:
    """Write down one order per device and ring each sending server once this is committed.

    The same ``intent`` twice returns the first job: a double click is one order (D21). Devices in
    ``leave_out`` end as skipped; those in ``send_anyway`` get the order although their state
    cannot be read (D19). ``boot`` says where the next boot, and only the next, goes.

    Raises:
        PermissionDenied: ``asked_by`` may not do this to one of the devices.
    """
    if job := jobs.existing(intent, asked_by):
        return job
    chosen = list(devices.select_related("folder").order_by("name", "pk"))
    _check_rights(chosen, action, asked_by, send_anyway)
    if boot:
        _check_boot(chosen, action, asked_by)
    job, new = jobs.start(
        kind=Job.Kind.POWER,
        task=TASK,
        title=f"{action.label}, boot from {boot.label}" if boot else action.label,
        items=plan(chosen, set(leave_out), set(send_anyway)),
        asked_by=asked_by,
        intent=intent,
        expires_in=timedelta(minutes=levels.zone_value(ORDER_EXPIRY)),
        is_order=True,
        retry_of=retry_of,
    )
    if new:
        PowerOrder.objects.create(job=job, action=action, boot=boot or "")
        _hold_off(chosen, action, asked_by)
        told = {"action": action, "devices": len(chosen), "send_anyway": len(send_anyway)}
        told |= {"boot": boot} if boot else {}
        audit.record(asked_by, "power.order", job, new=told)
    return job


def _hold_off(chosen: Collection[Device], action: PowerAction, user: User) -> None:
    """Have schedules leave these devices alone for a while: a person's act counts more."""
    now = timezone.now()
    by_minutes: defaultdict[int, list[int]] = defaultdict(list)
    for pk, minutes in levels.resolve(HOLD_OFF_MINUTES, chosen).items():
        by_minutes[minutes.value].append(pk)
    for length, pks in by_minutes.items():
        if until := now + timedelta(minutes=length) if length else None:
            Device.objects.filter(pk__among=pks).update(
                held_until=until, held_because=_held_because(user, action, now, until)
            )


def _held_because(user: User, action: PowerAction, now: datetime, until: datetime) -> str:
    at, end = (moment.astimezone(timezone.get_default_timezone()) for moment in (now, until))
    return (
        f"{user.get_username()} ordered {action.label} at {at:%H:%M}; "
        f"schedules leave this PC alone until {end:%H:%M}."
    )


def _check_rights(
    chosen: list[Device], action: PowerAction, user: User, send_anyway: Collection[int]
) -> None:
    pks = [device.pk for device in chosen]
    may = set(
        Device.objects.allowed(user, action.right).filter(pk__in=pks).values_list("pk", flat=True)
    )
    if refused := [device.name for device in chosen if device.pk not in may]:
        names = ", ".join(refused[:3]) + (" and more" if len(refused) > 3 else "")
        raise PermissionDenied(f"You may not order {action.label} of {names}.")
    if send_anyway:
        anyway = Device.objects.allowed(user, Right.SEND_ANYWAY).filter(pk__in=send_anyway)
        if anyway.count() != len(set(send_anyway)):
            raise PermissionDenied("You may not send orders to devices whose state is unknown.")


def _check_boot(chosen: list[Device], action: PowerAction, user: User) -> None:
    """Raise PermissionDenied unless ``user`` may choose the boot of all these devices."""
    if not action.boots:
        raise PermissionDenied(f"{action.label} boots nothing.")
    pks = {device.pk for device in chosen}
    allowed = Device.objects.allowed(user, Right.BOOT).filter(pk__in=pks)
    if allowed.count() != len(pks):
        raise PermissionDenied("You may not choose where some of these devices boot from.")


def plan(
    chosen: list[Device],
    leave_out: Collection[int] = (),
    send_anyway: Collection[int] = (),
) -> list[JobItem]:
    """Return one item per device, those that cannot or shall not be sent already ended."""
    servers = sending_servers(chosen)
    senders = {server.device_id for server in servers.values() if server.device_id}
    items = []
    for device in chosen:
        item = JobItem(
            device=device,
            device_name=device.name,
            device_address=device.amt_address,
            server=servers.get(device.pk),
            is_last=device.pk in senders,
            send_anyway=device.pk in send_anyway,
            state_before=device.power_state,
        )
        if device.pk not in servers:
            _skip(item, NOT_SET_UP)
        elif device.pk in leave_out:
            _skip(item, LEFT_OUT)
        items.append(item)
    return items


def _skip(item: JobItem, why: Code) -> None:
    item.status, item.error_code = JobItem.Status.SKIPPED, why.code
    item.message, item.next_step = why.sentence, why.step


def sending_servers(devices: Collection[Device]) -> dict[int, Server]:
    """Return the server that sends to each device, by the device's primary key (S108, S109)."""
    rows = AmtSettings.objects.filter(device__in=devices).select_related("server")
    return {row.device_id: row.server for row in rows}


def servers_on_devices() -> list[Server]:
    """Return the servers that send orders and run on a device themselves (S113, S120)."""
    found = Server.objects.filter(device__isnull=False, amt_settings__isnull=False)
    return list(found.select_related("device__folder").distinct())


def safe_to_retry(job: Job) -> JobItemQuerySet:
    """Return the items that may be ordered again: nothing was sent, or Power On without effect."""
    status = JobItem.Status
    ended = [status.FAILED, status.UNKNOWN, status.EXPIRED, status.STOPPED]
    safe = Q(status__in=ended, sent_at=None)
    order = PowerOrder.objects.filter(job=job).first()
    if order and order.action == PowerAction.ON:
        safe |= Q(status__in=[status.ACCEPTED, status.UNKNOWN, status.FAILED])
    return JobItem.objects.filter(safe, job=job, device__isnull=False)


def devices_to_retry(job: Job, user: Person) -> DeviceQuerySet:
    """Return the devices of the lines that are safe to retry and that ``user`` may see."""
    pks = safe_to_retry(job).visible_to(user).values("device")
    found: DeviceQuerySet = Device.objects.filter(pk__in=pks)
    return found


def retry(*, job: Job, intent: UUID, asked_by: User) -> Job:
    """Order the same again of the devices for which that is safe.

    Raises:
        PermissionDenied: a right is missing, or nothing is safe to retry.
    """
    devices = devices_to_retry(job, asked_by)
    if not devices.exists():
        raise PermissionDenied("Nothing of this task is safe to send again.")
    order = job.power_order
    return order_power(
        devices=devices,
        action=PowerAction(order.action),
        intent=intent,
        asked_by=asked_by,
        boot=order.chosen_boot,
        retry_of=job,
    )
