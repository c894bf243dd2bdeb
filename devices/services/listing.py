"""What a list of devices shows: folder, search, filters; read from an address, written to one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db.models import Q
from django.db.models.functions import Now
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from devices import codes
from devices.models import DeviceQuerySet, Folder, User
from devices.models.device import KNOWN_FOR, OFF_STATES, ON_STATES, SLEEP_STATES
from devices.power_groups import GROUPS, old_after
from devices.services import conditions, facts
from devices.state_words import CONNECTIONS

HERE: Mapping[str, str] = {"1": "Only this folder"}
MODES: Mapping[str, str] = {"smb": "SMB", "enterprise": "Enterprise", "none": "Not set up"}
WAYS: Mapping[str, str] = {**{name: name for name in CONNECTIONS}, "none": "Not known"}
SIMULATED: Mapping[str, str] = {"yes": "Simulated", "no": "Not simulated"}
KNOWN = {
    "here": HERE,
    "power": GROUPS,
    "mode": MODES,
    "connection": WAYS,
    "simulated": SIMULATED,
}
LABELS = {
    "power": "Power",
    "mode": "Mode",
    "connection": "Connection",
    "simulated": "Simulated",
}
FREE = ("q", "amt", "failed")
FACT = "fact"  # may be there several times
# Codes that the menu offers; an address may name any other.
FAILURES = ("sign-in-stopped", "sign-in-refused", "certificate-changed", "unreachable")
LONGEST = 100  # characters of a search


@dataclass(frozen=True)
class Listing:
    """The filter of a list. An empty word means "all"."""

    folder: Folder | None = None  # and below; None: the whole zone
    here: str = ""  # "1": not what is below
    q: str = ""
    power: str = ""
    mode: str = ""
    connection: str = ""
    amt: str = ""  # how the version begins: "16", "11.8"
    simulated: str = ""
    failed: str = ""  # with which code the last reading failed
    facts: tuple[str, ...] = ()  # conditions over inventories, as the address has them
    reader: User | None = None  # whose devices the conditions are held against

    @classmethod
    def read(
        cls, query: QueryDict, folder: Folder | None = None, reader: User | None = None
    ) -> "Listing":
        """Return what the address asks for; words it does not know mean "all"."""
        asked = {name: query.get(name, "") for name in KNOWN}
        asked = {name: word if word in KNOWN[name] else "" for name, word in asked.items()}
        free = {name: query.get(name, "").replace("\0", "").strip()[:LONGEST] for name in FREE}
        # One more than there may be is kept: it says that they are too many.
        words = query.getlist(FACT)[: conditions.MOST_CONDITIONS + 1]
        kept = tuple(word[: conditions.LONGEST + 1] for word in words)
        return cls(folder=folder, facts=kept, reader=reader, **asked, **free)

    @property
    def words(self) -> dict[str, str]:
        """Return the words that an address needs, without the folder, which is in its path."""
        said = {name: getattr(self, name) for name in ("q", *KNOWN, "amt", "failed")}
        return {name: word for name, word in said.items() if word}

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return all that an address needs beside the folder, a name for each word."""
        return [*self.words.items(), *((FACT, word) for word in self.facts)]

    @property
    def query(self) -> str:
        """Return the filter as the query of an address."""
        return urlencode(self.pairs)

    @property
    def url(self) -> str:
        """Return the address of the list with this filter."""
        place = self.folder.get_absolute_url() if self.folder else reverse("devices:devices")
        return f"{place}?{self.query}" if self.pairs else place

    @property
    def selection_query(self) -> str:
        """Return the filter with its folder, as a selection of all matching sends it."""
        place = [("folder", str(self.folder.pk))] if self.folder else []
        return urlencode([*place, *self.pairs])

    @property
    def is_filtered(self) -> bool:
        return bool(self.facts or self.words.keys() - {"here"})

    @cached_property
    def conditions(self) -> list[conditions.Condition]:
        return conditions.read_all(self.facts)[0]

    @cached_property
    def unreadable(self) -> list[str]:
        """Return what cannot be understood."""
        return conditions.read_all(self.facts)[1]

    @cached_property
    def errors(self) -> list[str]:
        """Return why the filter has no answer: it matches nothing then, rather than too much."""
        if self.unreadable or not self.reader:
            return self.unreadable
        return [why for why in facts.refusals(self.reader, self.conditions) if why]

    def without(self, name: str, word: str = "") -> str:
        """Return the query of the list without one of its filters (of several: one word)."""
        return urlencode([one for one in self.pairs if one != (name, word or one[1])])

    def apply(self, devices: DeviceQuerySet, poll: int) -> DeviceQuerySet:
        """Return those of ``devices`` that the list shows."""
        if self.errors:
            return devices.none()
        if self.folder:
            below = devices.below(self.folder)
            devices = devices.filter(folder=self.folder) if self.here else below
        if self.q:
            devices = devices.search(self.q)
        if self.power:
            devices = devices.filter(in_power_group(self.power, old_after(poll)))
        for condition in self.conditions:
            devices = devices.filter(condition.matching())
        return self._apply_columns(devices)

    def _apply_columns(self, devices: DeviceQuerySet) -> DeviceQuerySet:
        if self.mode:
            devices = devices.filter(mode="" if self.mode == "none" else self.mode)
        if self.connection:
            devices = devices.filter(
                connection="" if self.connection == "none" else self.connection
            )
        if self.amt:
            devices = devices.filter(amt_version__startswith=self.amt)
        if self.failed:
            devices = devices.filter(unreadable_code=self.failed)
        if self.simulated:
            devices = devices.filter(is_simulated=self.simulated == "yes")
        return devices

    def chips(self) -> list[tuple[str, str]]:
        """Return each active filter in words, with the query of the list without it."""
        said = {
            name: KNOWN[name].get(word, "") for name, word in self.words.items() if name in KNOWN
        }
        if self.amt:
            said["amt"] = f"AMT {self.amt}"
        if self.failed:
            said["failed"] = codes.title(self.failed)
        if self.q:
            said["q"] = f'"{self.q}"'
        chips = [(text, self.without(name)) for name, text in said.items()]
        return chips + [(text, self.without(FACT, word)) for word, text in self._facts_in_words()]

    def _facts_in_words(self) -> list[tuple[str, str]]:
        """Return each condition over inventories as the address has it, and in words."""
        if self.unreadable:  # to be taken away, even those that cannot be read
            return [(word, word[: conditions.LONGEST_CHIP]) for word in self.facts]
        return [(word, str(one)) for word, one in zip(self.facts, self.conditions, strict=True)]

    def choices(self) -> list[tuple[str, str, list[tuple[str, str]], str]]:
        """Return each filter of a menu: its name, label, what it may be, and what it is now."""
        found = [
            (name, LABELS[name], list(KNOWN[name].items()), getattr(self, name)) for name in LABELS
        ]
        names = dict.fromkeys(filter(None, (*FAILURES, self.failed)))
        offered = [(name, codes.title(name)) for name in names]
        return [*found, ("failed", "Last reading failed with", offered, self.failed)]


def in_power_group(group: str, old: timedelta) -> Q:
    """Return the condition "in this group", as ``with_power_group`` groups, row by row.

    In plain comparisons, so that the database can use its indexes and guess how many there are.
    """
    read = Q(unreadable_since=None, power_state__isnull=False)
    fresh = read & (Q(power_seen_at__gte=Now() - old) | Q(power_seen_at=None))
    stale, ancient = Q(power_seen_at__lt=Now() - old), Q(power_seen_at__lt=Now() - KNOWN_FOR)
    known = Q(power_state__in=[*ON_STATES, *SLEEP_STATES, *OFF_STATES])
    return {
        "on": fresh & Q(power_state__in=ON_STATES),
        "sleep": fresh & Q(power_state__in=SLEEP_STATES),
        "off": fresh & Q(power_state__in=OFF_STATES),
        "old": read & stale & ~ancient,
        "not-read": Q(power_state=None, unreadable_since=None),
        "unknown": Q(unreadable_since__isnull=False) | (read & (ancient | (fresh & ~known))),
    }[group]
