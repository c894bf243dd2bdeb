"""Set and revert settings of the zone, a folder, or a device."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from devices import audit, levels
from devices.levels import Key, Place
from devices.models import Folder, Setting, User
from devices.models.rights import Person, Right, may, may_in


@dataclass(frozen=True)
class Wish:
    """What a person wants of one key at one place: a value of its own, or what is inherited."""

    key: Key[Any]
    is_set: bool
    value: Any
    version: int  # of the row that the person saw; 0 if there was none


class SomebodyWasFaster(Exception):
    """Somebody else changed these keys meanwhile; ``rows`` holds what stands there now."""

    def __init__(self, rows: dict[str, Setting | None]) -> None:
        super().__init__("Changed meanwhile by somebody else.")
        self.rows = rows


def may_configure(user: Person, place: Place) -> bool:
    """Return whether this person may change settings there."""
    folder = place.nearest_folder
    return may_in(user, Right.CONFIGURE, folder) if folder else may(user, Right.CONFIGURE)


@transaction.atomic
def save_settings(*, place: Place, wishes: Sequence[Wish], asked_by: User) -> None:
    """Make all of ``wishes`` true, or none.

    Raises:
        PermissionDenied: ``asked_by`` may not change settings there.
        ValidationError: a value breaks the rule of its key.
        SomebodyWasFaster: a row is not the one that the person saw.
    """
    if not may_configure(asked_by, place):
        raise PermissionDenied("You may look at these settings, not change them.")
    before = {row.key: row for row in _own_rows(place).filter(key__in=[w.key.name for w in wishes])}
    lost = [w.key.name for w in wishes if not _fulfil(w, place, before.get(w.key.name), asked_by)]
    if lost:
        now = {row.key: row for row in _own_rows(place).select_related("changed_by")}
        raise SomebodyWasFaster({name: now.get(name) for name in lost})
    if wishes:
        audit.record(
            asked_by,
            "settings.change",
            place.device or place.folder or Folder.objects.get(depth=1),
            old={w.key.name: _kept(w.key, _value(before.get(w.key.name))) for w in wishes},
            new={w.key.name: _kept(w.key, w.value if w.is_set else None) for w in wishes},
        )


def _fulfil(wish: Wish, place: Place, row: Setting | None, user: User) -> bool:
    """Write one wish; False if the row is not the one that the person saw."""
    if (row.version if row else 0) != wish.version:
        return False
    if not wish.is_set:
        return row is None or bool(_seen(row).delete()[0])
    if place.level not in wish.key.levels:
        raise PermissionDenied(f"{wish.key.label} cannot be set for a {place.level}.")
    wish.key.check(wish.value)
    before = _value(row)
    saved = _write(wish, wish.key.adopt(wish.value, before), place, row, user)
    if saved:
        levels.was_saved(wish.key, saved, before)
    return saved is not None


def _write(wish: Wish, value: Any, place: Place, row: Setting | None, user: User) -> Setting | None:
    """Return the row as it was written; None if somebody else was faster."""
    if row is None:
        return _insert(wish, value, place, user)
    written = _seen(row).update(
        value=value, version=F("version") + 1, changed_by=user, changed_at=timezone.now()
    )
    return Setting.objects.get(pk=row.pk) if written else None


def _seen(row: Setting) -> "Any":
    return Setting.objects.filter(pk=row.pk, version=row.version)


def _insert(wish: Wish, value: Any, place: Place, user: User) -> Setting | None:
    try:
        with transaction.atomic():
            return Setting.objects.create(
                key=wish.key.name,
                folder=place.folder,
                device=place.device,
                value=value,
                changed_by=user,
            )
    except IntegrityError:  # somebody set it in the same instant
        return None


def _own_rows(place: Place) -> "Any":
    return Setting.objects.filter(folder=place.folder, device=place.device)


def _kept(key: Key[Any], value: Any) -> Any:
    """Return a value as the audit keeps it: a list in words."""
    return key.told(value) if isinstance(value, list) else value


def _value(row: Setting | None) -> Any:
    return row.value if row else None
