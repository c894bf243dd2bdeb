"""What a list of messages shows: its filter, read from an address; and which of it people mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.http import urlencode

from devices.models import Folder, Message, User
from devices.models.message import MessageQuerySet
from devices.services.selection import numbers

TROUBLE = "trouble"
SEVERITIES: Mapping[str, str] = {
    TROUBLE: "Errors and warnings",
    **{one.value: one.label for one in Message.Severity},
}
SOURCES: Mapping[str, str] = {one.value: one.label for one in Message.Source}
STATES: Mapping[str, str] = {"acknowledged": "Acknowledged", "all": "Acknowledged or not"}
KNOWN = {"severity": SEVERITIES, "source": SOURCES, "state": STATES}
LABELS = {"severity": "Severity", "source": "Source"}
KEYS = ("folder", "device", "upto")
NOBODY = "0"  # the number of no row, in place of what is none: it must not show all
LONGEST = 100  # characters of a search


@dataclass(frozen=True)
class MessageList:
    """The filter of a list. An empty word means "all"; of the state, what nobody acknowledged."""

    severity: str = ""
    source: str = ""
    state: str = ""
    folder: str = ""  # and below
    device: str = ""
    q: str = ""
    upto: str = ""  # the newest that the list knew of: what came later was not seen

    @classmethod
    def read(cls, query: QueryDict, **fixed: str) -> "MessageList":
        """Return what the address asks for: of words it does not know all, of numbers nothing."""
        asked = {name: query.get(name, "") for name in (*KNOWN, *KEYS)}
        asked |= {name: "" for name, known in KNOWN.items() if asked[name] not in known}
        asked |= {name: NOBODY for name in KEYS if asked[name] and not numbers([asked[name]])}
        q = query.get("q", "").replace("\0", "").strip()[:LONGEST]
        return cls(**{**asked, "q": q, **fixed})

    @property
    def words(self) -> dict[str, str]:
        """Return the words that an address needs."""
        names = ("severity", "source", "state", "folder", "device", "q")
        return {name: word for name in names if (word := getattr(self, name))}

    @property
    def query(self) -> str:
        """Return the filter as the query of an address."""
        return urlencode(self.words)

    def without(self, name: str) -> str:
        """Return the query of the list without one of its filters."""
        return urlencode({word: said for word, said in self.words.items() if word != name})

    def chips(self, names: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return each filter of the menu in words, with the query of the list without it.

        ``names`` are those of the folder and the device, where they are filters.
        """
        said = {name: KNOWN[name][word] for name, word in self.words.items() if name in LABELS}
        said |= names
        if self.q:
            said["q"] = f'"{self.q}"'
        return [(text, self.without(name)) for name, text in said.items()]

    def choices(
        self, folders: list[tuple[str, str]]
    ) -> list[tuple[str, str, list[tuple[str, str]], str]]:
        """Return each filter of a menu: its name, label, what it may be, and what it is now."""
        found = [
            (name, label, list(KNOWN[name].items()), getattr(self, name))
            for name, label in LABELS.items()
        ]
        return [*found, ("folder", "Folder", folders, self.folder)] if folders else found

    def apply(self, user: User) -> MessageQuerySet:
        """Return the messages that the list shows, of those that ``user`` may see."""
        found = self._in_place(user, Message.objects.visible_to(user))
        if self.state != "all":
            found = found.filter(acknowledged_at__isnull=self.state != "acknowledged")
        if self.severity == TROUBLE:
            found = found.exclude(severity=Message.Severity.INFORMATION)
        elif self.severity:
            found = found.filter(severity=self.severity)
        if self.source:
            found = found.filter(source=self.source)
        if self.upto:
            found = found.filter(pk__lte=int(self.upto))
        return found.search(self.q) if self.q else found

    def _in_place(self, user: User, found: MessageQuerySet) -> MessageQuerySet:
        if self.device:
            found = found.filter(device=int(self.device))
        if self.folder:
            place = Folder.objects.visible_to(user).filter(pk=int(self.folder)).first()
            if place is None:
                return found.none()
            found = found.filter(device__folder__path__startswith=place.path)
        return found


def resolve(user: User, asked: QueryDict) -> MessageQuerySet:
    """Return the messages that a list sent, as far as ``user`` may see them.

    A list sends its ticked rows (``pk``), or ``all=1`` with its ``filter``.
    """
    if asked.get("all"):
        return MessageList.read(QueryDict(asked.get("filter", ""))).apply(user)
    visible: Any = Message.objects.visible_to(user)
    found: MessageQuerySet = visible.filter(pk__among=numbers(asked.getlist("pk")))
    return found
