"""What is begun by a schedule of its own, and the zone's plans of that kind."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils import timezone

from devices.schedules import Kind, Repeat, Rule


def next_time(rule: Rule) -> datetime | None:
    """Return when a rule comes next, in the zone's time."""
    found = rule.next(timezone.now(), timezone.get_default_timezone())
    return found.starts_at if found else None


class Planned(models.Model):
    """When something is to be done; none: never by itself."""

    rule = models.JSONField(default=dict)  # devices.schedules.Rule
    next_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def plan(self, rule: Rule) -> None:
        """Take another schedule; the caller saves it."""
        self.rule, self.next_at = rule.to_json(), next_time(rule)

    def take_turn(self) -> bool:
        """Move on to the next time; of several dispatchers one is told to begin what is due."""
        if self.next_at is None or self.next_at > timezone.now():
            return False
        mine = type(self)._base_manager.filter(pk=self.pk, next_at=self.next_at)
        return bool(mine.update(next_at=next_time(Rule.from_json(self.rule))))


class ZonePlan(Planned):
    """The one schedule in the zone of a task that concerns all devices."""

    class Task(models.TextChoices):
        RECONCILE = "reconciliation", "Out-of-band Inventory Reconciliation"
        READ_INVENTORY = "inventory", "Out-of-band Inventory"

    FIRST: ClassVar = {  # the schedule in a new zone
        Task.RECONCILE: Rule(
            kind=Kind.RECURRING, repeat=Repeat.INTERVAL, interval_minutes=24 * 60
        ),  # S91
        Task.READ_INVENTORY: Rule(),
    }

    task = models.CharField(max_length=20, choices=Task, primary_key=True)

    objects: ClassVar = models.Manager["ZonePlan"]()

    def __str__(self) -> str:
        return self.Task(self.task).label
