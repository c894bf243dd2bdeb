"""Keep what devices tell without being asked: once each, bounded, for people to acknowledge."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from devices.levels import Key, declare
from devices.models import Message

MOST = 500  # messages kept of one device; the oldest go
LONGEST = 500  # characters of a text
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


def record_messages(device_pk: int, told: Iterable[Told], *, acknowledged_by: str = "") -> int:
    """Write what was not told before, the first as the oldest; return how many that is.

    ``acknowledged_by`` says why nobody needs to look at them.
    """
    rows = {
        one.key: Message(
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
        for one in told
    }
    mine = Message.objects.filter(device_id=device_pk)
    known = set(mine.filter(key__in=rows).values_list("key", flat=True))
    new = [row for key, row in rows.items() if key not in known]
    Message.objects.bulk_create(new, ignore_conflicts=True)
    if new:
        kept = mine.order_by("-recorded_at", "-pk").values_list("pk", flat=True)[MOST:]
        Message.objects.filter(pk__in=list(kept)).delete()
    return len(new)
