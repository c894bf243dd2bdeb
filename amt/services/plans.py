"""The zone's plans: when something is done that concerns all devices."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from amt.models import ZonePlan
from amt.models.planned import Planned, Turn
from devices import audit
from devices.models import User
from devices.models.rights import Right, may
from devices.schedules import Rule


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
