"""Write runs of schedules, and the orders of those that start: a Job like that of a Quick Task."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    DateTimeField,
    F,
    FloatField,
    Q,
    TextField,
    Value,
    When,
    Window,
)
from django.db.models.expressions import ExpressionWrapper
from django.db.models.functions import RowNumber

from amt.codes import NOT_SET_UP
from devices import levels, origins
from devices.codes import Code
from devices.levels import Inheritance
from devices.models import Device, Job, JobItem, Setting
from devices.models.insert_select import AfterSeconds, InsertSelect, Later, keys
from devices.models.many_rows import update_each
from devices.schedules import Missed, Occurrence
from devices.services.jobs import BY_SCHEDULE
from power.levels import ORDER_EXPIRY, POWER_SCHEDULES
from power.models import PowerOrder, ScheduledRun
from power.schedule_entries import Entry, zone_tz
from power.services import pauses, staggering
from power.services.orders import LEFT_OUT, TASK, servers_on_devices

CATCH_UP = timedelta(days=1)  # the longest that "once when back" waits for a device's server
STEPS, STRIDE = 1_000_003, 618_034  # primes; the golden ratio spreads neighbours evenly
HELD = Code(
    "held-off",
    (JobItem.Status.SKIPPED,),
    "admin ordered Power On at 17:50; schedules leave this PC alone until 18:50.",
    "Somebody ordered the power of this PC not long before, and a person's act counts more than "
    "the clock.",
    "Nothing: the next time of the schedule acts again. On the PC's page schedules can be let "
    "act at once.",
    "Power orders",
    settings=("power.hold_off_minutes",),
)
PAUSED = Code(
    "schedules-paused",
    (JobItem.Status.SKIPPED,),
    "Schedules of /Workstations/Lab-2 are paused by admin until 1 Dec 08:00.",
    "Somebody paused all schedules for the PC's folder, or one above it.",
    "Wait until the pause is over, or end it on the calendar.",
    "Power orders",
)


@dataclass(slots=True)
class Decided:
    """What is to become of one time of a schedule: the run to write, and what it comes from."""

    run: ScheduledRun
    setting: Setting
    entry: Entry
    patience: timedelta = timedelta(0)  # how long its orders wait before they end unsent (D13)

    @property
    def starts(self) -> bool:
        return self.run.status == ScheduledRun.Status.STARTED

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """Return between which moments devices start: what is left, or all of it if it is over."""
        begin = max(now, self.run.starts_at)
        length = self.run.ends_at - self.run.starts_at
        return begin, self.run.ends_at if self.run.ends_at >= begin else begin + length


def decide(
    setting: Setting, entry: Entry, time: Occurrence, status: str, reason: str = ""
) -> Decided:
    """Return what ``write`` takes."""
    run = ScheduledRun(
        entry=entry.known_id,
        starts_at=time.starts_at,
        ends_at=time.ends_at,
        action=entry.action,
        level=levels.level_of(setting),
        folder=setting.folder,
        device=setting.device,
        sentence=entry.sentence,
        status=status,
        reason=reason,
    )
    return Decided(run, setting, entry)


def write(decided: Sequence[Decided], now: datetime) -> None:
    """Write runs and start what is to start. Times that a person skipped stay as they are.

    The number of queries grows with the runs, not with their devices.
    """
    known = ScheduledRun.objects.filter(
        entry__in={each.run.entry for each in decided},
        starts_at__in={each.run.starts_at for each in decided},
    )
    there = set(known.values_list("entry", "starts_at"))
    fresh = [each for each in decided if (each.run.entry, each.run.starts_at) not in there]
    started = [each for each in fresh if each.starts]
    _name_places([each.run for each in fresh])
    _write_jobs(started, now)
    ScheduledRun.objects.bulk_create([each.run for each in fresh])
    if started:
        _write_items(started, now)


def _name_places(runs: Sequence[ScheduledRun]) -> None:
    names = origins.full_names([run.folder for run in runs if run.folder])
    for run in runs:
        folder = names[run.folder.path] if run.folder else "the zone"
        run.place_name = (str(run.device) if run.device else folder)[:255]


def _write_jobs(started: Sequence[Decided], now: datetime) -> None:
    expiry = timedelta(minutes=levels.zone_value(ORDER_EXPIRY)) if started else timedelta(0)
    for each in started:
        each.patience = patience(each.entry, each.run.starts_at, expiry)
        each.run.job = Job(
            kind=Job.Kind.POWER,
            task=TASK,
            title=f"{each.entry.action.label}, schedule of {each.run.place_name}"[:100],
            is_order=True,
            asked_by_name=BY_SCHEDULE,
            expires_at=each.window(now)[1] + each.patience,
        )
    Job.objects.bulk_create([each.run.job for each in started if each.run.job])
    orders = [PowerOrder(job=each.run.job, action=each.entry.action) for each in started]
    PowerOrder.objects.bulk_create(orders)


def patience(entry: Entry, starts_at: datetime, expiry: timedelta) -> timedelta:
    """Return how long an order of this schedule waits for its turn, by the rule for what is missed.

    ``expiry`` is the zone's (D13), for schedules that catch up on nothing.
    """
    rule = entry.rule
    if rule.missed is Missed.GRACE:
        return timedelta(minutes=rule.grace_minutes)
    if rule.missed is Missed.ONCE:
        following = rule.next(starts_at, zone_tz())
        until_next = following.starts_at - starts_at if following else CATCH_UP
        return max(expiry, min(CATCH_UP, until_next))
    return expiry


def _write_items(started: Sequence[Decided], now: datetime) -> None:
    inheritance = Inheritance(POWER_SCHEDULES)
    statements = Statements(inheritance, now)
    for each in started:
        folders = inheritance.folders_of(each.setting)
        job: Any = each.run.job
        job.device_count = statements.run(each, folders)
    jobs = [each.run.job for each in started if each.run.job]
    update_each(jobs, ["device_count"], guard=Job.objects.all())
    Job.objects.filter(pk__in=[job.pk for job in jobs]).finish()
    staggering.spread(jobs, now)


class Statements:
    """The statements that write the lines of runs: one for each shape, built when it is needed."""

    def __init__(self, inheritance: Inheritance, now: datetime) -> None:
        self._inheritance, self._now = inheritance, now
        self._rests = pauses.in_force()
        # The devices that run a server which sends orders: they go last (S113, S120)
        self._hosts = [server.device_id for server in servers_on_devices() if server.device_id]
        self._built: dict[tuple[bool, bool], InsertSelect] = {}

    def run(self, decided: Decided, folders: Sequence[int]) -> int:
        """Write the lines of one run and return their number."""
        shape = decided.setting.device_id is not None, decided.entry.leaves_out_senders
        if shape not in self._built:
            self._built[shape] = self._build(*shape)
        begin, end = decided.window(self._now)
        return self._built[shape].run(
            devices=[decided.setting.device_id] if shape[0] else folders,
            job=decided.run.job_id,
            begin=begin,
            end=end,
            seed=random.randrange(STEPS),  # noqa: S311 - not a secret
            step=(end - begin).total_seconds() / STEPS,
            patience=decided.patience.total_seconds(),
        )

    def _build(self, is_of_device: bool, leaves_out: bool) -> InsertSelect:
        chosen = keys("devices")
        rows = Device.objects.filter(pk__among=chosen)
        if not is_of_device:
            rows = self._inheritance.devices_in(chosen)
        skips = _skips(self._now, self._rests, self._hosts if leaves_out else [])
        return InsertSelect(JobItem, _columns(skips, self._hosts, self._now), rows)


def _columns(skips: Sequence["Skip"], hosts: Sequence[int], now: datetime) -> dict[str, Any]:
    """Return each column of a JobItem as an expression over devices.

    Each device gets a moment of its own between ``begin`` and ``end``, another one each time.
    """
    sends = Q(pk__among=hosts)
    number = F("pk") * STRIDE + Later("seed", BigIntegerField())
    step = ExpressionWrapper(number, BigIntegerField()) % STEPS
    seconds = ExpressionWrapper(step * Later("step", FloatField()), FloatField())
    due: Any = AfterSeconds(Later("begin", DateTimeField()), seconds)
    due = Case(When(sends, then=Later("end", DateTimeField())), default=due)
    return {
        "job": Later("job", BigIntegerField()),
        "position": Window(RowNumber(), order_by=[F("name"), F("pk")]) - 1,
        "device": F("pk"),
        "device_name": F("name"),
        "device_address": F("amt_address"),
        "server": F("amt_settings__server"),
        "is_last": Case(When(sends, then=Value(True)), default=Value(False)),
        "send_anyway": Value(False),
        "status": _if_skipped(skips, lambda _: Value("skipped"), "waiting"),
        "error_code": _if_skipped(skips, lambda skip: Value(skip.code.code), ""),
        "message": _if_skipped(skips, lambda skip: skip.sentence, ""),
        "next_step": _if_skipped(skips, lambda skip: Value(skip.code.step), ""),
        "detail": Value("", output_field=TextField()),
        "state_before": F("power_state"),
        "evidence": Value({}, output_field=JobItem._meta.get_field("evidence")),
        "due_at": due,
        "expires_at": AfterSeconds(due, Later("patience", FloatField())),
        "finished_at": _if_skipped(skips, lambda _: Value(now), None),
        "attempt_count": Value(0),
    }


@dataclass(frozen=True, slots=True)
class Skip:
    """Why a device is skipped: where ``condition`` holds, its line says ``sentence``."""

    condition: Any
    code: Code
    sentence: Any  # an expression


def _skips(now: datetime, rests: Sequence[pauses.Rest], left_out: Sequence[int]) -> list[Skip]:
    """Return why devices may be skipped; the first that holds counts."""
    skips = [Skip(Q(amt_settings=None), NOT_SET_UP, Value(NOT_SET_UP.sentence))]
    for rest in rests:
        skips.append(Skip(Q(folder__among=rest.folders), PAUSED, Value(rest.sentence)))
    skips.append(Skip(Q(held_until__gt=now), HELD, F("held_because")))
    if left_out:
        skips.append(Skip(Q(pk__among=left_out), LEFT_OUT, Value(LEFT_OUT.sentence)))
    return skips


def _if_skipped(skips: Sequence[Skip], then: Callable[[Skip], Any], otherwise: Any) -> Case:
    whens = [When(skip.condition, then=then(skip)) for skip in skips]
    default = None if otherwise is None else Value(otherwise)
    text = {"output_field": TextField()} if isinstance(otherwise, str) else {}
    return Case(*whens, default=default, **text)
