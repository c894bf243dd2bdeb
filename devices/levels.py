"""Settings by level: a declared schema per key, and one resolver for any number of devices.

The nearest level wins: the device, then its folder, then the folders above, then the zone, then
the default (S122, S123). A value at a level that its key does not allow counts for nothing.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, prefetch_related_objects
from django.utils.text import slugify

from devices.models import Device, DeviceQuerySet, Folder, Setting

T = TypeVar("T", bool, int, str, list[Any])
Spot = tuple[int | None, str | None]  # device, folder's path; neither: the zone
Rows = dict[tuple[str, int | None, str | None], Setting]  # by key and spot
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
    template: str = ""  # draws the field, where it is not one line of a form

    @property
    def slug(self) -> str:
        """Return the name as a form field and a selector may bear it."""
        return self.name.replace(".", "-").replace("_", "-")

    @property
    def limits(self) -> str:
        """Return the rule for a number in words, empty where there is none."""
        if self.least is None or self.most is None:
            return ""
        return f"From {self.least:,} to {self.most:,} {self.unit}".strip() + "."

    def check(self, value: Any) -> None:
        """Raise ValidationError, naming the rule, for a value this key may not have."""
        if type(value) is not type(self.default):
            raise ValidationError(f"{self.label} is of another kind. {self.limits}".strip())
        if self.choices and value not in dict(self.choices):
            raise ValidationError(f"{self.label}: choose one of the values offered.")
        if isinstance(value, int) and not isinstance(value, bool):
            low = value if self.least is None else self.least
            high = value if self.most is None else self.most
            if not low <= value <= high:
                raise ValidationError(f"{self.label} is {value:,}. {self.limits}")

    def adopt(self, value: Any, before: Any) -> Any:
        """Return ``value`` as it is kept, where ``before`` was kept until now (or None)."""
        return value

    def brief(self, value: Any) -> str:
        """Return ``value`` in few words, for the middle of a sentence."""
        return self.told(value)

    def told(self, value: Any) -> str:
        """Return ``value`` as people say it: yes, 60 s, the label of a choice."""
        if isinstance(self.default, bool):
            return "yes" if value else "no"
        if self.choices:
            return dict(self.choices).get(str(value), str(value))
        number = f"{value:,}" if isinstance(value, int) else str(value)
        return f"{number} {self.unit}".strip()


@dataclass(frozen=True)
class Effective(Generic[T]):
    """The value that counts, and the row it comes from (None: the default)."""

    value: T
    origin: Setting | None


@dataclass(frozen=True)
class Place:
    """Where a value may be set: a device, a folder, or (neither) the zone."""

    folder: Folder | None = None
    device: Device | None = None

    @property
    def level(self) -> str:
        return "device" if self.device else "folder" if self.folder else "zone"

    @property
    def nearest_folder(self) -> Folder | None:
        return self.device.folder if self.device else self.folder

    @property
    def spots(self) -> list[Spot]:
        """Return the spots that count here, the nearest first. The tree's root is the zone."""
        own: list[Spot] = [(self.device.pk, None)] if self.device else []
        folder = self.nearest_folder
        paths = folder.ancestor_paths[1:] if folder else []
        return [*own, *((None, path) for path in reversed(paths)), (None, None)]


Follower = Callable[[Setting, Any], object]
_keys: dict[str, Key[Any]] = {}
_followers: dict[str, Follower] = {}


def declare(key: Key[T]) -> Key[T]:
    """Make ``key`` known to the Configuration pages; done where the key is used."""
    _keys[key.name] = key
    return key


def follow(key: Key[Any], follower: Follower) -> None:
    """Have ``follower`` called in the transaction of each change of ``key``'s rows.

    It gets the row as it was written and the value that stood there before, or None.
    """
    _followers[key.name] = follower


def was_saved(key: Key[Any], row: Setting, before: Any) -> None:
    """Tell whoever follows ``key`` of a row that was written."""
    if follower := _followers.get(key.name):
        follower(row, before)


def declared() -> list[Key[Any]]:
    """Return all keys in the order of their declaration."""
    return list(_keys.values())


def zone_value(key: Key[T]) -> T:
    """Return the zone's value of ``key``."""
    return _nearest(key, rows_at(Place(), [key]), Place().spots).value


def resolve(key: Key[T], devices: Collection[Device]) -> dict[int, Effective[T]]:
    """Return the effective value of ``key`` for each device by its primary key, in one query.

    One more query reads the folders of devices that came without them.
    """
    return resolve_many([key], devices)[key.name]


def resolve_many(
    keys: Collection[Key[Any]], devices: Collection[Device]
) -> dict[str, dict[int, Effective[Any]]]:
    """Return what ``resolve`` does for each of ``keys``, by its name, still in one query."""
    devices = list(devices)
    prefetch_related_objects(devices, "folder")
    paths = {path for device in devices for path in device.folder.ancestor_paths}
    rows = _rows(keys, paths, [device.pk for device in devices])
    return {key.name: _resolve(key, devices, rows) for key in keys}


def rows_for(key: Key[Any], devices: Collection[Device]) -> Rows:
    """Return all rows of ``key`` that have a say about ``devices``, in one query."""
    paths = {path for device in devices for path in device.folder.ancestor_paths}
    return _rows([key], paths, [device.pk for device in devices])


def _resolve(key: Key[T], devices: list[Device], rows: Rows) -> dict[int, Effective[T]]:
    """Look at each folder once, and at a device only if a value is set on it."""
    folders = {device.folder.path: device.folder for device in devices}
    in_folder = {path: _nearest(key, rows, Place(folder).spots) for path, folder in folders.items()}
    own = {pk for name, pk, _ in rows if name == key.name}
    return {
        device.pk: _nearest(key, rows, Place(device=device).spots)
        if device.pk in own
        else in_folder[device.folder.path]
        for device in devices
    }


def resolve_folder(key: Key[T], folder: Folder) -> Effective[T]:
    """Return the effective value of ``key`` in ``folder``."""
    place = Place(folder)
    return _nearest(key, rows_at(place, [key]), place.spots)


def at(place: Place, keys: Collection[Key[Any]]) -> dict[str, Effective[Any]]:
    """Return what counts at one place for each of ``keys`` by its name, in one query."""
    rows = rows_at(place, keys)
    return {key.name: _nearest(key, rows, place.spots) for key in keys}


def effective(key: Key[T], rows: Rows, place: Place) -> Effective[T]:
    """Return what counts at ``place``, of rows that were read before."""
    return _nearest(key, rows, place.spots)


def inherited(key: Key[T], rows: Rows, place: Place) -> Effective[T]:
    """Return what would count at ``place`` if nothing were set there."""
    return _nearest(key, rows, place.spots[1:])


def own(key: Key[Any], rows: Rows, place: Place) -> Setting | None:
    """Return the row that stands at ``place`` itself."""
    device, path = place.spots[0]
    return rows.get((key.name, device, path))


def rows_at(place: Place, keys: Collection[Key[Any]]) -> Rows:
    """Return all rows that have a say at ``place``."""
    paths = [path for _, path in place.spots if path]
    return _rows(keys, paths, [place.device.pk] if place.device else [])


class Inheritance:
    """The resolver asked the other way round: for which devices does each row of a key count?

    Two queries read the folders and those that have a row of their own, whatever is asked then.
    """

    def __init__(self, key: Key[Any]) -> None:
        self._key = key
        folders = Folder.objects.order_by("path").values_list("path", "pk")
        self._paths, self._pks = zip(*folders, strict=True)
        overriding = Setting.objects.filter(key=key.name, folder__isnull=False)
        self._closed = set(overriding.values_list("folder__path", flat=True))

    def folders_of(self, row: Setting) -> list[int]:
        """Return the primary keys of the folders whose devices inherit the value of ``row``."""
        if row.device_id:
            return []
        top = row.folder.path if row.folder else ""
        found, shut = [], ""
        for number in range(bisect_left(self._paths, top), len(self._paths)):
            path = self._paths[number]
            if not path.startswith(top):
                break
            if shut and path.startswith(shut):
                continue
            shut = path if path in self._closed and path != top else ""
            if not shut:
                found.append(self._pks[number])
        return found

    def devices_of(self, row: Setting) -> DeviceQuerySet:
        """Return the devices for which ``row`` counts."""
        if row.device_id:
            found: DeviceQuerySet = Device.objects.filter(pk=row.device_id)
            return found
        return self.devices_in(self.folders_of(row))

    def devices_in(self, folders: Any) -> DeviceQuerySet:
        """Return the devices right in ``folders`` (primary keys) that have no row of their own."""
        own = Setting.objects.filter(key=self._key.name, device=OuterRef("pk"))
        found: DeviceQuerySet = Device.objects.filter(~Exists(own), folder__among=folders)
        return found


@dataclass(frozen=True)
class Step:
    """One level of a trace: what it says, and whether it is the one that counts."""

    level: str  # default, zone, folder, device
    path: str  # of the folder, in the tree
    name: str  # of the folder, in full
    row: Setting | None
    text: str
    wins: bool


def trace(key: Key[Any], rows: Rows, place: Place, names: Mapping[str, str]) -> list[Step]:
    """Return every level from the default down to ``place``: which one wins, and why.

    ``names`` has the full name of each folder by its path.
    """
    spots = [spot for spot in place.spots if _counts(key, spot)]
    winner = next((spot for spot in spots if (key.name, spot[0], spot[1]) in rows), None)
    steps = [Step("default", "", "", None, key.told(key.default), winner is None)]
    for spot in reversed(spots):
        row = rows.get((key.name, spot[0], spot[1]))
        text = key.told(row.value) if row else ""
        path = spot[1] or ""
        steps.append(Step(_level(spot), path, names.get(path, ""), row, text, spot == winner))
    return steps


def _rows(keys: Collection[Key[Any]], paths: Collection[str], devices: Collection[int]) -> Rows:
    near = Q(folder=None, device=None) | Q(folder__path__in=paths) | Q(device__among=devices)
    rows = Setting.objects.filter(near, key__in=[key.name for key in keys])
    return {
        (row.key, row.device_id, row.folder.path if row.folder else None): row
        for row in rows.select_related("folder", "changed_by")
    }


def _nearest(key: Key[T], rows: Rows, spots: Iterable[Spot]) -> Effective[T]:
    for spot in spots:
        if _counts(key, spot) and (row := rows.get((key.name, spot[0], spot[1]))):
            return Effective(cast(T, row.value), row)
    return Effective(key.default, None)


def _counts(key: Key[Any], spot: Spot) -> bool:
    return _level(spot) in key.levels


def level_of(row: Setting) -> str:
    """Return the level that ``row`` is set at: zone, folder, device."""
    return "device" if row.device_id else "folder" if row.folder_id else "zone"


def _level(spot: Spot) -> str:
    return "device" if spot[0] else "folder" if spot[1] else "zone"


@dataclass(frozen=True)
class Page:
    """Keys that stand together on one page of settings."""

    title: str
    category: str
    keys: tuple[Key[Any], ...]

    @property
    def slug(self) -> str:
        return slugify(self.title)

    @property
    def description(self) -> str:
        """Return what stands on the page."""
        return ", ".join(key.label for key in self.keys)


def page_slug(key: Key[Any]) -> str:
    """Return the name, in addresses, of the page that ``key`` stands on."""
    return slugify(key.page)


def pages(level: str = "zone") -> list[Page]:
    """Return the pages that have at least one key for ``level``, each with those keys."""
    by_title: dict[tuple[str, str], list[Key[Any]]] = {}
    for key in declared():
        if level in key.levels:
            by_title.setdefault((key.category, key.page), []).append(key)
    return [Page(title, category, tuple(keys)) for (category, title), keys in by_title.items()]
