"""A list of schedules as pages show it: its lines, when each comes, which servers it reaches."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import timezone

from amt.models import AmtInventory
from devices import levels, schedule_words
from devices.levels import Inheritance, Place
from devices.models import Device, DeviceQuerySet, Server, Setting
from devices.schedule_words import WORKDAYS
from devices.schedules import Kind, Occurrence, Rule
from power.levels import POWER_SCHEDULES
from power.models import PowerAction
from power.schedule_entries import Entry, read_entries, read_json, zone_tz
from power.services.orders import servers_on_devices

NEXT = 5  # occurrences that the editor shows
MOST_NOTES = 2  # of clock changes


@dataclass(frozen=True)
class Moment:
    """An occurrence in the words of its own time zone."""

    time: Occurrence
    tz: ZoneInfo
    note: str = ""

    @property
    def day(self) -> str:
        local = self.time.starts_at.astimezone(self.tz)
        year = f" {local.year}" if local.year != timezone.now().astimezone(self.tz).year else ""
        return f"{local:%a} {local.day} {local:%b}{year}"

    @property
    def hours(self) -> str:
        """Return 18:00, or 18:00-18:20 for what is spread."""
        start, end = (
            f"{at.astimezone(self.tz):%H:%M}" for at in (self.time.starts_at, self.time.ends_at)
        )
        return start if self.time.starts_at == self.time.ends_at else f"{start}-{end}"


@dataclass(frozen=True)
class Line:
    """One entry of a list, with its place in it."""

    number: int
    entry: Entry
    next: Moment | None


def shown(text: Any, place: Place, *, is_locked: bool) -> dict[str, Any]:
    """Return what _schedules_list.html draws for the list that ``text`` holds as JSON."""
    try:
        entries, problem = read_json(text), ""
    except ValidationError as error:
        entries, problem = [], error.messages[0]
    return {
        "lines": lines(entries, timezone.now()),
        "json": to_json(entries),
        "problem": problem,
        "actions": PowerAction,
        "place": place,
        "is_locked": is_locked,
        "senders": senders(place) if takes_down(entries) else [],
        "all_left_out": all(entry.leaves_out_senders for entry in entries if entry.comes),
    }


def of_setting(row: Setting, now: datetime) -> list[Line]:
    """Return the lines of a list that was saved."""
    return lines(read_entries(row.value), now)


def lines(entries: Sequence[Entry], now: datetime) -> list[Line]:
    """Return the lines of a list."""
    return [Line(n, entry, next_moment(entry, now)) for n, entry in enumerate(entries)]


def next_moment(entry: Entry, now: datetime) -> Moment | None:
    """Return when an entry comes next."""
    found = entry.rule.next(now, zone_tz()) if entry.comes else None
    return Moment(found, entry.rule.tz(zone_tz())) if found else None


def upcoming(entry: Entry, now: datetime) -> list[Moment]:
    """Return the next few times of an entry, the first of all marked."""
    tz = entry.rule.tz(zone_tz())
    found = entry.rule.upcoming(NEXT, now, zone_tz())
    return [
        Moment(
            each, tz, "first" if each.starts_at.astimezone(tz).date() == entry.rule.first else ""
        )
        for each in found
    ]


def clock_notes(entry: Entry, now: datetime) -> list[str]:
    """Return what changes of clocks mean for an entry."""
    return schedule_words.clock_changes(entry.rule, now, zone_tz())[:MOST_NOTES]


def reached(place: Place) -> int:
    """Return how many devices a list at ``place`` counts for."""
    return _devices_of(place).count()


def deaf(place: Place, action: PowerAction) -> int:
    """Return how many of them ``action`` loses or misses: AMT is off while they are off."""
    if action not in (PowerAction.ON, PowerAction.OFF):
        return 0
    unheard = AmtInventory.objects.deaf_while_off()
    return unheard.filter(device__in=_devices_of(place)).count()


def _devices_of(place: Place) -> DeviceQuerySet:
    row = Setting(key=POWER_SCHEDULES.name, folder=place.folder, device=place.device)
    return Inheritance(POWER_SCHEDULES).devices_of(row)


def senders(place: Place) -> list[Server]:
    """Return the servers that send orders and would get those of a list at ``place`` (S120)."""
    found = servers_on_devices()
    hosts = [server.device for server in found if server.device]
    rows = levels.rows_for(POWER_SCHEDULES, hosts)
    top = place.spots[0]
    return [server for server in found if server.device and _counts(server.device, top, rows)]


def _counts(host: Device, top: levels.Spot, rows: levels.Rows) -> bool:
    """Return whether no level between ``host`` and ``top`` has a list of its own."""
    for spot in Place(device=host).spots:
        if spot == top:
            return True
        if (POWER_SCHEDULES.name, *spot) in rows:
            return False
    return False


def takes_down(entries: Sequence[Entry]) -> bool:
    """Return whether one of the entries may take a server down."""
    return any(entry.comes and entry.action is not PowerAction.ON for entry in entries)


def to_json(entries: Sequence[Entry]) -> str:
    """Return a list as a page keeps it in a hidden field."""
    return json.dumps([entry.to_json() for entry in entries])


def new_entry(action: PowerAction) -> Entry:
    """Return what the editor opens with: workdays at six in the evening, in the morning for On."""
    start = time(6, 30) if action is PowerAction.ON else time(18)
    return Entry(action, Rule(Kind.RECURRING, weekdays=WORKDAYS, start=start))
