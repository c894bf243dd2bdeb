"""The fields of a recurrence rule: text of a Schedule Editor into a Rule, for any schedule."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from devices import schedule_words
from devices.forms.words import InOurWords
from devices.schedules import WEEK, Kind, Missed, Repeat, Rule

KINDS = {
    Kind.NONE: "No Schedule",
    Kind.DATES: "Date Specific",
    Kind.RECURRING: "Recurring",
}
REPEATS = [
    (Repeat.WEEKDAYS, "Days of the week"),
    (Repeat.MONTH_DAY, "Monthly, on a day"),
    (Repeat.LAST_DAY, "Monthly, on the last day"),
    (Repeat.NTH_WEEKDAY, "Monthly, on the nth weekday"),
    (Repeat.INTERVAL, "Fixed interval"),
]
MISSED = [
    (Missed.GRACE, "Run once if back within the grace time"),
    (Missed.SKIP, "Skip"),
    (Missed.ONCE, "Run once when back"),
]
UNITS = [(1, "minutes"), (60, "hours"), (24 * 60, "days")]
MOST_ROWS = 60  # of dates and ranges that a form may send
TIMES = ["%H:%M", "%H:%M:%S"]


class TimeField(forms.TimeField):
    """A time of day to the minute, as browsers enter it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
        super().__init__(input_formats=TIMES, widget=widget, **kwargs)


class DateField(forms.DateField):
    """A day, as browsers enter it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(input_formats=["%Y-%m-%d"], widget=widget, **kwargs)


class RuleForm(InOurWords, forms.Form):
    """A rule as a dialog asks for it. Fields that its type does not have are left out of account.

    ``kinds`` are the schedule types to offer. Days left out come as two lists, ``black_first`` and
    ``black_last``, dates as the list ``date``.
    """

    kind = forms.ChoiceField(label="Schedule type")
    repeat = forms.ChoiceField(label="Repeat", choices=REPEATS, required=False)
    weekdays = forms.TypedMultipleChoiceField(
        label="Days",
        coerce=int,
        choices=list(enumerate(WEEK)),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    every_year = forms.BooleanField(label="Every year", required=False)
    month_day = forms.IntegerField(label="Day", required=False)
    nth = forms.TypedChoiceField(
        label="Which", coerce=int, choices=list(schedule_words.NTH.items()), required=False
    )
    nth_weekday = forms.TypedChoiceField(
        label="Weekday", coerce=int, choices=list(enumerate(WEEK)), required=False
    )
    interval = forms.IntegerField(label="Every", required=False)
    unit = forms.TypedChoiceField(label="Unit", coerce=int, choices=UNITS, required=False)
    start = TimeField(label="Start", required=False)
    end = TimeField(label="End", required=False)
    ends_next_day = forms.BooleanField(label="Ends next day", required=False)
    zone = forms.ChoiceField(label="Time zone", required=False)
    first = DateField(label="First day", required=False)
    last = DateField(label="Last day", required=False)
    missed = forms.ChoiceField(label="If missed", choices=MISSED, required=False)
    grace_minutes = forms.IntegerField(label="Grace time", required=False)

    def __init__(self, *args: Any, kinds: Sequence[Kind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("kind", [(kind.value, KINDS[kind]) for kind in kinds])
        self.offer("zone", zone_choices())
        self.ranges: list[tuple[str, str]] = []  # as text, also what cannot be read
        self.date_texts: list[str] = []

    def offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """Let a field offer just these choices."""
        field: Any = self.fields[name]
        field.choices = choices

    @staticmethod
    def initial_of(rule: Rule) -> dict[str, Any]:
        """Return the values of the fields that show ``rule``."""
        minutes = rule.interval_minutes
        unit = next(size for size, _ in reversed(UNITS) if minutes % size == 0)
        return {
            "kind": rule.kind.value,
            "repeat": rule.repeat.value,
            "weekdays": list(rule.weekdays),
            "every_year": rule.every_year,
            "month_day": rule.month_day,
            "nth": rule.nth,
            "nth_weekday": rule.weekdays[0] if rule.weekdays else 0,
            "interval": minutes // unit,
            "unit": unit,
            "start": rule.start,
            "end": rule.end,
            "ends_next_day": rule.ends_next_day,
            "zone": rule.zone,
            "first": rule.first,
            "last": rule.last,
            "missed": rule.missed.value,
            "grace_minutes": rule.grace_minutes,
        }

    def show(self, rule: Rule) -> None:
        """Show the lists of ``rule``: dates and days left out."""
        self.ranges = [(a.isoformat(), b.isoformat()) for a, b in rule.blackouts]
        self.date_texts = [day.isoformat() for day in rule.dates]

    def clean(self) -> dict[str, Any]:
        """Read the lists and say what contradicts what."""
        cleaned = super().clean() or {}
        cleaned["blackouts"] = self._blackouts()
        cleaned["dates"] = self._dates()
        if not self.errors:
            cleaned["rule"] = rule = self._rule(cleaned)
            for field, why in self.complaints(rule):
                self.add_error(SHOWN_AT.get(field, field), why)
        return cleaned

    def complaints(self, rule: Rule) -> Iterable[schedule_words.Complaint]:
        """Return what makes the rule impossible; a form with more to say has more."""
        return schedule_words.complaints(rule, self.now, timezone.get_default_timezone())

    @property
    def now(self) -> datetime:
        return timezone.now()

    def _rule(self, cleaned: dict[str, Any]) -> Rule:
        kind, repeat = Kind(cleaned["kind"]), Repeat(cleaned["repeat"] or Repeat.WEEKDAYS)
        is_nth = repeat is Repeat.NTH_WEEKDAY
        days = [cleaned["nth_weekday"] or 0] if is_nth else cleaned["weekdays"]
        given: dict[str, Any] = {
            "kind": kind,
            "dates": tuple(cleaned["dates"]),
            "every_year": cleaned["every_year"],
            "repeat": repeat,
            "weekdays": tuple(sorted(set(days))),
            "month_day": _or(cleaned["month_day"], 0),
            "nth": cleaned["nth"] or 1,
            "interval_minutes": _or(cleaned["interval"], 0) * (cleaned["unit"] or 1),
            "start": cleaned["start"] or Rule().start,
            "end": cleaned["end"],
            "ends_next_day": cleaned["ends_next_day"] and cleaned["end"] is not None,
            "first": cleaned["first"],
            "last": cleaned["last"],
            "blackouts": tuple(cleaned["blackouts"]),
            "zone": cleaned["zone"],
            "missed": Missed(cleaned["missed"] or Missed.GRACE),
            "grace_minutes": _or(cleaned["grace_minutes"], 0),
        }
        used = ALWAYS | OF_KIND[kind] | (OF_REPEAT[repeat] if kind is Kind.RECURRING else set())
        if kind is Kind.NONE:
            used = {"kind"}
        if given["missed"] is not Missed.GRACE:
            used = used - {"grace_minutes"}
        return Rule(**{name: value for name, value in given.items() if name in used})

    def _blackouts(self) -> list[tuple[date, date]]:
        firsts, lasts = (self._list(name) for name in ("black_first", "black_last"))
        self.ranges = [(a, b) for a, b in zip(firsts, lasts, strict=False) if a or b]
        read = []
        for first, last in self.ranges:
            try:
                days = DateField().clean(first or last), DateField().clean(last or first)
            except ValidationError:
                self.add_error(
                    None, f"Not on: {first[:20] or 'nothing'} to {last[:20]} are no days."
                )
                continue
            read.append(days)
        return read

    def _dates(self) -> list[date]:
        self.date_texts = [text for text in self._list("date") if text]
        read = []
        for text in self.date_texts:
            try:
                read.append(DateField().clean(text))
            except ValidationError:
                self.add_error(None, f"{text[:20]} is no date.")
        return sorted(set(read))

    def _list(self, name: str) -> list[str]:
        getlist = getattr(self.data, "getlist", lambda name: self.data.get(name, []))
        return [str(text).strip() for text in getlist(name)[:MOST_ROWS]]


# The names of Rule that each type has; others keep their default and are not stored.
ALWAYS = {"kind", "start", "end", "ends_next_day", "zone", "first", "last", "blackouts"} | {
    "missed",
    "grace_minutes",
}
OF_KIND: dict[Kind, set[str]] = {
    Kind.NONE: set(),
    Kind.DATES: {"dates", "every_year"},
    Kind.RECURRING: {"repeat"},
}
OF_REPEAT: dict[Repeat, set[str]] = {
    Repeat.WEEKDAYS: {"weekdays"},
    Repeat.MONTH_DAY: {"month_day"},
    Repeat.LAST_DAY: set(),
    Repeat.NTH_WEEKDAY: {"nth", "weekdays"},
    Repeat.INTERVAL: {"interval_minutes"},
}
# Where the form says what a rule complains of under another name
SHOWN_AT: dict[str, str | None] = {
    "interval_minutes": "interval",
    "blackouts": None,
    "dates": None,
}


def zone_choices() -> list[tuple[str, str]]:
    """Return the time zones to choose from: the management zone's own first, then UTC."""
    own = timezone.get_default_timezone_name()
    others = sorted(n for n in schedule_words.known_zones() if "/" in n and n[:3] != "Etc")
    return [("", f"{own} (zone)"), ("UTC", "UTC"), *((name, name) for name in others)]


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
