"""The part of the folder tree that a page shows: the way to its folder, and what is beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Count

from devices.models import Device, Folder, User
from devices.models.rights import Right, may

STEP = Folder.steplen
MOST_BESIDE = 200  # folders shown side by side; the search finds the others


@dataclass
class Node:
    """A folder as the tree draws it; ``devices`` counts those below it too."""

    folder: Folder
    devices: int
    is_current: bool = False
    is_open: bool = False
    hidden: int = 0  # children that are not drawn
    children: list["Node"] = field(default_factory=list)

    @property
    def devices_text(self) -> str:
        return f"{self.devices:,}"


@dataclass(frozen=True)
class Tree:
    """Every folder that a person may see, by path. Rows, not models: there may be thousands."""

    folders: Mapping[str, tuple[int, str]]  # primary key and name
    sees_all: bool

    @classmethod
    def visible_to(cls, user: User) -> "Tree":
        """Read the folders in one query; another counts the devices when they are asked for."""
        rows = Folder.objects.visible_to(user).values_list("path", "pk", "name")
        return cls({path: (pk, name) for path, pk, name in rows}, may(user, Right.VIEW))

    def folder(self, path: str) -> Folder:
        """Return a visible folder."""
        pk, name = self.folders[path]
        return Folder(pk=pk, path=path, name=name, depth=len(path) // STEP)

    @cached_property
    def devices(self) -> Mapping[str, int]:
        """Return by path the number of devices in each folder and below."""
        held = Device.objects.order_by().values_list("folder").annotate(n=Count("*"))
        if not self.sees_all:
            held = held.filter(folder__in=[pk for pk, _ in self.folders.values()])
        return add_up(self.folders, dict(held))

    @cached_property
    def below(self) -> Mapping[str, list[str]]:
        """Return the paths of each folder's children, by its path."""
        by_parent: dict[str, list[str]] = {}
        for path in self.folders:
            by_parent.setdefault(path[:-STEP], []).append(path)
        return by_parent

    @property
    def tops(self) -> list[str]:
        """Return the paths of folders that have no visible folder above them."""
        return [path for path in self.folders if path[:-STEP] not in self.folders]

    def count(self, folder: Folder | None) -> int:
        """Return the number of devices in ``folder`` and below, or of all that are visible."""
        paths = [folder.path] if folder else self.tops
        return sum(self.devices.get(path, 0) for path in paths)

    def way_to(self, folder: Folder) -> list[Folder]:
        """Return the visible folders between the zone and ``folder``, the highest first."""
        return [self.folder(path) for path in folder.ancestor_paths[1:-1] if path in self.folders]

    def around(self, current: Folder | None) -> list[Node]:
        """Return what is drawn: the top, everything beside the way to ``current``, its children.

        Without a current folder the first two levels are open.
        """
        tops = self.tops
        opened = set(current.ancestor_paths) if current else set()
        if len(tops) == 1:
            opened.add(tops[0])
        if not current:
            opened |= {path for top in tops for path in self.below.get(top, [])}
        return [self._node(path, opened, current) for path in tops]

    def _node(self, path: str, opened: set[str], current: Folder | None) -> Node:
        is_current = current is not None and path == current.path
        node = Node(self.folder(path), self.devices.get(path, 0), is_current, path in opened)
        if node.is_open:
            below = self.below.get(path, [])
            drawn = [p for n, p in enumerate(below) if n < MOST_BESIDE or p in opened]
            node.hidden = len(below) - len(drawn)
            node.children = [self._node(p, opened, current) for p in drawn]
        return node

    def full_name(self, path: str) -> str:
        """Return "/Workstations/Lab-2", as far up as may be seen; the zone itself is "/"."""
        steps = range(2 * STEP, len(path) + 1, STEP)
        return "/" + "/".join(self.folders[path[:n]][1] for n in steps if path[:n] in self.folders)


def add_up(folders: Mapping[str, tuple[int, str]], held: Mapping[int, int]) -> dict[str, int]:
    """Return by path the devices in each folder and below, from those right in each."""
    sums = {path: held.get(pk, 0) for path, (pk, _) in folders.items()}
    for path in sorted(sums, key=len, reverse=True):
        if (above := path[:-STEP]) in sums:
            sums[above] += sums[path]
    return sums
