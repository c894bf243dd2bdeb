"""Pause all schedules of a folder until a time, and end a pause; let a held device go."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from devices import audit, origins
from devices.models import Device, Folder, User
from devices.models.rights import Right, may_in
from power.models import SchedulePause

LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Rest:
    """A pause as the engine reads it: of which folders, until when, and what lines say of it."""

    folders: frozenset[int]
    until: datetime
    sentence: str


def in_force() -> list[Rest]:
    """Return the pauses that are not over."""
    found = SchedulePause.objects.in_force().select_related("folder")
    return [Rest(_below(pause.folder), pause.until, sentence(pause)) for pause in found]


def sentence(pause: SchedulePause) -> str:
    """Return what a line says that a pause has skipped."""
    until = pause.until.astimezone(timezone.get_default_timezone())
    why = f" ({pause.why})" if pause.why else ""
    place = origins.full_names([pause.folder]).get(pause.folder.path, "the zone")
    return (
        f"Schedules of {place} are paused by {pause.paused_by_name} until {until:%d %b %H:%M}{why}."
    )


def _below(folder: Folder) -> frozenset[int]:
    below = Folder.objects.filter(path__startswith=folder.path)
    return frozenset(below.values_list("pk", flat=True))


@transaction.atomic
def pause_schedules(*, folder: Folder, until: datetime, why: str, asked_by: User) -> SchedulePause:
    """Let all schedules rest for the devices of ``folder`` and below, until ``until``.

    Raises:
        PermissionDenied: ``asked_by`` may not change settings there.
        ValidationError: the time is over, or more than a year away.
    """
    _check_right(asked_by, folder)
    now = timezone.now()
    if until <= now:
        raise ValidationError({"until": "This time is over. Choose a later one."})
    if until > now + LONGEST:
        raise ValidationError({"until": "A pause lasts a year at most."})
    values = {"until": until, "why": why, "paused_by": asked_by}
    values["paused_by_name"] = asked_by.get_username()
    pause, _ = SchedulePause.objects.update_or_create(folder=folder, defaults=values)
    audit.record(asked_by, "schedules.pause", folder, new={"until": until.isoformat(), "why": why})
    return pause


@transaction.atomic
def resume_schedules(*, folder: Folder, asked_by: User) -> bool:
    """End the pause of ``folder``; return whether there was one."""
    _check_right(asked_by, folder)
    deleted, _ = SchedulePause.objects.filter(folder=folder).delete()
    if deleted:
        audit.record(asked_by, "schedules.resume", folder)
    return bool(deleted)


@transaction.atomic
def release_device(*, device: Device, asked_by: User) -> None:
    """Let schedules act again on a device that a person's order holds."""
    _check_right(asked_by, device.folder)
    freed = Device.objects.filter(pk=device.pk, held_until__isnull=False)
    if freed.update(held_until=None, held_because=""):
        audit.record(asked_by, "schedules.release", device)


def _check_right(user: User, folder: Folder) -> None:
    if not may_in(user, Right.CONFIGURE, folder):
        raise PermissionDenied("You may look at the schedules here, not change them.")
