"""The timetable of schedules: the times that were, from the runs; those to come, from settings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from devices import levels, origins
from devices.levels import Place
from devices.models import Device, DeviceQuerySet, Folder, JobItem, Setting, User
from devices.models.rights import Right, above, below
from devices.schedules import Occurrence
from power.levels import POWER_SCHEDULES
from power.models import ScheduledRun
from power.schedule_entries import Entry, read_entries, zone_tz
from power.services.schedule_lists import Moment

if TYPE_CHECKING:
    from power.services.rehearsal import Reach

MOST_TIMES = 2_000  # of one schedule in a span
NEED_A_LOOK = ("failed", "unknown", "expired", "accepted")


@dataclass
class Event:
    """One time of one schedule on the calendar."""

    entry: UUID
    time: Occurrence
    action: str
    place: str  # where it is set: the zone, a folder's full name, a device
    sentence: str
    setting: Setting | None = None  # None: what was
    plan: Entry | None = None
    run: ScheduledRun | None = None
    counts: dict[str, int] = field(default_factory=dict)  # of its task's lines, by status
    reach: "Reach | None" = None
    more: int = 0  # further times of that day that are not shown one by one

    @property
    def key(self) -> str:
        """Return its name in an address: the entry and the moment."""
        return f"{self.entry}@{int(self.time.starts_at.timestamp())}"

    @property
    def short_place(self) -> str:
        """Return the place without the folders above it."""
        return self.place.rpartition("/")[2]

    @property
    def is_future(self) -> bool:
        return self.run is None or self.is_skipped_ahead

    @property
    def is_skipped_ahead(self) -> bool:
        """Return whether a person took this time out before it came."""
        run = self.run
        is_skipped = run is not None and run.status == ScheduledRun.Status.SKIPPED
        return is_skipped and self.time.starts_at > timezone.now()

    @property
    def moment(self) -> Moment:
        return Moment(self.time, timezone.get_current_timezone())

    @property
    def day(self) -> date:
        return timezone.localtime(self.time.starts_at).date()

    @property
    def to_look_at(self) -> int:
        """Return how many lines of its task need a person."""
        return sum(self.counts.get(status, 0) for status in NEED_A_LOOK)

    @property
    def done(self) -> int:
        return self.counts.get("done", 0)

    @property
    def unfinished(self) -> int:
        return sum(self.counts.get(s, 0) for s in ("waiting", "running", "sending", "verifying"))

    @property
    def settings_url(self) -> str:
        """Return where the schedule is set."""
        return settings_url(self.setting) if self.setting else ""


@dataclass(frozen=True)
class Scope:
    """What a calendar is of: the zone, a folder and all below, or a device."""

    user: User
    folder: Folder | None = None
    device: Device | None = None

    @property
    def place(self) -> Place:
        return Place(self.folder, self.device) if not self.device else Place(device=self.device)

    @property
    def query(self) -> str:
        """Return the scope as the query of an address."""
        if self.device:
            return urlencode({"device": self.device.pk})
        return urlencode({"folder": self.folder.pk}) if self.folder else ""

    @property
    def url(self) -> str:
        """Return the address of this calendar's page."""
        if self.device:
            return reverse("power:device_schedules", args=[self.device.pk])
        if self.folder:
            return reverse("power:folder_calendar", args=[self.folder.pk])
        return reverse("power:calendar")

    @property
    def devices(self) -> DeviceQuerySet:
        """Return the devices in it that the person may see."""
        found: DeviceQuerySet = Device.objects.visible_to(self.user)
        if self.device:
            return found.filter(pk=self.device.pk)
        return found.below(self.folder) if self.folder else found

    @cached_property
    def rows(self) -> list[Setting]:
        """Return the lists of schedules that count for a device in it."""
        rows = Setting.objects.filter(key=POWER_SCHEDULES.name)
        rows = rows.select_related("folder", "device__folder")
        place = self.place
        if place.level == "zone":
            return list(rows.filter(_visible(self.user)))
        effective = levels.at(place, [POWER_SCHEDULES])[POWER_SCHEDULES.name].origin
        found = [effective] if effective else []
        if self.folder:
            inside = Q(folder__path__startswith=self.folder.path)
            inside |= Q(device__folder__path__startswith=self.folder.path)
            known = [row.pk for row in found]
            found += rows.filter(_visible(self.user), inside).exclude(pk__in=known)
        return found

    def runs(self) -> Any:
        """Return the runs of schedules that are or were set in it, or above it."""
        runs = ScheduledRun.objects.visible_to(self.user)
        place = self.place
        if place.level == "zone":
            return runs
        folder: Any = place.nearest_folder
        higher = Q(level="zone") | Q(level="folder", folder__path__in=folder.ancestor_paths)
        lines = JobItem.objects.filter(job=OuterRef("job"))
        if self.device:
            ran = Exists(lines.filter(device=self.device))
            return runs.filter(ran | Q(level="device", device=self.device) | higher & Q(job=None))
        ran = Exists(lines.filter(device__folder__path__startswith=folder.path))
        inside = Q(folder__path__startswith=folder.path)
        inside |= Q(device__folder__path__startswith=folder.path)
        return runs.filter(inside | higher & (Q(job=None) | ran))


def is_visible(row: Setting, user: User) -> bool:
    """Return whether ``user`` may see the list of schedules in ``row``."""
    return Setting.objects.filter(_visible(user), pk=row.pk).exists()


def _visible(user: User) -> Q:
    near = below(user, Right.VIEW, "folder__path") | above(user, Right.VIEW, "folder__path")
    folders = Q(folder__isnull=False) & near
    devices = Q(device__isnull=False) & below(user, Right.VIEW, "device__folder__path")
    return Q(folder=None, device=None) | folders | devices


def settings_url(row: Setting) -> str:
    """Return the page of settings on which the list of ``row`` stands."""
    page = levels.page_slug(POWER_SCHEDULES)
    if row.device_id:
        return reverse("devices:device_settings", args=[row.device_id, page])
    if row.folder_id:
        return reverse("devices:folder_settings", args=[row.folder_id, page])
    return reverse("devices:zone_settings", args=[page])


def events(scope: Scope, begin: datetime, end: datetime) -> list[Event]:
    """Return all events of a span, in their order."""
    now = timezone.now()
    found = [*_past(scope, begin, end), *_future(scope, max(begin, now), end)]
    skipped = {(e.entry, e.time.starts_at): e.run for e in found if e.is_skipped_ahead}
    merged = [e for e in found if not e.is_skipped_ahead]
    for event in merged:
        event.run = event.run or skipped.pop((event.entry, event.time.starts_at), None)
    return sorted(merged, key=lambda event: (event.time.starts_at, event.place, event.action))


def _past(scope: Scope, begin: datetime, end: datetime) -> list[Event]:
    runs = scope.runs().filter(starts_at__gte=begin, starts_at__lt=end).select_related("job")
    runs = list(runs[:MOST_TIMES])
    items = JobItem.objects.visible_to(scope.user)
    if scope.device:
        items = items.filter(device=scope.device)
    elif scope.folder:
        items = items.filter(device__folder__path__startswith=scope.folder.path)
    counts = items.counts_by_job([run.job_id for run in runs if run.job_id])
    return [
        Event(
            run.entry,
            Occurrence(run.starts_at, run.ends_at),
            run.action,
            run.place_name,
            run.sentence,
            run=run,
            counts=counts.get(run.job_id or 0, {}),
        )
        for run in runs
    ]


def _future(scope: Scope, begin: datetime, end: datetime) -> list[Event]:
    planned = []
    names = full_names(scope.rows)
    for row in scope.rows:
        for entry in read_entries(row.value):
            if entry.comes and entry.id:
                place, sentence, action = names[row.pk], entry.sentence, entry.action.value
                planned += [
                    Event(entry.id, each, action, place, sentence, setting=row, plan=entry)
                    for each in times_of(entry, begin, end)
                ]
    return planned


def times_of(entry: Entry, begin: datetime, end: datetime) -> Iterator[Occurrence]:
    """Yield the times of an entry in a span, MOST_TIMES at most."""
    for found in islice(entry.rule.after(begin, zone_tz()), MOST_TIMES):
        if found.starts_at >= end:
            return
        yield found


def full_names(rows: Iterable[Setting]) -> dict[int, str]:
    """Return where each of ``rows`` is set, by its primary key."""
    rows = list(rows)
    folders = origins.full_names([row.folder for row in rows if row.folder])
    return {
        row.pk: str(row.device)
        if row.device
        else folders[row.folder.path]
        if row.folder
        else "zone"
        for row in rows
    }
