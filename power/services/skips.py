"""Take one time of a schedule out before it comes, and put it back."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from devices import audit
from devices.levels import Place
from devices.models import User
from devices.services.settings import may_configure
from power.models import ScheduledRun
from power.schedule_entries import Entry
from power.services import scheduled_runs
from power.services.timetable import Event, full_names


@transaction.atomic
def skip_time(*, event: Event, asked_by: User) -> None:
    """Write down that a time to come is left out, so that the engine finds it done."""
    setting, entry = event.setting, event.plan
    if setting is None or entry is None:
        raise PermissionDenied("This time is over.")
    _check_right(asked_by, Place(setting.folder, setting.device))
    reason = f"Skipped by {asked_by.get_username()} beforehand."
    decided = scheduled_runs.decide(setting, entry, event.time, ScheduledRun.Status.SKIPPED, reason)
    decided.run.place_name = full_names([setting])[setting.pk]
    _, is_new = ScheduledRun.objects.get_or_create(
        entry=decided.run.entry, starts_at=decided.run.starts_at, defaults=_values(decided.run)
    )
    if is_new:
        audit.record(
            asked_by,
            "schedules.skip-time",
            setting.device or setting.folder,
            new={"schedule": _told(entry), "time": event.time.starts_at.isoformat()},
        )


@transaction.atomic
def unskip_time(*, event: Event, asked_by: User) -> None:
    """Let a time that was taken out come after all."""
    run = event.run
    if run is None or not event.is_skipped_ahead:
        raise PermissionDenied("This time is over, or nobody took it out.")
    _check_right(asked_by, Place(run.folder, run.device))
    ScheduledRun.objects.filter(pk=run.pk, status=ScheduledRun.Status.SKIPPED).delete()
    audit.record(
        asked_by,
        "schedules.unskip-time",
        run.device or run.folder,
        new={"schedule": run.sentence, "time": run.starts_at.isoformat()},
    )


def _values(run: ScheduledRun) -> dict[str, object]:
    names = ("ends_at", "action", "level", "folder", "device", "place_name", "sentence")
    return {name: getattr(run, name) for name in (*names, "status", "reason")}


def _told(entry: Entry) -> str:
    return f"{entry.action.label} {entry.sentence}"


def _check_right(user: User, place: Place) -> None:
    if not may_configure(user, place):
        raise PermissionDenied("You may look at the schedules here, not change them.")
