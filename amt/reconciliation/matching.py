"""Find the pairs. Pure: no rows, no sockets; what is not certain becomes a question, not a pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from devices.marks import swapped

Pair = tuple[int, int]  # the key of a discovered device, the key of a managed one


class Reason(StrEnum):
    """By what a pair was found, the surest first."""

    PERSON = "person"
    LINKED = "linked"  # together since an earlier run, or managed from its entry
    UUID = "uuid"
    UUID_SWAPPED = "uuid-swapped"
    SERIAL = "serial"
    MAC = "mac"
    HOST_NAME = "host-name"
    SHORT_NAME = "short-name"


CONFIDENCE = {
    Reason.PERSON: 100,
    Reason.LINKED: 100,
    Reason.UUID: 100,
    Reason.UUID_SWAPPED: 98,
    Reason.SERIAL: 90,
    Reason.MAC: 80,
    Reason.HOST_NAME: 60,
    Reason.SHORT_NAME: 40,
}
ORDER = list(Reason)
BY_NAME = {Reason.HOST_NAME, Reason.SHORT_NAME}
BY_UUID = {Reason.UUID, Reason.UUID_SWAPPED}


class Doubt(StrEnum):
    """Why nothing is guessed."""

    SEVERAL_MANAGED = "several-managed"  # one mark leads to several managed devices
    SEVERAL_DISCOVERED = "several-discovered"  # one managed device is claimed by several
    CONTRADICTION = "contradiction"  # one mark says this device, another says that one
    OTHER_UUID = "other-uuid"  # same serial number, MAC or name, but another UUID: a new board?
    CHANGED_UUID = "changed-uuid"  # of a pair: a new board, or an agent on another PC?
    OTHER_SERIAL = "other-serial"  # same MAC or name, but another serial number: a dock, a new PC?
    # Found when a pair is to be written, not here:
    JOIN_BY_NAME = "join-by-name"  # both are managed, and only a name says that they are one
    OTHER_FOLDER = "other-folder"  # both are managed, under different people's rights maybe
    BOTH_SET_UP = "both-set-up"  # both are managed and set up: one has settings too many
    BUSY = "busy"  # both are managed, and orders are under way


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known of one machine, from either side. Marks are usable ones (see ``marks``)."""

    key: int
    uuid: UUID | None = None
    serial: str = ""
    macs: tuple[str, ...] = ()
    host_name: str = ""  # lower case; with its domain where that is known

    @property
    def short_name(self) -> str:
        return self.host_name.partition(".")[0]

    @property
    def has_marks(self) -> bool:
        return bool(self.uuid or self.serial or self.macs or self.host_name)


@dataclass(frozen=True, slots=True)
class Match:
    """One pair, and why."""

    discovered: int
    managed: int
    reason: Reason

    @property
    def confidence(self) -> int:
        """Return how sure it is, in percent."""
        return CONFIDENCE[self.reason]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One discovered device and those managed ones it may be; a person decides."""

    discovered: int
    managed: tuple[int, ...]
    doubt: Doubt
    reason: Reason


@dataclass(slots=True)
class Outcome:
    """Every discovered device is in exactly one of the three; every managed one in at most one."""

    matches: list[Match] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    unmatched: list[int] = field(default_factory=list)  # discovered, and no managed device is it


def reconcile(
    discovered: Iterable[Machine],
    managed: Collection[Machine],
    *,
    linked: Mapping[int, int] | None = None,
    same: Mapping[int, int] | None = None,
    apart: Collection[Pair] = (),
) -> Outcome:
    """Return the pairs, the questions and what is left.

    ``linked``: which managed device a discovered one was before; it stays so unless a person, or
    a surer mark than a name, says otherwise. ``same`` and ``apart`` are what people decided: which
    managed device a discovered one is, and which it is not. Time grows with the number of marks.
    """
    search = _Search(managed, frozenset(apart))
    found = Outcome()
    claims: dict[int, list[Match]] = defaultdict(list)
    for machine in discovered:
        said = (same or {}).get(machine.key)
        if said is not None and said in search.machines:
            claims[said].append(Match(machine.key, said, Reason.PERSON))
            continue
        verdict = search.verdict(machine)
        before = (linked or {}).get(machine.key)
        if before is not None and before in search.machines:
            known = search.machines[before]
            verdict = _questioned(machine, known, verdict) or Match(
                machine.key, before, Reason.LINKED
            )
        if isinstance(verdict, Match):
            claims[verdict.managed].append(verdict)
        elif verdict:
            found.conflicts.append(verdict)
        else:
            found.unmatched.append(machine.key)
    for rivals in claims.values():
        _settle(rivals, found)
    return found


def _questioned(one: Machine, before: Machine, verdict: Match | Conflict | None) -> Conflict | None:
    """Return the question whether what was linked is right.

    It is asked if a surer mark than a name leads elsewhere, or the two have different UUIDs.
    """
    leads = isinstance(verdict, Match) and verdict.reason not in BY_NAME
    if isinstance(verdict, Match) and leads and verdict.managed != before.key:
        told = (verdict.managed, before.key)
        return Conflict(one.key, told, Doubt.CONTRADICTION, verdict.reason)
    if differ(one.uuid, before.uuid):
        return Conflict(one.key, (before.key,), Doubt.CHANGED_UUID, Reason.LINKED)
    return None


def differ(one: UUID | None, other: UUID | None) -> bool:
    """Return whether two UUIDs are known and are not one, in whatever byte order."""
    return bool(one and other) and other not in (one, swapped(one)) if one else False


def _settle(rivals: list[Match], found: Outcome) -> None:
    """Give a managed device to the one that is surest of it; of equals, to none."""
    best = min(ORDER.index(one.reason) for one in rivals)
    surest = [one for one in rivals if ORDER.index(one.reason) == best]
    if len(surest) == 1:
        found.matches += surest
    for one in rivals:
        if one not in surest or len(surest) > 1:
            doubt = Doubt.SEVERAL_DISCOVERED
            found.conflicts.append(Conflict(one.discovered, (one.managed,), doubt, one.reason))


class _Search:
    """The managed devices by their marks."""

    def __init__(self, managed: Collection[Machine], apart: frozenset[Pair]) -> None:
        self.machines = {machine.key: machine for machine in managed}
        self._apart = apart
        self._by: dict[Reason, dict[object, list[int]]] = {
            reason: defaultdict(list) for reason in Reason
        }
        for one in managed:
            for reason, mark in _marks(one, is_managed=True):
                self._by[reason][mark].append(one.key)

    def verdict(self, one: Machine) -> Match | Conflict | None:
        """Return which managed device ``one`` is, why that cannot be said, or that none is."""
        by_reason: dict[Reason, list[int]] = {}
        for mark_reason, mark in _marks(one):
            if keys := self._at(mark_reason, mark, one):
                known = by_reason.setdefault(mark_reason, [])
                known += [key for key in keys if key not in known]
        if not by_reason:
            return None
        reason = min(by_reason, key=ORDER.index)
        candidates = by_reason[reason]
        if len(candidates) > 1:
            return Conflict(one.key, tuple(candidates), Doubt.SEVERAL_MANAGED, reason)
        return self._checked(one, reason, candidates[0], by_reason)

    def _at(self, reason: Reason, mark: object, one: Machine) -> list[int]:
        keys = self._by[reason].get(mark, [])
        if not self._apart:
            return keys
        return [key for key in keys if (one.key, key) not in self._apart]

    def _checked(
        self, one: Machine, reason: Reason, key: int, by_reason: Mapping[Reason, list[int]]
    ) -> Match | Conflict:
        """Return the pair, unless another mark speaks against it.

        A name that leads elsewhere says nothing against a serial number: names are given anew.
        """
        others = [
            other
            for mark, keys in by_reason.items()
            if mark not in BY_NAME and (key not in keys or mark is Reason.UUID_SWAPPED)
            for other in keys
            if other != key
        ]
        if others:
            told = (key, *dict.fromkeys(others))
            return Conflict(one.key, told, Doubt.CONTRADICTION, reason)
        managed = self.machines[key]
        if reason in BY_UUID:
            return Match(one.key, key, reason)
        if one.uuid and managed.uuid:
            return Conflict(one.key, (key,), Doubt.OTHER_UUID, reason)
        if one.serial and managed.serial and one.serial != managed.serial:
            return Conflict(one.key, (key,), Doubt.OTHER_SERIAL, reason)
        return Match(one.key, key, reason)


def _marks(one: Machine, *, is_managed: bool = False) -> Iterable[tuple[Reason, object]]:
    """Yield by what a machine is known, or looked for.

    A UUID counts in both byte orders. A name with its domain is looked for with it, then among
    names without one; a name without domain among all.
    """
    if one.uuid:
        yield Reason.UUID, one.uuid
        yield Reason.UUID_SWAPPED, frozenset((one.uuid, swapped(one.uuid)))
    if one.serial:
        yield Reason.SERIAL, one.serial
    for mac in one.macs:
        yield Reason.MAC, mac
    if not one.host_name:
        return
    has_domain = one.short_name != one.host_name
    if has_domain:
        yield Reason.HOST_NAME, one.host_name
    if is_managed or not has_domain:
        yield Reason.SHORT_NAME, ("any", one.short_name)
    if is_managed != has_domain:
        yield Reason.SHORT_NAME, ("bare", one.short_name)
