"""Acknowledge and delete messages, count what is open, purge what was acknowledged long ago."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from devices import audit
from devices.levels import zone_value
from devices.messages import KEPT_DAYS
from devices.models import Device, Message, User
from devices.models.message import MessageQuerySet
from devices.models.rights import Right

NAMED_IN_AUDIT = 50  # devices of one act; the number of messages is always there
TOLD_IN_AUDIT = 3  # texts of one device
PURGED_AT_ONCE = 1000


@transaction.atomic
def acknowledge(*, messages: MessageQuerySet, by: User) -> int:
    """Write down that ``by`` has seen messages; return how many nobody had acknowledged.

    Raises:
        PermissionDenied: one of them is of a device on which ``by`` may not act; none was changed.
    """
    pks = _locked(messages.filter(acknowledged_at=None), by, Right.READ_STATE, "acknowledge")
    found = Message.objects.filter(pk__among=pks)
    _record(by, "message.acknowledge", found)
    return int(found.update(acknowledged_at=timezone.now(), acknowledged_by=by.get_username()))


@transaction.atomic
def delete(*, messages: MessageQuerySet, by: User) -> int:
    """Delete messages; return how many.

    Raises:
        PermissionDenied: one of them is of a device that ``by`` may not change; none was deleted.
    """
    pks = _locked(messages, by, Right.EDIT, "delete")
    found = Message.objects.filter(pk__among=pks)
    _record(by, "message.delete", found)
    return int(found.delete()[0])


def tick() -> None:
    """Delete some of what was acknowledged too long ago; the next round deletes more."""
    kept_since = timezone.now() - timedelta(days=zone_value(KEPT_DAYS))
    old = Message.objects.filter(acknowledged_at__lt=kept_since).order_by("acknowledged_at")
    Message.objects.filter(pk__in=old.values("pk")[:PURGED_AT_ONCE]).delete()


def _locked(messages: MessageQuerySet, by: User, right: Right, verb: str) -> list[int]:
    """Return the keys of ``messages``, locked; refuse all if ``by`` lacks ``right`` for one."""
    pks = list(messages.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    allowed = Message.objects.filter(pk__among=pks).allowed(by, right).count()
    if lacking := len(pks) - allowed:
        raise PermissionDenied(f"{lacking:,} of these messages you may see, not {verb}.")
    return pks


def _record(by: User, verb: str, messages: MessageQuerySet) -> None:
    """Write an act on messages down: for each of the first devices, and the sum."""
    grouped = messages.order_by("device").values_list("device")
    numbers = dict(grouped.annotate(n=Count("pk")))
    for device in Device.objects.filter(pk__in=list(numbers)[:NAMED_IN_AUDIT]).order_by("pk"):
        newest = messages.filter(device=device).values_list("text", flat=True)[:TOLD_IN_AUDIT]
        told = {"messages": numbers[device.pk], "newest": list(newest)}
        audit.record(by, verb, device, old=told)
    if len(numbers) > NAMED_IN_AUDIT:
        told = {"devices": len(numbers), "messages": sum(numbers.values())}
        audit.record(by, verb, old=told)
