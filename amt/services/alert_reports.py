"""Take what devices tell by themselves: who it is, once each, as messages of the device."""

from uuid import UUID

from django.db.models.functions import Now

from amt.alerts.sign_in import SignInWanted, turn_of
from amt.models import AlertSubscription
from amt.protocol.errors import AmtBadAnswer
from amt.protocol.wsman.indication import MAX_BYTES, Alert, read_event
from devices.messages import Told, record_messages
from devices.models import Message

LARGEST = MAX_BYTES  # bytes of an event
FOR_INFORMATION = "for information"  # who acknowledged what asks nothing of anybody


class AlertRefused(Exception):
    """What came is not taken; ``status`` is of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def take(key: UUID, *, path: str, authorization: str, body: bytes) -> bytes:
    """Keep the event that a device brings; return the acknowledgement, empty if it wants none.

    Raises:
        AlertRefused: 404 nobody has this address, 400 it is no event.
        SignInWanted: it is not signed by the device's login, or was so before.
    """
    row = AlertSubscription.objects.filter(key=key).first()
    if row is None:
        raise AlertRefused(404, "No device sends its events here.")
    turn = turn_of(key, path=path, authorization=authorization)
    newer = AlertSubscription.objects.filter(pk=row.pk, key=key, last_turn__lt=turn)
    if not newer.update(last_turn=turn):
        raise SignInWanted(is_stale=True)
    try:
        event = read_event(body)
    except AmtBadAnswer as error:
        raise AlertRefused(400, "This is no event of a Management Engine.") from error
    AlertSubscription.objects.filter(pk=row.pk, key=key).update(heard_at=Now())
    if event.alert and not event.alert.is_routine:
        seen = "" if event.alert.is_serious else FOR_INFORMATION
        record_messages(row.device_id, [_told(event.alert)], acknowledged_by=seen)
    return event.ack


def _told(alert: Alert) -> Told:
    severity = Message.Severity.INFORMATION
    if alert.is_serious:
        severity = Message.Severity.ERROR if alert.is_grave else Message.Severity.WARNING
    return Told(
        severity=severity,
        source=Message.Source.ALERT,
        text=alert.text,
        code=alert.message_id,
        happened_at=alert.at,
        mark=alert.identifier,
    )
