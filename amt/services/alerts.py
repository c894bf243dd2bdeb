"""Ask for *Subscribe to alerts* and *Unsubscribe from alerts*, and say how things stand."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from amt.models import AlertSubscription
from amt.services.asking import ask_each, newest_line
from devices.models import Device, DeviceQuerySet, Job, User
from devices.models.rights import Right, may_in

EXPIRY = timedelta(hours=1)
ORDERS = {  # the task that carries it out, and its word in the audit log
    Job.Kind.SUBSCRIBE_ALERTS: ("amt.tasks.run_subscribe_items", "amt.subscribe_alerts"),
    Job.Kind.UNSUBSCRIBE_ALERTS: ("amt.tasks.run_unsubscribe_items", "amt.unsubscribe_alerts"),
}


def subscribe(*, devices: DeviceQuerySet, intent: UUID, asked_by: User) -> Job:
    """Have each device send its events to this console; see ``ask_each``."""
    return _ask(Job.Kind.SUBSCRIBE_ALERTS, devices=devices, intent=intent, asked_by=asked_by)


def unsubscribe(*, devices: DeviceQuerySet, intent: UUID, asked_by: User) -> Job:
    """Have each device send its events to this console no more; see ``ask_each``."""
    return _ask(Job.Kind.UNSUBSCRIBE_ALERTS, devices=devices, intent=intent, asked_by=asked_by)


def _ask(kind: Job.Kind, *, devices: DeviceQuerySet, intent: UUID, asked_by: User) -> Job:
    task, verb = ORDERS[kind]
    return ask_each(
        kind=kind,
        task=task,
        verb=verb,
        expires_in=EXPIRY,
        devices=devices,
        intent=intent,
        asked_by=asked_by,
        right=Right.EDIT,
    )


def shown(device: Device, user: User) -> dict[str, Any]:
    """Return what the card of live alerts on a device's page shows."""
    return {
        "row": AlertSubscription.objects.filter(device=device).first(),
        "item": newest_line(device, *ORDERS),
        "may_change": may_in(user, Right.EDIT, device.folder),
        "address": settings.ALERT_URL,
    }
