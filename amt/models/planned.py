"""What is begun by a schedule of its own, and the zone's plans of that kind."""

import random
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.utils import timezone

from devices.schedules import Kind, Missed, Repeat, Rule

ON_TIME = timedelta(minutes=1)  # a dispatcher that is so late was not away
LONGEST_SPAN = timedelta(days=2)


class Turn(StrEnum):
    """What a dispatcher is to do about something planned."""

    NONE = "none"  # not due, or another dispatcher has it
    BEGIN = "begin"
    MISSED = "missed"  # nobody was there, and the rule says to leave it then


def next_time(rule: Rule) -> datetime | None:
    """Return when a rule comes next, in the zone's time: some moment of its span, if it has one."""
    found = rule.next(timezone.now(), timezone.get_default_timezone())
    if found is None:
        return None
    return found.starts_at + (found.ends_at - found.starts_at) * random.random()  # noqa: S311


class Planned(models.Model):
    """When something is to be done; none: never by itself."""

    rule = models.JSONField(default=dict)  # devices.schedules.Rule
    next_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def plan(self, rule: Rule) -> None:
        """Take another schedule; the caller saves it. The same one keeps its next time."""
        if self.rule == rule.to_json() and self.next_at and self.next_at > timezone.now():
            return
        self.rule, self.next_at = rule.to_json(), next_time(rule)

    def take_turn(self) -> Turn:
        """Move on to the next time; of several dispatchers one is told what becomes of this one."""
        now, rule = timezone.now(), Rule.from_json(self.rule)
        if self.next_at is None or self.next_at > now:
            return Turn.NONE
        mine = type(self)._base_manager.filter(pk=self.pk, next_at=self.next_at)
        if not mine.update(next_at=next_time(rule)):
            return Turn.NONE
        return Turn.BEGIN if _may_begin(rule, self.next_at, now) else Turn.MISSED


def _may_begin(rule: Rule, planned: datetime, now: datetime) -> bool:
    """Return whether what was planned then is begun now: in its span, or by the rule for missed."""
    late = now - planned
    if late <= ON_TIME or now <= _end_of_span(rule, planned) or rule.missed is Missed.ONCE:
        return True
    return rule.missed is Missed.GRACE and late <= timedelta(minutes=rule.grace_minutes)


def _end_of_span(rule: Rule, planned: datetime) -> datetime:
    """Return when the span ends in which ``planned`` is; itself where the rule has no spans."""
    tz = timezone.get_default_timezone()
    found = rule.next(planned - LONGEST_SPAN, tz) if rule.end else None
    while found and found.ends_at < planned:
        found = rule.next(found.starts_at, tz)
    return found.ends_at if found and found.starts_at <= planned else planned


class ZonePlan(Planned):
    """The one schedule in the zone of a task that concerns all devices."""

    class Task(models.TextChoices):
        RECONCILE = "reconciliation", "Out-of-band Inventory Reconciliation"
        READ_INVENTORY = "inventory", "Out-of-band Inventory"

    FIRST: ClassVar = {  # the schedule in a new zone
        Task.RECONCILE: Rule(
            kind=Kind.RECURRING,
            repeat=Repeat.INTERVAL,
            interval_minutes=24 * 60,
            missed=Missed.ONCE,
        ),  # S91
        Task.READ_INVENTORY: Rule(),
    }

    task = models.CharField(max_length=20, choices=Task, primary_key=True)

    objects: ClassVar = models.Manager["ZonePlan"]()

    def __str__(self) -> str:
        return self.Task(self.task).label
