"""The zone's plans: when something is done that concerns all devices."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from amt.models import ZonePlan
from amt.models.planned import Planned, Turn
from devices import audit
from devices.models import AuditEntry, User
from devices.models.rights import Right, may
from devices.schedules import Rule

TOLD_FOR = timedelta(days=7)  # how long a page says what was missed


def plan(task: ZonePlan.Task) -> ZonePlan:
    """Return the plan of ``task``; in a new zone, the one to begin with."""
    found, is_new = ZonePlan.objects.get_or_create(task=task)
    if is_new:
        found.plan(ZonePlan.FIRST[task])
        found.save()
    return found


def is_turn(planned: Planned) -> bool:
    """Return whether to begin something now, here; what was missed is written down."""
    turn = planned.take_turn()
    if turn is Turn.MISSED and planned.next_at:
        audit.record(None, "schedule.missed", planned, old={"at": planned.next_at.isoformat()})
    return turn is Turn.BEGIN


def last_missed(planned: Planned) -> datetime | None:
    """Return the newest time that was missed in the last days."""
    entries = AuditEntry.objects.about(planned._meta.model_name or "", planned.pk)
    recent = entries.filter(verb="schedule.missed", at__gte=timezone.now() - TOLD_FOR)
    newest = recent.order_by("-pk").first()
    return datetime.fromisoformat(newest.old["at"]) if newest and newest.old else None


@transaction.atomic
def save_rule(*, task: ZonePlan.Task, rule: Rule, by: User) -> ZonePlan:
    """Keep when to do it.

    Raises:
        PermissionDenied: ``by`` may not configure the whole zone.
    """
    if not may(by, Right.CONFIGURE):
        raise PermissionDenied("You may look at this schedule, not change it.")
    found = plan(task)
    old = found.rule
    found.plan(rule)
    found.save()
    audit.record(by, f"{task}.schedule", found, old={"rule": old}, new={"rule": found.rule})
    return found
