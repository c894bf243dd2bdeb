"""Carry out the items of a job in a worker: claim, keep the lease, write down, close.

What is done with a device is the caller's (``carry_out``); here is what all kinds of job share.
Rows are written by one thread in batches, so that thousands of devices cost a few statements.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID, uuid4

import uvloop
from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q
from django.utils import timezone

from devices import codes
from devices.models import Attempt, Device, Job, JobItem
from devices.models.many_rows import update_each

logger = logging.getLogger(__name__)
T = TypeVar("T")

GATHER_SECONDS = 0.05  # how long writes wait for company
WRITE_AGAIN_SECONDS = 1
BATCH = 500  # rows in one statement


@dataclass(slots=True)
class Outcome:
    """How an item ended: status, a sentence, the stable code.

    ``next_step`` is the link behind the sentence where it is not that of the code's entry.
    """

    status: str
    message: str
    code: str = ""
    next_step: str = ""
    detail: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


def not_sent(item: JobItem) -> Outcome:
    """Return the end of an item whose step to *sending* was refused: its row says why."""
    if item.ends_unsent_at <= timezone.now():
        return Outcome(
            JobItem.Status.EXPIRED,
            "Its turn did not come in time, so this order ended unsent.",
            code="turn-not-come",
        )
    return Outcome(item.status, "", code="lease-lost")


@dataclass(slots=True)
class Seen:
    """What was read of a device's power, and when; ``code`` says why it could not be read."""

    state: int | None
    os_state: int | None = None
    code: str = ""
    at: datetime = field(default_factory=timezone.now)


class Rows:
    """The rows of one run, under one lease. All methods are called on the event loop."""

    def __init__(self, token: UUID) -> None:
        self.token = token
        self.lease_ends = monotonic() + settings.ITEM_LEASE_SECONDS
        self._items: dict[int, JobItem] = {}
        self._closed: list[JobItem] = []
        self._seen: dict[int, tuple[Seen, str]] = {}
        self._attempts: list[Attempt] = []
        self._others: dict[Write, list[Any]] = {}
        self._sends: dict[int, asyncio.Future[bool]] = {}
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rows")

    async def may_send(self, item: JobItem) -> bool:
        """Mark the item as *sending*; False if it expired, was stopped, or the lease was lost."""
        self._sends[item.pk] = answer = asyncio.get_running_loop().create_future()
        self._wake.set()
        allowed = await answer and self.lease_held()
        if allowed:
            item.status, item.sent_at = JobItem.Status.SENDING, timezone.now()
            item.attempt_count += 1
        return allowed

    def lease_held(self) -> bool:
        """Return whether the lease is surely still ours: the last check before bytes go out."""
        return monotonic() < self.lease_ends

    async def in_database(self, call: Callable[[], T]) -> T:
        """Return what ``call`` returns, run in the thread that writes; it is committed by then."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def note(self, item: JobItem, **fields: Any) -> None:
        """Change fields of an item that goes on; written with the next batch."""
        for name, value in fields.items():
            setattr(item, name, value)
        self._items[item.pk] = item
        self._wake.set()

    def attempt(self, item: JobItem, what: str, answer: str, **states: int | None) -> None:
        """Keep one try: when, what was sent, what came back, the states before and after."""
        number = item.attempt_count
        sent_at = item.sent_at or timezone.now()
        self._attempts.append(
            Attempt(item=item, number=number, sent_at=sent_at, what=what, answer=answer, **states)
        )

    def saw(self, item: JobItem, seen: Seen, source: str) -> None:
        """Remember what was read of the item's device; the last reading is written."""
        if item.device_id:
            self._seen[item.device_id] = seen, source
            self._wake.set()

    def later(self, write: "Write", thing: Any) -> None:
        """Have ``write`` called with all such things, right after the next batch."""
        self._others.setdefault(write, []).append(thing)
        self._wake.set()

    def close(self, item: JobItem, outcome: Outcome) -> None:
        """End the item; written with the next batch, under our own token only."""
        item.status, item.message = outcome.status, outcome.message
        item.error_code = outcome.code
        item.next_step = outcome.next_step or codes.step_of(outcome.code)
        item.detail, item.finished_at = outcome.detail, timezone.now()
        item.evidence = {**item.evidence, **outcome.evidence}
        self._items.pop(item.pk, None)
        self._closed.append(item)
        self._wake.set()

    async def write_until(self, done: asyncio.Event) -> None:
        """Write batches until ``done`` is set and nothing is left."""
        while not (done.is_set() and not self._wake.is_set()):
            await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            sends, self._sends = self._sends, {}
            allowed = await self._written(self._take(), [*sends])
            for pk, future in sends.items():
                future.set_result(pk in allowed)

    async def _written(self, batch: "Batch", sends: list[int]) -> set[int]:
        """Write ``batch``, again and again while the lease holds: a database may be away a while.

        Once the lease is lost nothing may be sent any more, and the dispatcher closes the rows.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await loop.run_in_executor(self._thread, self._write, batch, sends)
            except Exception:
                logger.exception("A batch of rows could not be written")
            if not self.lease_held():
                return set()
            await loop.run_in_executor(self._thread, connections.close_all)
            await asyncio.sleep(WRITE_AGAIN_SECONDS)

    async def keep_lease(self) -> None:
        """Prolong the lease four times in its length, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(settings.ITEM_LEASE_SECONDS / 4)
            asked_at = monotonic()
            try:
                await loop.run_in_executor(self._thread, self._renew)
            except Exception:
                logger.exception("The lease could not be prolonged")
                continue
            if self.lease_held():  # once lost, it is somebody else's: never taken back
                self.lease_ends = asked_at + settings.ITEM_LEASE_SECONDS

    def shut(self) -> None:
        """Close the thread and its database connection."""
        self._thread.submit(connections.close_all)  # its own; connection.close would be this one's
        self._thread.shutdown()

    def _take(self) -> "Batch":
        # Copies: while the thread writes them, the loop may go on and close the very same items.
        noted = [copy(item) for item in self._items.values()]
        batch = Batch(noted, self._closed, self._seen, self._attempts, self._others)
        self._items, self._closed, self._seen, self._attempts = {}, [], {}, []
        self._others = {}
        return batch

    def _renew(self) -> None:
        JobItem.objects.renew(self.token, seconds=settings.ITEM_LEASE_SECONDS)

    def _write(self, batch: "Batch", sends: list[int]) -> set[int]:
        with transaction.atomic():
            _save_items(self.token, batch)
            save_seen(batch.seen)
            Attempt.objects.bulk_create(batch.attempts, batch_size=BATCH, ignore_conflicts=True)
            allowed = JobItem.objects.may_send(sends, token=self.token) if sends else set()
        for write, things in batch.others.items():
            write(things)
        return allowed


Write = Callable[[list[Any]], None]


@dataclass(slots=True)
class Batch:
    """What one transaction writes."""

    noted: list[JobItem]
    closed: list[JobItem]
    seen: dict[int, tuple[Seen, str]]
    attempts: list[Attempt]
    others: "dict[Write, list[Any]]"


NOTED = ["status", "message", "state_before", "state_after", "evidence"]
CLOSED = [*NOTED, "error_code", "next_step", "detail", "finished_at"]
UNREADABLE = ["unreadable_since", "unreadable_code"]
SEEN = ["power_state", "os_state", "power_seen_at", "power_source", *UNREADABLE]
SURE = [JobItem.Status.DONE, JobItem.Status.FAILED]


def _save_items(token: UUID, batch: Batch) -> None:
    """Write items that are still ours. A late *done* or *failed* may replace *unknown* (D20)."""
    ours = JobItem.objects.filter(lease_token=token)
    sure = [item for item in batch.closed if item.status in SURE]
    unsure = [item for item in batch.closed if item.status not in SURE]
    late = ours.filter(status__in=[*JobItem.ACTIVE, JobItem.Status.UNKNOWN])
    update_each(batch.noted, NOTED, guard=ours.active())
    update_each(sure, CLOSED, guard=late)
    update_each(unsure, CLOSED, guard=ours.active())


def save_seen(
    seen: dict[int, tuple[Seen, str]], *, unless_read_since: datetime | None = None
) -> None:
    """Write the last reading of each device; an unreadable one keeps what was seen before.

    ``unless_read_since`` leaves out devices that somebody else has read since then.
    """
    readable: list[Device] = []
    silent: list[Device] = []
    for pk, (reading, source) in seen.items():
        device = Device(pk=pk, power_state=reading.state, os_state=reading.os_state)
        device.power_seen_at, device.power_source = reading.at, source
        device.unreadable_since = reading.at if reading.code else None
        device.unreadable_code = reading.code
        (silent if reading.code else readable).append(device)
    stored = Device.objects.all()
    if unless_read_since:
        stored = stored.filter(Q(power_seen_at=None) | Q(power_seen_at__lte=unless_read_since))
    update_each(readable, SEEN, guard=stored)
    update_each(silent, ["unreadable_code"], guard=stored.filter(unreadable_since__isnull=False))
    update_each(silent, UNREADABLE, guard=stored.filter(unreadable_since=None))


_live: set[UUID] = set()  # tokens of the runs of this process


def give_back() -> None:
    """Let other workers go on at once with what this process, told to stop, has claimed."""
    for token in list(_live):
        JobItem.objects.give_back(token)


CarryOut = Callable[[JobItem, Rows], Awaitable[Outcome]]


def run_items(
    pks: Sequence[int],
    prepare: Callable[[list[JobItem]], CarryOut],
    *,
    at_once: int,
) -> None:
    """Claim what can be claimed of ``pks`` and carry it out, ``at_once`` devices at a time.

    ``prepare`` reads what all of them need from the database, once, and returns what to do with
    one. Every item that was claimed is closed, whatever happens.
    """
    token = uuid4()
    claimed = JobItem.objects.claim(pks, token=token, seconds=settings.ITEM_LEASE_SECONDS)
    items = list(claimed.prefetch_related("job__asked_by", "device__folder", "server"))
    # What could not be claimed is rung for by the dispatcher as soon as its turn has come.
    JobItem.objects.note_ring(pks, None)
    if not items:
        return
    _live.add(token)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(items, prepare(items), Rows(token), at_once))
    finally:
        _live.discard(token)
        Job.objects.filter(pk__in={item.job_id for item in items}).finish()


async def _run(items: list[JobItem], carry_out: CarryOut, rows: Rows, at_once: int) -> None:
    room, done = asyncio.Semaphore(at_once), asyncio.Event()

    async def one(item: JobItem) -> None:
        async with room:
            rows.close(item, await _outcome(item, rows, carry_out))

    writer = asyncio.create_task(rows.write_until(done))
    keeper = asyncio.create_task(rows.keep_lease())
    try:
        await asyncio.gather(*(one(item) for item in items))
    finally:
        keeper.cancel()
        done.set()
        rows._wake.set()
        await writer
        rows.shut()


async def _outcome(item: JobItem, rows: Rows, carry_out: CarryOut) -> Outcome:
    """Return the outcome of ``carry_out``; a fault of ours becomes one too, and is logged."""
    try:
        return await carry_out(item, rows)
    except Exception:
        logger.exception("Item %s of job %s could not be carried out", item.pk, item.job_id)
        sent = item.sent_at is not None
        return Outcome(
            JobItem.Status.UNKNOWN if sent else JobItem.Status.FAILED,
            "The console failed at this device."
            + (" The order may have gone out; it is not sent again." if sent else " Nothing sent."),
            code="console-fault",
        )
