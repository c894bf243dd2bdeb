"""Discovery tasks: keep them, run them now or by their schedule, stop a run; rediscover."""

from collections.abc import Collection
from datetime import timedelta
from ipaddress import IPv4Address
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from amt import addresses
from amt.models import DiscoveredDevice, DiscoveryRun, DiscoveryTask
from amt.protocol.ranges import RangeError, Ranges, merged, read_ranges
from amt.provisioning import orphans
from amt.services import plans
from devices import audit
from devices.models import Server, User
from devices.models.rights import Right, may
from devices.schedules import Rule
from devices.services import bell, jobs

TASK = "amt.tasks.run_discovery"
NAME_TASK = "amt.tasks.name_discovered"
NAMES_AT_ONCE = 200
ASK_NAME_AGAIN_AFTER = timedelta(hours=6)
OPTIONS = ("uses_ports", "uses_names", "rate", "requests_at_once")
MOST_REDISCOVERED = 20_000
# One address of each block that nobody may be spoken to in
FORBIDDEN = ("0.0.0.1", "127.0.0.1", "169.254.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255")
Status = DiscoveryRun.Status


def addresses_of(ranges: str, excluded: str) -> Ranges:
    """Return what is to be scanned.

    Raises:
        ValidationError: a piece is no range, nothing is left, or an address must not be spoken to
            (D26); the sentence names it.
    """
    try:
        wanted = read_ranges(ranges)
    except RangeError as error:
        raise ValidationError({"ranges": str(error)}) from None
    try:
        left = wanted.minus(read_ranges(excluded))
    except RangeError as error:
        raise ValidationError({"excluded": str(error)}) from None
    if not left.count:
        raise ValidationError({"ranges": "No address is left to be scanned."})
    tried = [IPv4Address(first) for first, _ in left.spans]
    tried += [IPv4Address(text) for text in FORBIDDEN if text in left]
    for address in tried:
        if why := addresses.refusal(address, practice=settings.PRACTICE):
            raise ValidationError({"ranges": why})
    return left


@transaction.atomic
def save_task(*, task: DiscoveryTask, rule: Rule, by: User) -> DiscoveryTask:
    """Save a task, new or changed; its next run follows from ``rule``.

    Raises:
        PermissionDenied: ``by`` may not edit in the whole zone.
        ValidationError: see ``addresses_of``, or the name is taken.
    """
    _allow(by)
    addresses_of(task.ranges, task.excluded)
    task.plan(rule)
    task.full_clean(exclude=["rule", "next_at"])
    verb = "discovery_task.change" if task.pk else "discovery_task.create"
    task.save()
    told = {"ranges": task.ranges, "excluded": task.excluded, "server": str(task.server)}
    audit.record(by, verb, task, new=told)
    return task


@transaction.atomic
def delete_task(*, task: DiscoveryTask, by: User) -> None:
    """Delete a task with its runs; what was found stays."""
    _allow(by)
    audit.record(by, "discovery_task.delete", task, old={"ranges": task.ranges})
    task.delete()


def run_now(*, task: DiscoveryTask, by: User | None) -> DiscoveryRun:
    """Return the run that was begun; the one under way, if there is one. None is the schedule."""
    if by is not None:
        _allow(by)
    options = {name: getattr(task, name) for name in OPTIONS}
    ranges = addresses_of(task.ranges, task.excluded)
    try:
        with transaction.atomic():
            run = _begin(task.name, ranges, task.server, by, task=task, **options)
    except IntegrityError:
        return DiscoveryRun.objects.get(task=task, finished_at=None)
    ring([run])
    return run


def rediscover(*, rows: Collection[DiscoveredDevice], by: User) -> DiscoveryRun:
    """Look at once at the addresses of entries; those that answer are valid anew (D1).

    Raises:
        PermissionDenied: ``by`` may not edit in the whole zone.
        ValidationError: there are none, or nobody could scan.
    """
    _allow(by)
    chosen = list(rows)[:MOST_REDISCOVERED]
    numbers = {int(IPv4Address(row.address)) for row in chosen if ":" not in str(row.address)}
    servers = [row.server for row in chosen if row.server] or list(Server.objects.all()[:1])
    if not numbers or not servers:
        raise ValidationError("Nothing to look at: choose discovered devices with an address.")
    ranges = merged((number, number) for number in numbers)
    with transaction.atomic():
        run = _begin("Rediscover", ranges, servers[0], by, uses_ports=True, requests_at_once=50)
    ring([run])
    return run


def _begin(
    title: str,
    ranges: Ranges,
    server: Server,
    by: User | None,
    task: DiscoveryTask | None = None,
    **options: Any,
) -> DiscoveryRun:
    run = DiscoveryRun.objects.create(
        task=task,
        title=title,
        ranges=str(ranges),
        server=server,
        asked_by=by,
        asked_by_name=by.get_username() if by else jobs.BY_SCHEDULE,
        address_count=ranges.count,
        **options,
    )
    audit.record(by, "discovery.run", run, new={"addresses": ranges.count})
    return run


@transaction.atomic
def stop(*, run: DiscoveryRun, by: User) -> None:
    """End a run where it stands; what it found stays."""
    _allow(by)
    mine = DiscoveryRun.objects.filter(pk=run.pk, finished_at=None)
    message = f"Stopped by {by.get_username()}."
    if mine.update(status=Status.STOPPED, message=message, finished_at=Now()):
        audit.record(by, "discovery.stop", run)


def tick() -> None:
    """Start what is due, ring for what waits or whose worker died, end what nobody took."""
    orphans.adopt()
    _have_named()
    _start_due()
    _expire()
    ring(DiscoveryRun.objects.to_ring().select_related("server"))


def ring(runs: Collection[DiscoveryRun]) -> None:
    """Tell the server of each run that it waits."""
    for run in runs:
        if run.server and bell.send(TASK, run.server.queue, [run.pk]):
            DiscoveryRun.objects.filter(pk=run.pk).update(rung_at=Now())


def _have_named() -> None:
    """Have name servers asked for devices that said hello: a message tells no name."""
    asked = Q(name_asked_at=None) | Q(name_asked_at__lt=Now() - ASK_NAME_AGAIN_AFTER)
    rows = DiscoveredDevice.objects.filter(asked, name="").select_related("server")
    by_queue: dict[str, list[int]] = {}
    for row in rows[:NAMES_AT_ONCE]:
        if row.server:
            by_queue.setdefault(row.server.queue, []).append(row.pk)
    for queue, pks in by_queue.items():
        if bell.send(NAME_TASK, queue, pks):
            DiscoveredDevice.objects.filter(pk__in=pks).update(name_asked_at=Now())


def _start_due() -> None:
    for task in DiscoveryTask.objects.filter(next_at__lte=Now()).select_related("server"):
        if plans.is_turn(task):
            _start(task)


def _start(task: DiscoveryTask) -> None:
    """Begin a run by schedule; one that cannot be is written down with the reason."""
    try:
        run_now(task=task, by=None)
    except ValidationError as error:
        DiscoveryRun.objects.create(
            task=task,
            title=task.name,
            ranges=task.ranges,
            server=task.server,
            asked_by_name=jobs.BY_SCHEDULE,
            status=Status.FAILED,
            message=" ".join(error.messages),
            finished_at=timezone.now(),
        )


def _expire() -> None:
    late = DiscoveryRun.objects.late()
    for run in late.select_related("server"):
        who = run.server.name if run.server else "The server"
        late.filter(pk=run.pk).update(
            status=Status.EXPIRED,
            message=f"{who} was silent for 15 min, so nothing was asked. Open the server.",
            finished_at=Now(),
        )


def _allow(by: User) -> None:
    if not may(by, Right.EDIT):
        raise PermissionDenied("You may look at discovery, not run it.")
