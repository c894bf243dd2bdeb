"""The folders of the vault: paths that credentials bear, shown as a tree."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class VaultFolder:
    """A folder with the number of credentials in it and below."""

    name: str
    path: str
    count: int = 0
    children: list["VaultFolder"] = field(default_factory=list)

    @property
    def as_list(self) -> list["VaultFolder"]:
        return [self]

    @property
    def flat(self) -> list["VaultFolder"]:
        """Return this folder and all below it, each before its own."""
        return [self, *(one for child in self.children for one in child.flat)]


def tree(counts: Iterable[tuple[str, int]]) -> VaultFolder:
    """Return the root of the tree of ``counts`` (path and number of credentials, by path)."""
    root = VaultFolder("All credentials", "")
    known = {"": root}
    for path, count in counts:
        root.count += count
        above = root
        parts = path.split("/") if path else []
        for depth, name in enumerate(parts, start=1):
            here = "/".join(parts[:depth])
            if here not in known:
                known[here] = VaultFolder(name, here)
                above.children.append(known[here])
            above = known[here]
            above.count += count
    return root
