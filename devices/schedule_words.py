"""A recurrence rule in words: what is wrong with it, and what it says in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from devices.schedules import (
    LAST,
    MAX_GRACE,
    MAX_INTERVAL,
    MOST_BLACKOUTS,
    MOST_DATES,
    WEEK,
    YEARS_KNOWN,
    Kind,
    Missed,
    Repeat,
    Rule,
)

NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", LAST: "last"}
WORKDAYS = (0, 1, 2, 3, 4)
Complaint = tuple[str, str]  # the field's name, and the sentence


def complaints(rule: Rule, now: datetime, zone_tz: ZoneInfo) -> list[Complaint]:
    """Return what makes a rule impossible, each with the field it is about; none: it is good."""
    said = contradictions(rule)
    if not said and rule.kind is not Kind.NONE and not rule.next(now, zone_tz):
        said.append(_never(rule, now, zone_tz))
    return said


def contradictions(rule: Rule) -> list[Complaint]:
    """Return what is wrong with a rule whatever the day is."""
    if rule.zone and rule.zone not in known_zones():
        return [("zone", f"{rule.zone[:60]} is no known time zone.")]
    if rule.kind is Kind.NONE:
        return []
    return [*_of_days(rule), *_of_times(rule), *_of_range(rule)]


@cache
def known_zones() -> frozenset[str]:
    """Return the names of all time zones; they are files, so they are looked up once."""
    return frozenset(available_timezones())


def _of_days(rule: Rule) -> Iterator[Complaint]:
    if rule.kind is Kind.DATES:
        yield from _of_dates(rule)
    elif rule.repeat is Repeat.INTERVAL:
        if not 1 <= rule.interval_minutes <= MAX_INTERVAL:
            yield "interval_minutes", f"The interval goes from 1 to {MAX_INTERVAL:,} minutes."
    elif rule.repeat is Repeat.MONTH_DAY:
        if not 1 <= rule.month_day <= 31:
            yield "month_day", f"Day {rule.month_day} is in no month. Choose 1 to 31."
    elif rule.repeat is not Repeat.LAST_DAY:
        yield from _of_weekdays(rule)


def _of_dates(rule: Rule) -> Iterator[Complaint]:
    if not rule.dates:
        yield "dates", "No date is chosen. Add at least one."
    if len(rule.dates) > MOST_DATES:
        yield "dates", f"There are {len(rule.dates)} dates. At most {MOST_DATES} can be kept."


def _of_weekdays(rule: Rule) -> Iterator[Complaint]:
    if not rule.weekdays:
        yield "weekdays", "No day of the week is chosen. Choose at least one."
    if any(not 0 <= day <= 6 for day in rule.weekdays):
        yield "weekdays", "A day of the week goes from Monday to Sunday."
    if rule.repeat is Repeat.NTH_WEEKDAY and rule.nth not in NTH:
        yield "nth", "Choose the first to the fourth, or the last."


def _of_times(rule: Rule) -> Iterator[Complaint]:
    start, end = (f"{at:%H:%M}" if at else "" for at in (rule.start, rule.end))
    if rule.window < timedelta(0):
        yield (
            "end",
            f"The end ({end}) lies before the start ({start}). "
            'Choose a later end, or tick "ends next day".',
        )
    if rule.window > timedelta(days=1):
        yield "end", f"From {start} to {end} on the next day is more than 24 hours."
    interval = timedelta(minutes=rule.interval_minutes)
    if rule.repeats_by_interval and timedelta(0) < interval <= rule.window:
        yield (
            "interval_minutes",
            f"It comes again every {duration(rule.interval_minutes)}, before the time to start "
            f"({start} to {end}) is over. Choose a longer interval or a shorter window.",
        )
    if rule.missed is Missed.GRACE and not 1 <= rule.grace_minutes <= MAX_GRACE:
        yield "grace_minutes", f"The grace time goes from 1 to {MAX_GRACE:,} minutes."


def _of_range(rule: Rule) -> Iterator[Complaint]:
    low, high = YEARS_KNOWN
    named = {"dates": rule.dates, "first": (rule.first,), "last": (rule.last,)}
    named["blackouts"] = tuple(day for days in rule.blackouts for day in days)
    for field, days in named.items():
        if any(day and not low <= day.year <= high for day in days):
            yield field, f"Years go from {low} to {high}."
    if rule.first and rule.last and rule.last < rule.first:
        yield (
            "last",
            f"The last day ({day_of(rule.last)}) lies before the first ({day_of(rule.first)}).",
        )
    if len(rule.blackouts) > MOST_BLACKOUTS:
        yield "blackouts", f"At most {MOST_BLACKOUTS} ranges of days can be left out."
    for first, last in rule.blackouts:
        if last < first:
            yield "blackouts", f"Not on: {day_of(last)} lies before {day_of(first)}."


def _never(rule: Rule, now: datetime, zone_tz: ZoneInfo) -> Complaint:
    """Say why a rule that is well formed never comes true."""
    if rule.blackouts and replace(rule, blackouts=()).next(now, zone_tz):
        return "blackouts", "It never happens: the days left out cover every one of its days."
    if rule.last and rule.last < now.astimezone(rule.tz(zone_tz)).date():
        return "last", f"It never happens: its last day, {day_of(rule.last)}, is over."
    if rule.kind is Kind.DATES:
        return "dates", "It never happens: all its dates are over."
    return "last", "It never happens: no such day lies within its range of days."


def sentence(rule: Rule, zone_tz: ZoneInfo) -> str:
    """Return the rule in one sentence, without a full stop."""
    if rule.kind is Kind.NONE:
        return "No Schedule: nothing is triggered"
    parts = [f"{_days(rule)} {_times(rule)}", str(rule.tz(zone_tz))]
    if rule.first:
        parts.append(f"from {day_of(rule.first)}")
    if rule.last:
        parts.append(f"until {day_of(rule.last)}")
    if rule.blackouts:
        ranges = len(rule.blackouts)
        parts.append(f"not on {ranges} range{'s' if ranges > 1 else ''} of days")
    return ", ".join(parts)


def _days(rule: Rule) -> str:
    if rule.kind is Kind.DATES:
        days = [_yearly(day) if rule.every_year else day_of(day) for day in sorted(rule.dates)]
        told = (
            joined(days[:3])
            if len(days) <= 3
            else f"{', '.join(days[:3])} and {len(days) - 3} more"
        )
        return f"Every year on {told}" if rule.every_year else f"On {told}"
    match rule.repeat:
        case Repeat.WEEKDAYS:
            return f"Every {_week(rule.weekdays)}"
        case Repeat.MONTH_DAY:
            rest = ", in months that have it," if rule.month_day > 28 else ""
            return f"Every month on day {rule.month_day}{rest}"
        case Repeat.LAST_DAY:
            return "Every month on its last day"
        case Repeat.NTH_WEEKDAY:
            names = joined([WEEK[day] for day in sorted(rule.weekdays)])
            return f"Every month on the {NTH[rule.nth]} {names}"
        case _:
            return f"Every {duration(rule.interval_minutes)}"


def _week(days: Iterable[int]) -> str:
    chosen = tuple(sorted(set(days)))
    if len(chosen) == len(WEEK):
        return "day"
    if chosen == WORKDAYS:
        return "Monday to Friday"
    return joined([WEEK[day] for day in chosen])


def _times(rule: Rule) -> str:
    if rule.repeats_by_interval:
        return f"counted from {rule.start:%H:%M}"
    if rule.end is None or rule.window == timedelta(0):
        return f"at {rule.start:%H:%M}"
    next_day = " on the next day" if rule.ends_next_day else ""
    return f"between {rule.start:%H:%M} and {rule.end:%H:%M}{next_day}"


def clock_changes(rule: Rule, now: datetime, zone_tz: ZoneInfo, days: int = 366) -> list[str]:
    """Return a sentence for each change of clocks that falls on a day of the rule."""
    if rule.kind is Kind.NONE or rule.repeat is Repeat.INTERVAL:
        return []
    tz, end = rule.tz(zone_tz), now + timedelta(days=days)
    said = []
    for found in rule.after(now, zone_tz):
        if found.starts_at > end:
            break
        local = found.starts_at.astimezone(tz)
        if told := _clock_change(rule, local, tz):
            said.append(told)
    return said


def _clock_change(rule: Rule, local: datetime, tz: ZoneInfo) -> str:
    midnight = datetime(local.year, local.month, local.day, tzinfo=tz)
    morrow = midnight + timedelta(days=1)
    shift = (morrow.utcoffset() or timedelta()) - (midnight.utcoffset() or timedelta())
    if not shift:
        return ""
    way = "forward" if shift > timedelta(0) else "back"
    wanted = f"{rule.start:%H:%M}"
    if f"{local:%H:%M}" != wanted:
        return (
            f"Clocks go {way} on {day_of(local.date())}. {wanted} does not exist on that day; "
            f"it happens at {local:%H:%M}."
        )
    if (local.replace(fold=1).astimezone(UTC) - local.astimezone(UTC)) != timedelta(0):
        return (
            f"Clocks go {way} on {day_of(local.date())}. {wanted} comes twice on that day; "
            "it happens the first time."
        )
    return f"Clocks go {way} on {day_of(local.date())}. {wanted} exists on that day; nothing moves."


def duration(minutes: int) -> str:
    """Return minutes in the largest unit that needs no fraction: 90 min, 2 h, 3 days."""
    for unit, size in (("day", 24 * 60), ("h", 60)):
        if minutes % size == 0:
            number = minutes // size
            return f"{number} {unit}{'s' if unit == 'day' and number != 1 else ''}"
    return f"{minutes} min"


def day_of(day: date) -> str:
    """Return a date as sentences say it: 1 December 2026."""
    return f"{day.day} {day:%B %Y}"


def _yearly(day: date) -> str:
    return f"{day.day} {day:%B}"


def joined(words: list[str]) -> str:
    """Return words as a list in a sentence: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
