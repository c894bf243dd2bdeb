"""When something happens again: a rule, and the moments that follow from it. Pure: no rows.

Days and times of day are those of the rule's time zone. On a day when clocks go forward a time
that is left out happens as much later as the clocks jump; on a day when they go back a time that
comes twice happens the first time. A fixed interval counts real minutes and knows no clocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import count, islice
from typing import Any, Self
from zoneinfo import ZoneInfo

from dateutil import rrule

WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
YEARS = 12  # how far is looked for a next occurrence: 29 February may be eight years off
LAST = -1  # of a month: the last such weekday
MOST_DATES, MOST_BLACKOUTS = 100, 50
MAX_INTERVAL = 366 * 24 * 60  # minutes
MAX_GRACE = 24 * 60  # minutes
YEARS_KNOWN = (2000, 2199)


class Kind(StrEnum):
    """The schedule types of the specification (S94, S118, S119)."""

    NONE = "none"
    DATES = "dates"
    RECURRING = "recurring"


class Repeat(StrEnum):
    """How a recurring schedule comes again."""

    WEEKDAYS = "weekdays"
    MONTH_DAY = "month-day"
    LAST_DAY = "last-day"
    NTH_WEEKDAY = "nth-weekday"
    INTERVAL = "interval"


class Missed(StrEnum):
    """What becomes of an occurrence when nobody was there to start it."""

    SKIP = "skip"
    ONCE = "once"
    GRACE = "grace"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time a rule comes true. ``starts_at`` is its name, too: a rule has one at a moment.

    Both in UTC; each device starts at a moment of its own between them.
    """

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence as a person enters it. Weekdays go from 0, Monday, to 6."""

    kind: Kind = Kind.NONE
    dates: tuple[date, ...] = ()
    every_year: bool = False
    repeat: Repeat = Repeat.WEEKDAYS
    weekdays: tuple[int, ...] = ()
    month_day: int = 1
    nth: int = 1  # 1 to 4, or LAST
    interval_minutes: int = 24 * 60
    start: time = time(0)
    end: time | None = None  # None: no window, everything at ``start``
    ends_next_day: bool = False
    first: date | None = None
    last: date | None = None
    blackouts: tuple[tuple[date, date], ...] = ()  # first and last day of each
    zone: str = ""  # empty: the management zone's time zone
    missed: Missed = Missed.GRACE
    grace_minutes: int = 30

    def after(self, moment: datetime, zone_tz: ZoneInfo) -> Iterator[Occurrence]:
        """Yield the occurrences that start later than ``moment``, in order."""
        tz = self.tz(zone_tz)
        for starts_at, day in self._starts(moment, tz):
            if self.last and day > self.last:
                return
            is_early = self.first is not None and day < self.first
            if starts_at > moment and not is_early and not self._is_black(day):
                yield Occurrence(starts_at, starts_at + self.window)

    def next(self, moment: datetime, zone_tz: ZoneInfo) -> Occurrence | None:
        """Return the first occurrence that starts later than ``moment``, if there is one."""
        return next(self.after(moment, zone_tz), None)

    def upcoming(self, number: int, moment: datetime, zone_tz: ZoneInfo) -> list[Occurrence]:
        """Return the next few occurrences."""
        return list(islice(self.after(moment, zone_tz), number))

    def tz(self, zone_tz: ZoneInfo) -> ZoneInfo:
        """Return the time zone that days and times are told in."""
        return ZoneInfo(self.zone) if self.zone else zone_tz

    @property
    def window(self) -> timedelta:
        """Return how long after its start an occurrence may still begin on a device."""
        if self.end is None:
            return timedelta(0)
        length = _since_midnight(self.end) - _since_midnight(self.start)
        return length + timedelta(days=1) if self.ends_next_day else length

    @property
    def repeats_by_interval(self) -> bool:
        """Return whether it counts minutes, not days."""
        return self.kind is Kind.RECURRING and self.repeat is Repeat.INTERVAL

    def _starts(self, moment: datetime, tz: ZoneInfo) -> Iterator[tuple[datetime, date]]:
        """Yield moments in UTC with their local day, from a little before ``moment`` on."""
        if self.repeats_by_interval:
            yield from self._steps(moment, tz)
            return
        for day in self._days(moment.astimezone(tz).date() - timedelta(days=2)):
            local = datetime.combine(day, self.start, tzinfo=tz)  # fold 0: the first of two
            yield local.astimezone(UTC), day

    def _steps(self, moment: datetime, tz: ZoneInfo) -> Iterator[tuple[datetime, date]]:
        """Yield the steps of a fixed interval, counted from the first day's start."""
        anchor = datetime.combine(self.first or EPOCH, self.start, tzinfo=tz).astimezone(UTC)
        step = timedelta(minutes=self.interval_minutes)
        end = moment + timedelta(days=366 * YEARS)
        for number in count(max(0, (moment - anchor) // step)):
            at = anchor + number * step
            if at > end:
                return
            yield at, at.astimezone(tz).date()

    def _days(self, begin: date) -> Iterator[date]:
        """Yield the days of the rule from ``begin`` on, for some years."""
        begin = max(begin, self.first or begin)
        end = begin + timedelta(days=366 * YEARS)
        if self.kind is Kind.DATES:
            yield from (day for day in self._chosen(begin, end) if day >= begin)
        elif self.kind is Kind.RECURRING:
            found = rrule.rrule(
                dtstart=datetime.combine(begin, time()),
                until=datetime.combine(end, time()),
                **self._frequency(),
            )
            yield from (moment.date() for moment in found)

    def _chosen(self, begin: date, end: date) -> list[date]:
        if not self.every_year:
            return sorted(set(self.dates))
        years = range(begin.year, end.year + 1)
        found = (_in_year(day, year) for day in self.dates for year in years)
        return sorted({day for day in found if day})

    def _frequency(self) -> dict[str, Any]:
        """Return the pattern as dateutil takes it."""
        match self.repeat:
            case Repeat.WEEKDAYS:
                return {"freq": rrule.WEEKLY, "byweekday": [DAYS[day] for day in self.weekdays]}
            case Repeat.MONTH_DAY:
                return {"freq": rrule.MONTHLY, "bymonthday": self.month_day}
            case Repeat.LAST_DAY:
                return {"freq": rrule.MONTHLY, "bymonthday": -1}
            case _:
                nth = [DAYS[day](self.nth) for day in self.weekdays]
                return {"freq": rrule.MONTHLY, "byweekday": nth}

    def _is_black(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.blackouts)

    def to_json(self) -> dict[str, Any]:
        """Return the rule as a database keeps it: what is not as by default."""
        return {
            field.name: _plain(value)
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the rule that ``to_json`` wrote.

        Raises:
            ValueError, TypeError: it did not.
        """
        unknown = set(stored) - set(READERS)
        if unknown:
            raise ValueError(f"A rule has no {min(unknown)[:60]}.")
        return replace(cls(), **{name: READERS[name](value) for name, value in stored.items()})


EPOCH = date(2020, 1, 1)


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


def _in_year(day: date, year: int) -> date | None:
    """Return the same day of another year; 29 February is left out of common years."""
    try:
        return day.replace(year=year)
    except ValueError:
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _of_type(kind: type) -> Any:
    """Return a reader that takes values of one type as they are; True is no number."""

    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r:.60} is no {kind.__name__}.")
        return value

    return read


READERS: dict[str, Any] = {
    "kind": Kind,
    "repeat": Repeat,
    "missed": Missed,
    "every_year": _of_type(bool),
    "ends_next_day": _of_type(bool),
    "month_day": _of_type(int),
    "nth": _of_type(int),
    "interval_minutes": _of_type(int),
    "grace_minutes": _of_type(int),
    "zone": _of_type(str),
    "start": time.fromisoformat,
    "end": time.fromisoformat,
    "first": date.fromisoformat,
    "last": date.fromisoformat,
    "dates": lambda days: tuple(date.fromisoformat(day) for day in days),
    "weekdays": lambda days: tuple(_of_type(int)(day) for day in days),
    "blackouts": lambda pairs: tuple(
        (date.fromisoformat(first), date.fromisoformat(last)) for first, last in pairs
    ),
}
