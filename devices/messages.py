"""Keep what devices tell without being asked: once each, bounded, for people to acknowledge."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, When
from django.utils import timezone

from devices.levels import Key, declare
from devices.models import Device, Message
from devices.models.message import OPEN, MessageQuerySet

MOST = 500  # messages kept of one device; the oldest go, open errors and warnings last
LONGEST = 500  # characters of a text
SAME_TIME = timedelta(seconds=1)  # of an event that is sent and in the log
GRAVITY: list[str] = list(Message.Severity.values)  # the gravest first
KEPT_DAYS = declare(
    Key(
        "messages.kept_days",
        "Event and Messaging",
        "Messages",
        "Keep acknowledged messages for",
        "Messages that were acknowledged longer ago are deleted. Others stay until somebody "
        f"acknowledges them; of one device the newest {MOST} are kept.",
        default=90,
        unit="days",
        least=1,
        most=3650,
        levels=("zone",),
    )
)


@dataclass(frozen=True, slots=True)
class Told:
    """One thing a device told. ``mark`` tells it from others with the same code and time."""

    severity: Message.Severity
    source: Message.Source
    text: str
    code: str = ""
    happened_at: datetime | None = None
    mark: str = ""

    @property
    def key(self) -> str:
        """Return what is the same when the same thing is told again."""
        parts = (self.source, self.code, str(self.happened_at), self.mark or self.text)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@transaction.atomic
def record_messages(device_pk: int, told: Iterable[Told], *, acknowledged_by: str = "") -> int:
    """Write what was not told before, the first as the oldest; return how many that is.

    What a device sent live and has in its log is one message: the one that came first, unless the
    other is graver. ``acknowledged_by`` says why nobody needs to look at them.
    """
    # Whoever keeps an inventory holds the device first, too: in one order nobody waits in a circle
    device = Device.objects.select_for_update(no_key=True).filter(pk=device_pk)
    rows = {one.key: _row(device_pk, one, acknowledged_by) for one in told}
    if not rows or not device.values("pk").first():
        return 0
    mine = Message.objects.filter(device_id=device_pk)
    known = set(mine.filter(key__in=rows).values_list("key", flat=True))
    new = _without_twins(mine, [row for key, row in rows.items() if key not in known])
    Message.objects.bulk_create(new, ignore_conflicts=True)
    if new:
        order = (Case(When(OPEN, then=0), default=1), "-recorded_at", "-pk")
        surplus = mine.order_by(*order).values_list("pk", flat=True)[MOST:]
        Message.objects.filter(pk__in=list(surplus)).delete()
    return len(new)


def _row(device_pk: int, one: Told, acknowledged_by: str) -> Message:
    return Message(
        device_id=device_pk,
        severity=one.severity,
        source=one.source,
        code=one.code.replace("\0", "")[:64],  # PostgreSQL keeps no NUL
        text=one.text.replace("\0", "")[:LONGEST],
        happened_at=one.happened_at,
        key=one.key,
        acknowledged_at=timezone.now() if acknowledged_by else None,
        acknowledged_by=acknowledged_by,
    )


def _without_twins(mine: MessageQuerySet, rows: list[Message]) -> list[Message]:
    """Leave out what the device told of the same second in the other way, one for one."""
    times = [row.happened_at for row in rows if row.happened_at]
    if not times:
        return rows
    near = (min(times) - SAME_TIME, max(times) + SAME_TIME)
    told = list(mine.filter(happened_at__range=near))
    kept = []
    for row in rows:
        twin = next((one for one in told if _is_twin(one, row)), None)
        if twin:
            told.remove(twin)
        else:
            kept.append(row)
    return kept


def _is_twin(one: Message, other: Message) -> bool:
    if one.source == other.source or not (one.happened_at and other.happened_at):
        return False
    is_same_time = abs(one.happened_at - other.happened_at) <= SAME_TIME
    return is_same_time and GRAVITY.index(one.severity) <= GRAVITY.index(other.severity)
