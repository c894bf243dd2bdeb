"""A condition over inventories - "BIOS: Version contains 1.2" - as words, address and query."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from devices.inventory_facts import LONGEST_NAME, comparable, key_of, mac_part, measure, plain
from devices.models import InventoryFact

MOST_CONDITIONS = 10  # of one filter
LONGEST_VALUE, LONGEST = 200, 450  # characters of a value, of a condition in an address
LONGEST_CHIP = 60
MOST_DAYS = 36_500
SECONDS_OF_DAY = 86_400
DAY = re.compile(r"\d{4}-\d\d-\d\d")
OPERATORS: Mapping[str, str] = {
    "is": "is",
    "is-not": "is not",
    "contains": "contains",
    "lacks": "does not contain",
    "at-least": "is at least",
    "at-most": "is at most",
    "below": "is below",
    "known": "is known",
    "unknown": "is not known",
    "within": "in the last (days)",
    "not-within": "not in the last (days)",
    "next": "in the next (days)",
    "not-next": "not in the next (days)",
}
TOO_MANY = f"A filter has at most {MOST_CONDITIONS} conditions over inventories."
NO_VALUE = ("known", "unknown")
DAYS = ("within", "not-within", "next", "not-next")
COMPARING: Mapping[str, str] = {"at-least": "gte", "at-most": "lte", "below": "lt"}
EQUAL = ("is", "is-not")
OPPOSITES: Mapping[str, str] = {
    "is-not": "is",
    "lacks": "contains",
    "unknown": "known",
    "not-within": "within",
    "not-next": "next",
}


class BadCondition(ValueError):
    """A condition that cannot be understood; the text says why."""


@dataclass(frozen=True)
class Condition:
    """One condition. Build it with ``condition`` or ``read``, which check it."""

    name: str
    operator: str
    value: str = ""

    @property
    def word(self) -> str:
        """Return it as an address has it: ``at-least|Memory: Size|8 GB``."""
        return "|".join([self.operator, self.name, *([self.value] if self.value else [])])

    def __str__(self) -> str:
        if self.operator in DAYS:
            days = "day" if self.value == "1" else f"{self.value} days"
            return f"{self.name} {OPERATORS[self.operator].removesuffix(' (days)')} {days}"
        return f"{self.name} {OPERATORS[self.operator]} {self.value}".strip()

    def matching(self) -> Q:
        """Return the condition on devices: one of their values is so; for a negation, none is."""
        operator = OPPOSITES.get(self.operator, self.operator)
        facts = InventoryFact.objects.filter(device=OuterRef("pk"), key=key_of(self.name))
        found = Q(Exists(facts.filter(self._of_value(operator))))
        return ~found if self.operator in OPPOSITES else found

    def _of_value(self, operator: str) -> Q:
        text = comparable(self.name, self.value)
        if operator == "known":
            return Q()
        if operator == "contains":
            return Q(text__contains=mac_part(self.name, text))
        if operator in DAYS:
            return _ahead(int(text)) if operator == "next" else _ago(int(text))
        number, version = measure(text)
        if number is not None and DAY.fullmatch(text):
            return _of_day(operator, number)
        if operator == "is":
            return Q(text=text) | Q(number=number) if number is not None else Q(text=text)
        how = COMPARING[operator]
        if number is not None:
            return Q(**{f"number__{how}": number})
        return Q(**{f"version__{how}": version}) & ~Q(version="")


def _of_day(operator: str, start: float) -> Q:
    """Return the condition on dates and times: a date without an hour is all of its day."""
    end = start + SECONDS_OF_DAY
    bounds = {
        "is": {"number__gte": start, "number__lt": end},
        "at-least": {"number__gte": start},
        "at-most": {"number__lt": end},
        "below": {"number__lt": start},
    }
    return Q(**bounds[operator]) & ~Q(version="")  # no size


def _ago(days: int) -> Q:
    now = timezone.now()
    return _between(now - timedelta(days=days), now)


def _ahead(days: int) -> Q:
    """Return the condition "in the next days"; today is still to come where no hour is told."""
    now = timezone.now()
    return _between(now, now + timedelta(days=days)) | Q(text=f"{now:%Y-%m-%d}")


def _between(first: datetime, last: datetime) -> Q:
    return Q(number__range=(first.timestamp(), last.timestamp())) & ~Q(version="")  # no size


def condition(name: str, operator: str, value: str = "") -> Condition:
    """Return a condition of these words.

    Raises:
        BadCondition: one of them cannot be understood.
    """
    name, value = plain(name), " ".join(value.replace("\0", " ").split())
    if not name:
        raise BadCondition("Say what it is about, for example BIOS: Version.")
    if len(name) > LONGEST_NAME:
        raise BadCondition(f"A name has at most {LONGEST_NAME} characters.")
    if operator not in OPERATORS:
        raise BadCondition(f"{name}: choose how to compare.")
    if operator in NO_VALUE:
        return Condition(name, operator)
    if why := _why_not(operator, value):
        raise BadCondition(f"{name}: {why}")
    return Condition(name, operator, value)


def _why_not(operator: str, value: str) -> str:
    """Return why ``value`` cannot be compared so; empty if it can."""
    if not value:
        return f'"{OPERATORS[operator]}" needs a value.'
    if len(value) > LONGEST_VALUE:
        return f"a value has at most {LONGEST_VALUE} characters."
    if operator in COMPARING and measure(value) == (None, ""):
        return "it takes a number, a version or a date, like 8 GB, 120.0 or 2026-01-31."
    is_days = value.isascii() and value.isdigit() and len(value) < 9
    if operator in DAYS and not (is_days and 0 < int(value) <= MOST_DAYS):
        return f"it takes a number of days from 1 to {MOST_DAYS:,}."
    return ""


def parts(word: str) -> tuple[str, str, str]:
    """Return operator, name and value of a condition as an address has it, unchecked."""
    operator, _, rest = word.partition("|")
    name, _, value = rest.partition("|")
    return operator, name, value


def read(word: str) -> Condition:
    """Return the condition that an address has.

    Raises:
        BadCondition: it cannot be understood.
    """
    if len(word) > LONGEST:
        raise BadCondition("A condition in this address is too long.")
    operator, name, value = parts(word)
    return condition(name, operator, value)


def read_all(words: tuple[str, ...]) -> tuple[list[Condition], list[str]]:
    """Return the conditions among ``words``, and what is wrong with the others."""
    if len(words) > MOST_CONDITIONS:
        return [], [TOO_MANY]
    found, wrong = [], []
    for word in words:
        try:
            found.append(read(word))
        except BadCondition as error:
            wrong.append(str(error))
    return found, wrong
