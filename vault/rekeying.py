"""Wrap all data keys under the current key, a batch at a time; may be killed and begun again."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count, QuerySet

from vault import crypto
from vault.errors import VaultError, VaultKeyMissing
from vault.keys import KeyRing
from vault.models import ZONE, WrappedKey


@dataclass
class Progress:
    """What a run has done so far."""

    rewrapped: int = 0
    missing: dict[str, int] = field(default_factory=dict)  # keys the ring lacks, with their rows
    changed: list[str] = field(default_factory=list)  # ids of secrets that do not open

    @property
    def is_whole(self) -> bool:
        return not self.missing and not self.changed


def rewrap_all(ring: KeyRing, *, batch: int) -> Iterator[Progress]:
    """Re-wrap what the current key does not wrap yet; yield after each committed batch.

    The secrets themselves are not touched, so they stay readable all the time: a row is wrapped
    under the old key or under the new one, and the ring holds both.
    """
    progress, last = Progress(), 0
    while True:
        with transaction.atomic():
            rows = list(_stale(ring).filter(pk__gt=last).select_for_update()[:batch])
            done = [row for row in rows if _rewrap(row, ring, progress)]
            WrappedKey.objects.bulk_update(done, ["key_id", "wrapped"])
        progress.rewrapped += len(done)
        if not rows:
            return
        last = rows[-1].pk
        yield progress


def count_by_key() -> dict[str, int]:
    """Return how many data keys each key of the ring wraps."""
    rows = WrappedKey.objects.filter(recipient=ZONE).order_by("key_id")
    return dict(rows.values_list("key_id").annotate(Count("pk")))


def count_stale(ring: KeyRing) -> int:
    """Return how many data keys the current key does not wrap yet."""
    return _stale(ring).count()


def _stale(ring: KeyRing) -> "QuerySet[WrappedKey]":
    rows = WrappedKey.objects.filter(recipient=ZONE)
    return rows.exclude(key_id=ring.current).order_by("pk")


def _rewrap(row: WrappedKey, ring: KeyRing, progress: Progress) -> bool:
    try:
        crypto.rewrap(row, ring)
    except VaultKeyMissing as error:
        progress.missing[error.key_id] = progress.missing.get(error.key_id, 0) + 1
    except VaultError:
        progress.changed.append(str(row.secret_id))
    else:
        return True
    return False
