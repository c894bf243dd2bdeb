"""Where the values of settings come from, in words: for the pages that show and change them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from devices import levels
from devices.levels import Effective, Page, Place
from devices.models import Folder, Setting


@dataclass(frozen=True)
class Entry:
    """One page in the list on the left, and where its values come from."""

    page: Page
    origin: str  # set, folder, zone, default


def outline(place: Place) -> dict[str, list[Entry]]:
    """Return the pages for this level by category, in two queries at most."""
    shown = levels.pages(place.level)
    rows = levels.rows_at(place, [key for page in shown for key in page.keys])
    categories: dict[str, list[Entry]] = {}
    for page in shown:
        found = [levels.effective(key, rows, place) for key in page.keys]
        categories.setdefault(page.category, []).append(Entry(page, nearest_word(found, place)))
    return categories


def nearest_word(found: Sequence[Effective[Any]], place: Place) -> str:
    """Return one word for the values of a page: the nearest level that sets one of them."""
    words = {word(effective.origin, place) for effective in found}
    return next(name for name in ("set", "folder", "zone", "default") if name in words)


def word(origin: Setting | None, place: Place) -> str:
    """Return where a value comes from, as seen from ``place``."""
    if origin is None:
        return "default"
    if _is_own(origin, place):
        return "set"
    return "folder" if origin.folder_id else "zone"


def folder_names(place: Place) -> dict[str, str]:
    """Return the full name of each folder from the zone down to ``place``, by its path."""
    nearest = place.nearest_folder
    return full_names([nearest]) if nearest else {}


def full_names(folders: Iterable[Folder]) -> dict[str, str]:
    """Return /Workstations/Lab-2 and the like for ``folders`` and those above, by path."""
    paths = {path for folder in folders for path in folder.ancestor_paths[1:]}
    names: dict[str, str] = {}
    for folder in Folder.objects.filter(path__in=paths).order_by("path") if paths else []:
        above = folder.path[: -folder.steplen]
        names[folder.path] = f"{names.get(above, '')}/{folder.name}"
    return names


def _is_own(origin: Setting, place: Place) -> bool:
    device, folder = place.device, place.folder
    return (origin.device_id, origin.folder_id) == (
        device.pk if device else None,
        folder.pk if folder else None,
    )
