"""Keep scheduled starts under the limits of zone, servers and folders (power.stagger)."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Max

from devices import levels
from devices.levels import Inheritance
from devices.models import Folder, Job, JobItem, JobItemQuerySet, Setting
from devices.models.many_rows import update_each
from power import stagger
from power.levels import FOLDER_STARTS, SERVER_STARTS, START_JITTER, ZONE_STARTS
from power.stagger import Group, Start, plan

LATE = timedelta(seconds=5)  # a start that is so late is planned anew: no crowd after a silence
MINUTE = timedelta(minutes=1)
KEYS = (ZONE_STARTS, SERVER_STARTS, FOLDER_STARTS)


class Limits:
    """Which groups a start counts in, and how many a minute each of them takes."""

    def __init__(self) -> None:
        self.zone = levels.zone_value(ZONE_STARTS)
        self.server = levels.zone_value(SERVER_STARTS)
        self.per_minute: dict[Group, int] = {"zone": self.zone} if self.zone else {}
        self._folders: dict[int, Group] = {}
        inheritance = Inheritance(FOLDER_STARTS)
        limited = Setting.objects.filter(key=FOLDER_STARTS.name, folder__isnull=False)
        for row in limited.select_related("folder"):
            if row.value:
                self.per_minute["folder", row.folder_id] = row.value
                below = dict.fromkeys(inheritance.folders_of(row), ("folder", row.folder_id))
                self._folders |= below

    def groups(self, folder: int | None, server: int | None) -> frozenset[Group]:
        """Return the limited groups of a device in ``folder`` that ``server`` sends to."""
        if self.server and server:
            self.per_minute.setdefault(("server", server), self.server)
        found: set[Group] = {"zone", ("server", server)}
        if folder in self._folders:
            found.add(self._folders[folder])
        return frozenset(found & self.per_minute.keys())


def are_set() -> bool:
    """Return whether anybody limits the starts of schedules."""
    return Setting.objects.filter(key__in=[key.name for key in KEYS]).exclude(value=0).exists()


def spread(jobs: Sequence[Job], now: datetime) -> None:
    """Give the waiting orders of new jobs their moments under the limits, if there are any."""
    if are_set():
        _spread(JobItem.objects.waiting().filter(job__in=jobs), now, prolongs=True)


def spread_late() -> int:
    """Plan anew what should have started and did not: a server was silent, a worker busy."""
    if not are_set():
        return 0
    now = datetime.now(UTC)
    late = JobItem.objects.waiting().filter(due_at__lte=now - LATE, is_last=False)
    return _spread(late.in_time(), now, prolongs=False)


@transaction.atomic
def _spread(items: JobItemQuerySet, now: datetime, *, prolongs: bool) -> int:
    list(Folder.objects.filter(depth=1).select_for_update())  # one planner at a time
    limits = Limits()
    found = list(items.select_related("device", "job").order_by("due_at", "pk"))
    jitter = levels.zone_value(START_JITTER) / 100
    free = _free(limits, [item.pk for item in found], now)
    begin = now
    for is_last in (False, True):  # the servers themselves after all others
        planned = plan(
            [_start(item, limits, begin) for item in found if item.is_last is is_last],
            limits.per_minute,
            free,
            lambda: random.random() * jitter,  # noqa: S311 - not a secret
        )
        _move(planned, prolongs)
        begin = max([begin, *(item.due_at for item, _ in planned if item.due_at)])
    update_each(found, ["due_at", "expires_at", "rung_at"], guard=JobItem.objects.waiting())
    _prolong(found)
    return len(found)


def _start(item: JobItem, limits: Limits, now: datetime) -> Start[JobItem]:
    folder = item.device.folder_id if item.device else None
    wanted = max(item.due_at or now, now)
    return Start(item, wanted.timestamp(), limits.groups(folder, item.server_id))


def _move(planned: Iterable[tuple[JobItem, float]], prolongs: bool) -> None:
    """Set each item's new moment; with ``prolongs`` it expires as much later."""
    for item, at in planned:
        before = item.due_at or item.job.created_at
        item.due_at = datetime.fromtimestamp(at, UTC)
        item.rung_at = None
        if prolongs:
            item.expires_at = item.ends_unsent_at + (item.due_at - before)


def _prolong(items: Sequence[JobItem]) -> None:
    """Let no job expire before its last item."""
    last: dict[int, datetime] = {}
    for item in items:
        if item.expires_at:
            last[item.job_id] = max(last.get(item.job_id, item.expires_at), item.expires_at)
    for pk, until in last.items():
        Job.objects.filter(pk=pk, expires_at__lt=until).update(expires_at=until)


def _free(limits: Limits, own: Sequence[int], now: datetime) -> dict[Group, float]:
    """Return from when each group is free of the starts that others have planned or had."""
    planned = JobItem.objects.filter(due_at__gt=now - MINUTE).exclude(pk__among=own)
    planned = planned.exclude(status=JobItem.Status.SKIPPED)
    rows = planned.order_by().values_list("device__folder", "server").annotate(last=Max("due_at"))
    free: dict[Group, float] = {}
    for folder, server, last in rows:
        for group in limits.groups(folder, server):
            at = last.timestamp() + stagger.MINUTE / limits.per_minute[group]
            free[group] = max(free.get(group, at), at)
    return free
