"""Which pages of settings the zone configures, and who overrides it where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from devices import levels, origins
from devices.levels import Key, Page
from devices.models import Device, Setting
from devices.models.rights import Person, Right, below

ORDERS = {"place": ("where", "key"), "changed": ("changed_at",)}


@dataclass(frozen=True)
class Overridden:
    """How many folders and devices override a page, and whether the zone sets something itself."""

    folders: int = 0
    devices: int = 0
    is_configured: bool = False

    def __str__(self) -> str:
        parts = [(self.folders, "folder"), (self.devices, "device")]
        return ", ".join(f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in parts if n)


def summary(user: Person) -> dict[str, list[tuple[Page, Overridden]]]:
    """Return each page by category, with what is configured: one query for all of them."""
    pages = all_pages()
    counts = count(user, pages)
    categories: dict[str, list[tuple[Page, Overridden]]] = {}
    for page in pages:
        categories.setdefault(page.category, []).append((page, counts[page.slug]))
    return categories


def all_pages() -> list[Page]:
    """Return every page with all of its keys, whatever their levels."""
    titles: dict[tuple[str, str], list[Key[Any]]] = {}
    for key in levels.declared():
        titles.setdefault((key.category, key.page), []).append(key)
    return [Page(title, category, tuple(keys)) for (category, title), keys in titles.items()]


def count(user: Person, pages: Sequence[Page]) -> dict[str, Overridden]:
    """Return for each page by its slug how often it is overridden where ``user`` may look."""
    named = Case(
        *(When(key__in=[k.name for k in page.keys], then=Value(page.slug)) for page in pages),
        output_field=CharField(),
    )
    rows = _visible(user, [key for page in pages for key in page.keys]).annotate(on=named)
    counted = (
        rows.order_by()
        .values_list("on")
        .annotate(
            folders=Count("folder", distinct=True),
            devices=Count("device", distinct=True),
            zone=Count("pk", filter=Q(folder=None, device=None)),
        )
    )
    found = {
        slug: Overridden(folders, devices, zone > 0) for slug, folders, devices, zone in counted
    }
    return {page.slug: found.get(page.slug, Overridden()) for page in pages}


def rows(user: Person, keys: Sequence[Key[Any]]) -> "QuerySet[Setting]":
    """Return the rows of folders and devices that override the zone; ``where`` is their name."""
    overriding = _visible(user, keys).exclude(folder=None, device=None)
    named = overriding.annotate(where=Coalesce(F("folder__name"), F("device__name")))
    return named.select_related("folder", "device__folder", "changed_by")


def told(rows: Sequence[Setting], keys: Sequence[Key[Any]]) -> list[tuple[Setting, str, str, str]]:
    """Return each row with the full name of its folder, the setting, and the value in words."""
    folders = [row.folder or cast(Device, row.device).folder for row in rows]
    names = origins.full_names(folders)
    known = {key.name: key for key in keys}
    return [
        (row, names[folder.path], known[row.key].label, known[row.key].told(row.value))
        for row, folder in zip(rows, folders, strict=True)
    ]


def _visible(user: Person, keys: Sequence[Key[Any]]) -> "QuerySet[Setting]":
    zone = Q(folder=None, device=None)
    folder = Q(folder__isnull=False) & below(user, Right.VIEW, "folder__path")
    device = Q(device__isnull=False) & below(user, Right.VIEW, "device__folder__path")
    names = [key.name for key in keys]
    return Setting.objects.filter(zone | folder | device, key__in=names)
