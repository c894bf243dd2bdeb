"""Schedules of power: when each comes next, what each time became, and where all of them rest.

The entries of a schedule are the value of a setting by level (``power.levels.POWER_SCHEDULES``).
Here is only what the clock needs.
"""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from devices.models import Device, Folder, Job, Setting, User
from devices.models.rights import Person, Right, above, below, may, may_anywhere
from power.models.orders import power_actions


class PowerSchedule(models.Model):
    """The due table: one row for each entry of each setting, and when it comes next."""

    setting = models.ForeignKey(Setting, models.CASCADE, related_name="power_schedules")
    entry = models.UUIDField(unique=True)  # of the setting's value
    next_at = models.DateTimeField(null=True, db_index=True)  # None: never, or switched off

    objects: ClassVar = models.Manager["PowerSchedule"]()

    def __str__(self) -> str:
        return f"{self.entry} at {self.next_at}"

    def get_absolute_url(self) -> str:
        """Return the address of the schedule's history."""
        return reverse("power:schedule", args=[self.entry])


class ScheduledRunQuerySet(models.QuerySet["ScheduledRun"]):
    def visible_to(self, user: Person) -> "ScheduledRunQuerySet":
        """Keep the runs of schedules set where this person may look, or above what they see."""
        if may(user, Right.VIEW):
            return self.all()
        if not may_anywhere(user, Right.VIEW):
            return self.none()
        near = below(user, Right.VIEW, "folder__path") | above(user, Right.VIEW, "folder__path")
        seen = Q(level="folder") & near
        seen |= Q(level="device") & below(user, Right.VIEW, "device__folder__path")
        return self.filter(Q(level="zone") | seen)


class ScheduledRun(models.Model):
    """One time that a schedule came true: what became of it. Never two for one time."""

    class Status(models.TextChoices):
        STARTED = "started", "Started"
        MISSED = "missed", "Missed"
        SKIPPED = "skipped", "Skipped"  # as a person asked, before its time

    entry = models.UUIDField()
    starts_at = models.DateTimeField(db_index=True)
    ends_at = models.DateTimeField()
    action = models.CharField(max_length=10, choices=power_actions)
    level = models.CharField(max_length=6)  # zone, folder, device: where it was set
    folder = models.ForeignKey(Folder, models.SET_NULL, null=True, related_name="+")
    device = models.ForeignKey(Device, models.SET_NULL, null=True, related_name="+")
    place_name = models.CharField(max_length=255)  # as it was
    sentence = models.TextField()  # the rule, as it was
    status = models.CharField(max_length=7, choices=Status)
    reason = models.TextField(blank=True)
    job = models.OneToOneField(Job, models.SET_NULL, null=True, related_name="scheduled_run")
    decided_at = models.DateTimeField(auto_now_add=True)

    counts: dict[str, int]  # of its task's lines; what a page adds

    objects: ClassVar = ScheduledRunQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "starts_at"], name="one_run_per_time")
        ]

    def __str__(self) -> str:
        return f"{self.action} at {self.starts_at}: {self.status}"


class SchedulePauseQuerySet(models.QuerySet["SchedulePause"]):
    def in_force(self) -> Self:
        """Keep the pauses that are not over."""
        return self.filter(until__gt=models.functions.Now())


class SchedulePause(models.Model):
    """All schedules rest for the devices of a folder and below, until a time."""

    folder = models.OneToOneField(Folder, models.CASCADE, related_name="schedule_pause")
    until = models.DateTimeField()
    why = models.CharField(max_length=200, blank=True)
    paused_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    paused_by_name = models.CharField(max_length=150)
    paused_at = models.DateTimeField(auto_now=True)

    objects: ClassVar = SchedulePauseQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.folder} until {self.until}"


class CalendarFeed(models.Model):
    """An address that a calendar program reads without signing in, with its person's rights."""

    user = models.ForeignKey(User, models.CASCADE, related_name="calendar_feeds")
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)  # the address itself is not kept
    made_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "folder"], name="one_feed_per_folder")
        ]

    def __str__(self) -> str:
        return f"feed of {self.folder} for {self.user}"
