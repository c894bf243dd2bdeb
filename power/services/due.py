"""The due table: when each schedule comes next, and what becomes of the times that have come.

Any number of dispatchers may call ``tick``. What is due is claimed by moving ``next_at`` on, in
the transaction that writes the runs and their orders: one that dies leaves nothing half done, and
the database knows one run for each schedule and time.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from devices.models import Setting, deletion
from devices.models.many_rows import update_each
from devices.schedules import Missed, Occurrence
from power.models import PowerSchedule, ScheduledRun
from power.schedule_entries import Entry, complaints, read_entries, zone_tz
from power.services import scheduled_runs
from power.services.scheduled_runs import Decided

logger = logging.getLogger(__name__)

AHEAD = timedelta(seconds=2)  # a dispatcher writes runs so early: many of one second start in it
ON_TIME = timedelta(minutes=1)  # a dispatcher that is so late was not away
AT_ONCE = 200  # schedules in one transaction
MOST_MISSED = 1_000  # times of one schedule that are written down one by one
Status = ScheduledRun.Status


def plan_next(setting: Setting, before: Any) -> None:
    """Bring the due table in step with a list of schedules that was saved.

    An entry that did not change keeps its time, even one that has come; any other is planned anew
    from now on, and nothing is caught up.
    """
    now = timezone.now()
    old = {entry.id: entry for entry in read_entries(before or [])}
    entries = {entry.id: entry for entry in read_entries(setting.value) if entry.id}
    setting.power_schedules.exclude(entry__in=entries).delete()
    for pk, entry in entries.items():
        if old.get(pk) != entry:
            PowerSchedule.objects.update_or_create(
                entry=pk, defaults={"setting": setting, "next_at": next_time(entry, now)}
            )


def next_time(entry: Entry, after: datetime) -> datetime | None:
    """Return when ``entry`` comes next, None if it never does or is switched off."""
    found = entry.rule.next(after, zone_tz()) if entry.comes else None
    return found.starts_at if found else None


def correct(now: datetime | None = None) -> int:
    """Plan anew what does not fit its rule any more; return how many that were.

    The zone's time zone, or the rules of one, may have changed since. What has come stays due.
    """
    now = now or timezone.now()
    rows = PowerSchedule.objects.filter(next_at__gt=now).select_related("setting")
    changed = 0
    for row in rows:
        entry = _entry(row)
        planned = next_time(entry, now) if entry else None
        if planned != row.next_at:
            same = PowerSchedule.objects.filter(pk=row.pk, next_at=row.next_at)
            changed += same.update(next_at=planned)
    return changed


def tick(now: datetime | None = None, *, ahead: timedelta = timedelta(0)) -> int:
    """Start, or write down as missed, whatever has come due; return how many schedules had.

    What comes within ``ahead`` is written, too: its lines wait for their time.
    """
    now = now or timezone.now()
    until = now + ahead
    handled = 0
    while _due(until).exists() and (found := _turn(now, until)):  # mostly nothing is due
        handled += found
    return handled


def _due(now: datetime) -> QuerySet[PowerSchedule]:
    return PowerSchedule.objects.filter(next_at__lte=now).order_by("next_at", "pk")


@transaction.atomic
def _turn(now: datetime, until: datetime) -> int:
    """Handle some due schedules that nobody else has in hand, and return how many."""
    deletion.writing_lines()
    free = _due(until).select_for_update(skip_locked=True, of=("self",))
    rows = list(free.select_related("setting__folder", "setting__device__folder")[:AT_ONCE])
    decided = [run for row in rows for run in _decide(row, now, until)]
    update_each(rows, ["next_at"], guard=PowerSchedule.objects.all())
    scheduled_runs.write(decided, now)
    return len(rows)


def _decide(row: PowerSchedule, now: datetime, until: datetime) -> list[Decided]:
    """Move ``row`` on and return what becomes of each of its times that have come."""
    entry = _entry(row)
    if entry is None or row.next_at is None:
        row.next_at = None
        return []
    times, row.next_at = _times(entry, row.next_at, until)
    *earlier, last = times
    status, reason = judge(entry, last, now)
    decided = [
        scheduled_runs.decide(row.setting, entry, each, Status.MISSED, _overtaken(last))
        for each in earlier[-MOST_MISSED:]
    ]
    if unnamed := len(earlier) - len(decided):
        decided[
            0
        ].run.reason += f" So were {unnamed:,} times before it, not written down one by one."
    return [*decided, scheduled_runs.decide(row.setting, entry, last, status, reason)]


def _entry(row: PowerSchedule) -> Entry | None:
    """Return what stands behind ``row``; None if it never comes, or cannot be read any more."""
    try:
        entries = read_entries(row.setting.value)
        found = next((e for e in entries if e.id == row.entry and e.comes), None)
        return found if found and not complaints(found) else None
    except ValidationError as error:
        logger.error("Setting %s has schedules that cannot be read: %s", row.setting_id, error)
        return None


def _times(
    entry: Entry, first: datetime, until: datetime
) -> tuple[list[Occurrence], datetime | None]:
    """Return the times from ``first`` until ``until``, and when it comes next."""
    times = [Occurrence(first, first + entry.rule.window)]
    for found in entry.rule.after(first, zone_tz()):
        if found.starts_at > until:
            return times, found.starts_at
        times.append(found)
    return times, None


def judge(entry: Entry, time: Occurrence, now: datetime) -> tuple[Status, str]:
    """Return what becomes of the latest time that has come, and why."""
    late = now - time.starts_at
    if late <= ON_TIME or now <= time.ends_at:
        return Status.STARTED, ""
    told = f"The console was not running at its time; it was back {lateness(late)} later."
    match entry.rule.missed:
        case Missed.ONCE:
            return Status.STARTED, f"{told} The rule is to run once when back."
        case Missed.GRACE:
            grace = timedelta(minutes=entry.rule.grace_minutes)
            within = f"the grace time of {entry.rule.grace_minutes} min"
            if late <= grace:
                return Status.STARTED, f"{told} That is within {within}."
            return Status.MISSED, f"{told} That is after {within}."
        case _:
            return Status.MISSED, f"{told} The rule is to skip what was missed."


def lateness(late: timedelta) -> str:
    """Return how late in words: 4 min, 3 h, 2 days."""
    minutes = round(late.total_seconds() / 60)
    if minutes < 120:
        return f"{max(1, minutes)} min"
    return f"{round(minutes / 60)} h" if minutes < 48 * 60 else f"{round(minutes / 1440)} days"


def _overtaken(last: Occurrence) -> str:
    at = last.starts_at.astimezone(zone_tz())
    return f"The console was not running; the time of {at:%d %b %H:%M} took its place."
