"""Find devices, folders, tasks, settings and servers, as far as a person may see them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.urls import reverse

from devices import levels
from devices.models import Device, Job, Server, User
from devices.models.rights import Right, may
from devices.services.tree import Tree

EACH = 5  # results of a group under the search field
MOST = 50  # on the page


@dataclass
class Group:
    """Results of one kind."""

    title: str
    icon: str
    rows: list[Any] = field(default_factory=list)


Source = Callable[[User, str, int], Group]  # who asks, for what, how many results at most
_sources: list[Source] = []


def declare(source: Source) -> None:
    """Have the search look elsewhere, too: what an app above keeps."""
    _sources.append(source)


def find(user: User, text: str, *, most: int = EACH) -> list[Group]:
    """Return the groups that have a result, devices first."""
    text = text.replace("\0", "").strip()[:100]
    if not text:
        return []
    groups = [
        _devices(user, text, most),
        _folders(user, text, most),
        _tasks(user, text, most),
        _settings(user, text, most),
        _servers(user, text, most),
    ]
    groups += [source(user, text, most) for source in _sources]
    return [group for group in groups if group.rows]


def _devices(user: User, text: str, most: int) -> Group:
    found = Device.objects.visible_to(user).search(text).select_related("folder")
    rows = list(found.order_by("name", "pk")[:most])
    return Group("Devices", "devices-pc", rows)


def _folders(user: User, text: str, most: int) -> Group:
    tree, words = Tree.visible_to(user), text.lower().split()
    found = (p for p, (_, name) in tree.folders.items() if all(w in name.lower() for w in words))
    rows = [
        (tree.folder(path), tree.full_name(path))
        for path, _ in zip(found, range(most), strict=False)
    ]
    return Group("Folders", "folder", rows)


def _tasks(user: User, text: str, most: int) -> Group:
    wanted = Q(title__icontains=text) | Q(asked_by_name__iexact=text)
    number = text.removeprefix("#").lower().removeprefix("task").strip()
    if number.isascii() and number.isdigit() and len(number) < 18:
        wanted |= Q(pk=int(number))
    found = Job.objects.visible_to(user).filter(wanted)
    return Group("Tasks", "list-check", list(found.order_by("-pk")[:most]))


def _settings(user: User, text: str, most: int) -> Group:
    if not may(user, Right.CONFIGURE):
        return Group("Settings", "settings")
    words = text.lower().split()
    found = (page for page in levels.pages() if all(word in _said(page) for word in words))
    rows = [
        (page.title, reverse("devices:zone_settings", args=[page.slug]))
        for page, _ in zip(found, range(most), strict=False)
    ]
    return Group("Settings", "settings", rows)


def _said(page: levels.Page) -> str:
    labels = " ".join(key.label for key in page.keys)
    return f"{page.title} {page.category} {labels}".lower()


def _servers(user: User, text: str, most: int) -> Group:
    if not may(user, Right.VIEW):
        return Group("Servers", "server")
    return Group("Servers", "server", list(Server.objects.filter(name__icontains=text)[:most]))
