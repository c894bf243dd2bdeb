"""The entries of Power Management Settings: an action and when it comes. A setting by level."""

import json
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.utils import timezone

from devices import schedule_words
from devices.levels import Key
from devices.schedules import Kind, Missed, Rule
from power.models import PowerAction

MOST_ENTRIES = 50  # of one list
POWER_KINDS = (Kind.NONE, Kind.RECURRING)  # no Date Specific here (S118, S119)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: what is ordered, and the rule that says when."""

    action: PowerAction
    rule: Rule
    is_enabled: bool = True
    leaves_out_senders: bool = False  # else they go last (D11)
    id: UUID | None = None  # None: not saved yet

    @property
    def comes(self) -> bool:
        """Return whether it orders anything at all."""
        return self.is_enabled and self.rule.kind is not Kind.NONE

    @property
    def known_id(self) -> UUID:
        """Return the id of an entry that was saved.

        Raises:
            ValueError: it was not.
        """
        if self.id is None:
            raise ValueError("This entry was not saved yet.")
        return self.id

    @property
    def sentence(self) -> str:
        """Return the rule in one sentence, without a full stop."""
        return schedule_words.sentence(self.rule, zone_tz())

    def to_json(self) -> dict[str, Any]:
        """Return the entry as the setting keeps it."""
        return {
            "id": str(self.id or ""),
            "action": self.action.value,
            "rule": self.rule.to_json(),
            "enabled": self.is_enabled,
            "leave_out": self.leaves_out_senders,
        }

    @classmethod
    def from_json(cls, stored: Any) -> Self:
        """Return the entry that ``to_json`` wrote.

        Raises:
            ValueError, TypeError, KeyError: it did not.
        """
        flags = stored["enabled"], stored["leave_out"]
        if not all(isinstance(flag, bool) for flag in flags):
            raise TypeError("A switch is on or off.")
        known = UUID(stored["id"]) if stored["id"] else None
        rule = Rule.from_json(stored["rule"])
        return cls(PowerAction(stored["action"]), rule, *flags, known)


def read_entries(value: Any) -> list[Entry]:
    """Return the entries of a setting's value, or of what a browser sent as one.

    Raises:
        ValidationError: it is no such list.
    """
    if not isinstance(value, list):
        raise ValidationError("Schedules come as a list.")
    if len(value) > MOST_ENTRIES:
        raise ValidationError(f"At most {MOST_ENTRIES} schedules stand on one list.")
    try:
        return [Entry.from_json(stored) for stored in value]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise ValidationError("One of the schedules could not be read.") from None


def complaints(entry: Entry, verify_seconds: int = 0) -> list[schedule_words.Complaint]:
    """Return what makes an entry impossible, whatever the day is."""
    rule = entry.rule
    if rule.kind not in POWER_KINDS:
        return [("kind", "Power Management knows No Schedule and Recurring, no dates.")]
    said = schedule_words.contradictions(rule)
    if rule.kind is Kind.NONE:
        return said
    if rule.missed is Missed.ONCE and not entry.action.is_harmless:
        label = entry.action.label
        said.append(
            ("missed", f"{label} is never caught up without a grace time. Choose a grace time.")
        )
    least = -(-verify_seconds // 60) + 1
    if rule.repeats_by_interval and 1 <= rule.interval_minutes < least:
        said.append(
            (
                "interval_minutes",
                f"It comes again every {schedule_words.duration(rule.interval_minutes)}, before "
                f"one run is verified ({verify_seconds} s). Choose {least} min or more.",
            )
        )
    return said


class SchedulesKey(Key[list[Any]]):
    """The setting by level whose value is a list of entries."""

    def check(self, value: Any) -> None:
        """Raise ValidationError, naming the rule, for a list that cannot be."""
        for number, entry in enumerate(read_entries(value), start=1):
            for _, why in complaints(entry):
                raise ValidationError(f"Schedule {number}, {entry.action.label}: {why}")

    def adopt(self, value: Any, before: Any) -> Any:
        """Return the list with an id of its own for each entry: others' ids are not taken over."""
        known = {entry.id for entry in read_entries(before or [])}
        adopted = []
        for entry in read_entries(value):
            own = entry.id if entry.id in known else uuid4()
            known.discard(own)
            adopted.append(replace(entry, id=own).to_json())
        return adopted

    def brief(self, value: Any) -> str:
        """Return what the list orders, without the times."""
        comes = [entry.action.label for entry in read_entries(value) if entry.comes]
        return ", ".join(dict.fromkeys(comes)) or "no schedule"

    def told(self, value: Any) -> str:
        """Return the list as people say it."""
        entries = read_entries(value)
        if not any(entry.comes for entry in entries):
            return "no schedule"
        return "; ".join(
            f"{entry.action.label} {_begun_small(entry.sentence)}"
            for entry in entries
            if entry.comes
        )


def zone_tz() -> Any:
    """Return the management zone's time zone."""
    return timezone.get_default_timezone()


def _begun_small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def read_json(text: Any) -> list[Entry]:
    """Return the entries of a list that a page keeps as JSON, none of them impossible.

    Raises:
        ValidationError: it is no such list.
    """
    try:
        entries = read_entries(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        raise ValidationError("The list of schedules could not be read.") from None
    for entry in entries:
        for _, why in complaints(entry):
            raise ValidationError(why)
    return entries
