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
KINDS = (Job.Kind.SUBSCRIBE_ALERTS, Job.Kind.UNSUBSCRIBE_ALERTS)


def subscribe(*, devices: DeviceQuerySet, intent: UUID, asked_by: User) -> Job:
    """Have each device send its events to this console; see ``ask_each``."""
    return ask_each(
        kind=Job.Kind.SUBSCRIBE_ALERTS,
        task="amt.tasks.run_subscribe_items",
        verb="amt.subscribe_alerts",
        expires_in=EXPIRY,
        devices=devices,
        intent=intent,
        asked_by=asked_by,
        right=Right.EDIT,
    )


def unsubscribe(*, devices: DeviceQuerySet, intent: UUID, asked_by: User) -> Job:
    """Have each device send its events to this console no more; see ``ask_each``."""
    return ask_each(
        kind=Job.Kind.UNSUBSCRIBE_ALERTS,
        task="amt.tasks.run_unsubscribe_items",
        verb="amt.unsubscribe_alerts",
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
        "item": newest_line(device, *KINDS),
        "may_change": may_in(user, Right.EDIT, device.folder),
        "address": settings.ALERT_URL,
    }
