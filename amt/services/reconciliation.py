"""Reconciliation: by schedule, Start Now, and what a person decides of a pair (S90-S96)."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Now

from amt.models import (
    DiscoveredDevice,
    ReconciliationDecision,
    ReconciliationLine,
    ReconciliationRun,
    ZonePlan,
)
from amt.services import plans
from devices import audit
from devices.models import Device, Server, User, deletion
from devices.models.rights import Right, may
from devices.services import bell, jobs

TASK = "amt.tasks.run_reconciliation"
Status = ReconciliationRun.Status


def start(*, by: User | None) -> ReconciliationRun:
    """Return the run that was begun, or the one under way. None is the schedule (S93).

    Raises:
        PermissionDenied: ``by`` may not configure the whole zone.
    """
    if by is not None and not may(by, Right.CONFIGURE):
        raise PermissionDenied("You may look at reconciliation, not start it.")
    name = by.get_username() if by else jobs.BY_SCHEDULE
    try:
        with transaction.atomic():
            run = ReconciliationRun.objects.create(asked_by=by, asked_by_name=name)
            audit.record(by, "reconciliation.run", run)
    except IntegrityError:
        return ReconciliationRun.objects.get(finished_at=None)
    _ring(run)
    return run


@transaction.atomic
def decide(*, lines: Iterable[ReconciliationLine], is_same: bool, by: User) -> int:
    """Keep what a person says of the pairs of ``lines``; return how many. The next run does it.

    Raises:
        PermissionDenied: ``by`` may not configure the whole zone.
        ValidationError: nothing is asked, all are gone, or one device would be two PCs.
    """
    if not may(by, Right.CONFIGURE):
        raise PermissionDenied("You may look at reconciliation, not decide.")
    deletion.deleting()  # what a run has begun with counts; this is for the next
    asked = [line for line in lines if line.kind == ReconciliationLine.Kind.CONFLICT]
    pairs = [(line.discovered, line.device) for line in asked if line.discovered and line.device]
    if not asked:
        raise ValidationError("There is nothing to decide.")
    if not pairs:
        raise ValidationError("One of the two devices was deleted. Start a new run.")
    if is_same:
        _refuse_twice(Counter(found for found, _ in pairs), "can be one PC only")
        _refuse_twice(Counter(device for _, device in pairs), "has one engine only")
    for found, device in pairs:
        _keep(found, device, is_same, by)
    return len(pairs)


def _refuse_twice(counted: Counter[Any], why: str) -> None:
    for one, number in counted.most_common(1):
        if number > 1:
            raise ValidationError(f"{one} {why}. Tick one line of it.")


def _keep(found: DiscoveredDevice, device: Device, is_same: bool, by: User) -> None:
    if is_same:  # one PC has one engine, and the other way round: what was said last counts
        either = Q(discovered=found) | Q(device=device)
        ReconciliationDecision.objects.filter(either, is_same=True).delete()
    ReconciliationDecision.objects.update_or_create(
        discovered=found,
        device=device,
        defaults={"is_same": is_same, "decided_by": by.get_username()},
    )
    told = {"discovered": str(found), "is_same": is_same}
    audit.record(by, "reconciliation.decide", device, new=told)


@transaction.atomic
def take_back(*, decision: ReconciliationDecision, by: User) -> None:
    """Forget what a person said of a pair: the next run asks again, or brings together.

    Raises:
        PermissionDenied: ``by`` may not configure the whole zone.
    """
    if not may(by, Right.CONFIGURE):
        raise PermissionDenied("You may look at reconciliation, not decide.")
    deletion.deleting()
    told = {"discovered": str(decision.discovered), "is_same": decision.is_same}
    audit.record(by, "reconciliation.take_back", decision.device, old=told)
    decision.delete()


def open_questions() -> tuple[ReconciliationRun | None, int]:
    """Return the newest run that ended well, and how many entries it has that nobody decided."""
    run = ReconciliationRun.objects.filter(status=Status.DONE).first()
    if run is None:
        return None, 0
    since = ReconciliationDecision.objects.filter(
        discovered=OuterRef("discovered"), decided_at__gt=run.created_at
    )
    decided = Exists(since.filter(Q(device=OuterRef("device")) | Q(is_same=True)))
    asked = run.lines.filter(kind=ReconciliationLine.Kind.CONFLICT).exclude(device=None)
    return run, asked.exclude(discovered=None).exclude(decided).aggregate(
        n=Count("discovered", distinct=True)
    )["n"]


def tick() -> None:
    """Start what is due, ring for what waits or whose worker died, end what nobody took."""
    if plans.is_turn(plans.plan(ZonePlan.Task.RECONCILE)):
        start(by=None)
    ReconciliationRun.objects.late().update(
        status=Status.EXPIRED,
        message="No server took it for 15 min, so nothing was compared. Look at Servers.",
        finished_at=Now(),
    )
    for run in ReconciliationRun.objects.to_ring():
        _ring(run)


def _ring(run: ReconciliationRun) -> None:
    """Tell the server that reported last: any of them can do it."""
    server = Server.objects.exclude(heartbeat_at=None).order_by("-heartbeat_at").first()
    if server and bell.send(TASK, server.queue, [run.pk]):
        ReconciliationRun.objects.filter(pk=run.pk).update(rung_at=Now())
