"""The calendar of schedules: a week of it, or one of its events, each with what it will do."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from power.services.rehearsal import rehearse
from power.services.timetable import Event, Scope, events

DAYS = 7
FARTHEST = timedelta(days=3660)  # that an event is looked for
MOST_OF_ONE = 6  # times of one schedule that a day shows one by one
MOST_OF_DAY = 60  # events that a day shows; a folder's calendar has fewer


@dataclass(frozen=True)
class Day:
    """One day of a calendar: its first events, and how many more there are."""

    date: date
    events: list[Event]
    hidden: int = 0


def week(scope: Scope, monday: date) -> list[Day]:
    """Return the seven days of a week, each with its events, those to come with their reach."""
    by_day: defaultdict[date, list[Event]] = defaultdict(list)
    for event in thinned(events(scope, *span(monday))):
        by_day[event.day].append(event)
    days = []
    for day in (monday + timedelta(days=n) for n in range(DAYS)):
        found = by_day[day]
        days.append(Day(day, found[:MOST_OF_DAY], max(0, len(found) - MOST_OF_DAY)))
    rehearse(scope, [event for day in days for event in day.events])
    return days


def span(monday: date, days: int = DAYS) -> tuple[datetime, datetime]:
    """Return the moments at which a week begins and ends where the reader is."""
    tz = timezone.get_current_timezone()
    begin, end = (datetime.combine(day, time()) for day in (monday, monday + timedelta(days=days)))
    return timezone.make_aware(begin, tz), timezone.make_aware(end, tz)


def thinned(found: Sequence[Event]) -> list[Event]:
    """Return the events with no schedule more than MOST_OF_ONE times a day; the last says more."""
    shown: dict[tuple[UUID, date], list[Event]] = {}
    kept = []
    for event in found:
        same = shown.setdefault((event.entry, event.day), [])
        if len(same) < MOST_OF_ONE:
            same.append(event)
            kept.append(event)
        else:
            same[-1].more += 1
    return kept


def find(scope: Scope, key: str) -> Event | None:
    """Return the event of ``key``, with its reach; None if there is none."""
    entry, _, stamp = key.partition("@")
    try:
        at = datetime.fromtimestamp(int(stamp), tz=timezone.get_current_timezone())
        pk = UUID(entry)
    except (ValueError, OverflowError, OSError):
        return None
    if abs(at - timezone.now()) > FARTHEST:
        return None
    around = events(scope, at - timedelta(seconds=1), at + timedelta(seconds=1))
    found = [event for event in around if event.entry == pk and event.key == key]
    rehearse(scope, found)
    return found[0] if found else None
