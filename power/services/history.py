"""The history of one schedule: its runs, how they went, and which devices failed last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Max

from devices.models import JobItem, User
from power.models import PowerSchedule, ScheduledRun
from power.schedule_entries import Entry, read_entries

LOOKED_BACK = 30  # runs that the rate is of
MOST_FAILURES = 50  # devices named
Status = JobItem.Status
FAILED = (Status.FAILED, Status.UNKNOWN, Status.EXPIRED)
COUNTED = tuple(s for s in JobItem.FINAL if s not in (Status.SKIPPED, Status.STOPPED))


@dataclass(frozen=True)
class Rate:
    """How the latest runs went, in lines: what a person would call a success, and all of them."""

    done: int
    lines: int  # that ended, without those that were skipped or stopped
    runs: int
    missed: int

    @property
    def percent(self) -> str:
        """Return 98.4 %; never 100 % while one line is not done."""
        if not self.lines:
            return "none yet"
        share = 100 * self.done / self.lines
        shown = min(share, 99.9) if self.done < self.lines else share
        return f"{shown:.1f} %" if shown % 1 else f"{shown:.0f} %"


def rate(runs: Sequence[ScheduledRun], counts: Mapping[int, Mapping[str, int]]) -> Rate:
    """Return how ``runs`` went, from the counts of their tasks' lines."""
    of_runs = [counts.get(run.job_id or 0, {}) for run in runs]
    done = sum(found.get(Status.DONE, 0) for found in of_runs)
    lines = sum(
        number for found in of_runs for status, number in found.items() if status in COUNTED
    )
    missed = sum(run.status == ScheduledRun.Status.MISSED for run in runs)
    return Rate(done, lines, len(runs), missed)


def counts_of(runs: Sequence[ScheduledRun], user: User) -> dict[int, dict[str, int]]:
    """Return how many lines of each status each run's task has, of devices ``user`` may see."""
    items = JobItem.objects.visible_to(user)
    return items.counts_by_job([run.job_id for run in runs if run.job_id])


def failures(entry: UUID, user: User) -> list[JobItem]:
    """Return the last failure of each device under a schedule, the latest first."""
    failed = JobItem.objects.visible_to(user).filter(
        job__scheduled_run__entry=entry, status__in=FAILED, device__isnull=False
    )
    latest = failed.order_by().values_list("device").annotate(last=Max("pk")).order_by("-last")
    pks = [last for _, last in latest[:MOST_FAILURES]]
    items = JobItem.objects.filter(pk__in=pks).select_related("device", "job", "server")
    return sorted(items, key=lambda item: item.pk, reverse=True)


def planned(entry: UUID) -> tuple[PowerSchedule, Entry] | None:
    """Return the due row and the entry of a schedule that still stands on a list."""
    rows = PowerSchedule.objects.select_related("setting__folder", "setting__device__folder")
    row = rows.filter(entry=entry).first()
    entries: list[Any] = read_entries(row.setting.value) if row else []
    found = next((each for each in entries if each.id == entry), None)
    return (row, found) if row and found else None
