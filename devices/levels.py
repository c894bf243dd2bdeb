"""Settings by level: a declared schema per key, and one resolver for any number of devices.

The nearest level wins: the device, then its folder, then the folders above, then the zone, then
the default (S122, S123).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.db.models import Q

from devices.models import Device, Folder, Setting

T = TypeVar("T", bool, int, str)
LEVELS = ("zone", "folder", "device")


@dataclass(frozen=True)
class Key(Generic[T]):
    """One setting: what it is called, which values it takes, at which levels it may be set."""

    name: str  # stable: kept in Setting.key
    category: str  # heading on Configuration
    page: str  # the page of settings it stands on
    label: str
    help: str
    default: T
    unit: str = ""
    least: int | None = None
    most: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    levels: tuple[str, ...] = LEVELS


@dataclass(frozen=True)
class Effective(Generic[T]):
    """The value that counts, and the row it comes from (None: the default)."""

    value: T
    origin: Setting | None


_keys: dict[str, Key[Any]] = {}


def declare(key: Key[T]) -> Key[T]:
    """Make ``key`` known to the Configuration pages; done where the key is used."""
    _keys[key.name] = key
    return key


def declared() -> list[Key[Any]]:
    """Return all keys in the order of their declaration."""
    return list(_keys.values())


def zone_value(key: Key[T]) -> T:
    """Return the zone's value of ``key``."""
    row = Setting.objects.filter(key=key.name, folder=None, device=None).first()
    return cast(T, row.value) if row else key.default


def resolve(key: Key[T], devices: Collection[Device]) -> dict[int, Effective[T]]:
    """Return the effective value of ``key`` for each device by its primary key, in one query."""
    paths = {path for device in devices for path in device.folder.ancestor_paths}
    rows = Setting.objects.filter(key=key.name).select_related("folder")
    near = Q(folder=None, device=None) | Q(folder__path__in=paths) | Q(device__in=devices)
    by_level = {(row.device_id, row.folder.path if row.folder else None): row for row in rows.filter(near)}
    return {device.pk: _nearest(key, by_level, _places(device)) for device in devices}


def resolve_folder(key: Key[T], folder: Folder) -> Effective[T]:
    """Return the effective value of ``key`` in ``folder``."""
    rows = Setting.objects.filter(key=key.name, device=None).select_related("folder")
    near = rows.filter(Q(folder=None) | Q(folder__path__in=folder.ancestor_paths))
    by_level = {(None, row.folder.path if row.folder else None): row for row in near}
    return _nearest(key, by_level, ((None, path) for path in [*reversed(folder.ancestor_paths), None]))


Place = tuple[int | None, str | None]


def _places(device: Device) -> Iterable[Place]:
    yield (device.pk, None)
    yield from ((None, path) for path in reversed(device.folder.ancestor_paths))
    yield (None, None)


def _nearest(key: Key[T], rows: dict[Place, Setting], places: Iterable[Place]) -> Effective[T]:
    for place in places:
        if row := rows.get(place):
            return Effective(cast(T, row.value), row)
    return Effective(key.default, None)
