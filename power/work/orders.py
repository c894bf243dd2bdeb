"""Carry out power orders: read, decide, send at most once, read again (D12, D18, D19)."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from time import monotonic

from django.utils import timezone

from amt import connect
from amt.protocol.errors import (
    AmtError,
    AmtFault,
    AmtHeldUp,
    AmtNoAnswer,
    AmtReturnValue,
)
from amt.work.each_device import each_device, failed
from devices import levels
from devices.models import JobItem
from devices.work import CarryOut, Outcome, Rows, Seen, not_sent, run_items
from power.levels import DEVICES_AT_ONCE, VERIFY_SECONDS
from power.models import Boot, PowerAction, PowerOrder
from power.work import outcomes
from power.work.evidence import POWER_SAVING, Watch, os_state

PAUSES = (0.25, 0.5, 1, 1, 2, 2, 3)  # seconds between looks, then LOOK_EVERY
LOOK_EVERY = 5
CONNECT_AGAIN_AFTER = 1  # seconds
# Kept with the item's evidence, so that whoever goes on after a crash knows
DOZING = "dozing"  # AMT said on, the operating system was in standby
WOKEN = "os_woken"  # the operating system was asked to wake
ORDERS_APART = 10  # seconds between two orders to one device (D22)


def run_power_items(item_pks: Sequence[int]) -> None:
    """Carry out the power orders among ``item_pks`` that can be claimed."""
    reached: list[connect.Access] = []

    def prepare(items: list[JobItem]) -> CarryOut:
        devices = [item.device for item in items if item.device]
        accesses = connect.accesses(devices)
        reached.extend(a for a in accesses.values() if isinstance(a, connect.Access))
        windows = levels.resolve(VERIFY_SECONDS, [access.settings.device for access in reached])
        asked = PowerOrder.objects.filter(job__in={item.job_id for item in items})
        orders = {order.job_id: order for order in asked}

        async def act(access: connect.Access, item: JobItem, rows: Rows) -> Outcome:
            window = windows[access.settings.device_id].value
            async with connect.Line(access) as line:
                order = orders[item.job_id]
                action, boot = PowerAction(order.action), order.chosen_boot
                return await Order(item, action, boot, rows, line, window).carry_out()

        return each_device(accesses, act)

    run_items(item_pks, prepare, at_once=levels.zone_value(DEVICES_AT_ONCE))
    connect.remember(reached)


@dataclass(slots=True)
class Order:
    """One order to one device, from the first reading to the evidence."""

    item: JobItem
    action: PowerAction
    boot: Boot | None
    rows: Rows
    line: connect.Line
    window: int  # seconds

    async def carry_out(self) -> Outcome:
        """Return how it ended; nothing is sent twice but a Power On that had no effect."""
        if self.item.status == JobItem.Status.VERIFYING:  # its worker died after the answer
            return await self.confirm()
        try:
            if ended := await self.read_first():
                return ended
        except AmtError as error:
            await self.line.hang_up()
            if not self._may_send_unread(error):
                return self.not_begun(error)
        return await self.send() or await self.confirm()

    async def read_first(self) -> Outcome | None:
        """Read the state and what a restart will be told by; return the end if there is one."""
        session = await self._connected()
        reading = await session.read_power()
        state = int(reading.state)
        self.rows.saw(self.item, Seen(state), "task")
        self.item.state_before = self.item.state_after = state
        if await self._dozes(session, state):
            self.item.evidence = {DOZING: True}
            return None
        if ended := outcomes.decide(self.action, state, self.boot):
            return ended
        if reading.available and self.action.state not in reading.available:
            return outcomes.not_offered(self.action, state)
        self.item.evidence = await Watch.before(session, self.action)
        return await self._prepare_boot(session)

    async def _dozes(self, session: connect.AmtSession, state: int) -> bool:
        """Return whether a Power On has to wake an operating system, and nothing else."""
        if self.action is not PowerAction.ON or state != outcomes.ON or self.boot:
            return False
        return await os_state(session) == POWER_SAVING

    async def _prepare_boot(self, session: connect.AmtSession) -> Outcome | None:
        """Set where the next boot goes; return the end if the device does not take it."""
        if not self.boot:
            return None
        try:
            await session.prepare_boot(self.boot.target)
        except AmtError as error:
            if error.code != "boot-not-offered":
                await self._clear_boot()
            return outcomes.boot_not_set(self.boot, error)
        return None

    async def _clear_boot(self) -> bool:
        """Take the boot option back; return whether that is sure."""
        try:
            await (await self.line.session()).clear_boot()
        except AmtError:
            return False
        return True

    def _may_send_unread(self, error: AmtError) -> bool:
        """Return whether to send though the state could not be read: On, or as ordered (D19)."""
        if not isinstance(error, AmtNoAnswer | AmtFault):
            return False
        self.rows.saw(self.item, Seen(None, code=error.code), "task")
        self.item.state_before = None
        return self.action is PowerAction.ON or self.item.send_anyway

    def not_begun(self, error: AmtError) -> Outcome:
        """Return the end after a first reading that failed. Unknown is never off."""
        self.rows.saw(self.item, Seen(None, code=error.code), "task")
        self.item.state_before = None
        if isinstance(error, AmtNoAnswer | AmtFault):
            return outcomes.unreadable(error)
        return failed(error)

    async def send(self) -> Outcome | None:
        """Send the order; None if it was accepted, or its answer was lost: then look."""
        ended = await self._send()
        if ended and self.boot:
            return outcomes.boot_taken_back(ended, self.boot, is_back=await self._clear_boot())
        return ended

    async def _send(self) -> Outcome | None:
        if not await self.rows.may_send(self.item):
            return not_sent(self.item)
        try:
            session = await self.line.session()
            await self._order(session)
        except AmtHeldUp:
            return self._ended(outcomes.too_late())
        except AmtReturnValue as error:
            return self._ended(outcomes.refused(self.action, error))
        except AmtError as error:
            await self.line.hang_up()
            if not error.may_have_been_obeyed:
                return self._ended(failed(error))
            self._attempted(str(error))
            self.item.evidence["answer_lost"] = True
            return None
        self._attempted("Accepted")
        return None

    async def _order(self, session: connect.AmtSession) -> None:
        if self.item.evidence.get(DOZING):
            await session.wake_os(send_before=self.rows.lease_ends)
            return
        target = self.boot.target if self.boot else None
        await session.request_power_state(
            self.action.state, boot=target, send_before=self.rows.lease_ends
        )

    async def confirm(self) -> Outcome:
        """Look for the evidence until the window ends; repeat a Power On once, if still off."""
        watch = Watch(self.action, self.item.evidence)
        began, state = monotonic(), None
        for pause in self._pauses():
            await asyncio.sleep(pause)
            try:
                session = await self.line.session()
                state = await watch.look(session)
            except AmtError:
                await self.line.hang_up()
                watch.lost_sight()
            else:
                self.rows.saw(self.item, Seen(state, watch.os_state), "task")
                self.item.state_after = state
            if watch.is_proven:
                return self._proven()
            await self._wake_os(watch)
            if self._worth_repeating(state, monotonic() - began) and (ended := await self.send()):
                return ended
            self._verifying(monotonic() - began)
        if watch.is_enough:
            return self._proven()
        return self._unproven(state, watch)

    async def _wake_os(self, watch: Watch) -> None:
        """Wake an operating system that a Power On left in standby: once, and it does no harm."""
        if not watch.is_dozing or self.item.evidence.get(WOKEN) or self.item.evidence.get(DOZING):
            return
        self.item.evidence[WOKEN] = True
        try:
            await (await self.line.session()).wake_os(send_before=self.rows.lease_ends)
        except AmtError:
            await self.line.hang_up()

    def _pauses(self) -> Iterator[float]:
        """Yield the pauses between looks; their sum is the window. The first look is at once."""
        left: float = self.window
        yield 0
        for pause in chain(PAUSES, repeat(LOOK_EVERY)):
            if left <= 0:
                return
            yield min(pause, left)
            left -= pause

    def _worth_repeating(self, state: int | None, seconds: float) -> bool:
        """Return whether to send Power On again: the first had no effect, half the time is over."""
        return (
            self.action is PowerAction.ON
            and state in outcomes.OFF
            and self.item.attempt_count == 1
            and seconds >= max(ORDERS_APART, self.window / 2)
        )

    async def _connected(self) -> connect.AmtSession:
        """Return the session; a connection that was never made is tried once more."""
        try:
            return await self.line.session()
        except AmtError as error:
            if not error.retry:
                raise
        await asyncio.sleep(CONNECT_AGAIN_AFTER)
        return await self.line.session()

    def _verifying(self, seconds: float) -> None:
        lost = self.item.evidence.get("answer_lost")
        said = "No answer came" if lost else "The device said yes"
        message = f"{said}; checking, {round(seconds)} of {self.window} s."
        self.rows.note(self.item, status=JobItem.Status.VERIFYING, message=message)

    def _attempted(self, answer: str) -> None:
        before = self.item.state_before
        self.rows.attempt(self.item, self.action.label, answer, state_before=before)

    def _ended(self, outcome: Outcome) -> Outcome:
        self._attempted(outcome.message)
        return outcome

    def _since_order(self) -> float:
        sent_at = self.item.sent_at or timezone.now()
        return (timezone.now() - sent_at).total_seconds()

    def _proven(self) -> Outcome:
        if self.item.evidence.get(DOZING):
            return outcomes.woken()
        return outcomes.seen(
            self.action,
            self._since_order(),
            attempts=self.item.attempt_count,
            answer_lost=bool(self.item.evidence.get("answer_lost")),
            os_woken=bool(self.item.evidence.get(WOKEN)),
        )

    def _unproven(self, state: int | None, watch: Watch) -> Outcome:
        if self.item.evidence.get("answer_lost"):
            return outcomes.answer_lost(state, self.window)
        if watch.is_dozing:
            return outcomes.still_in_standby(self.window)
        return outcomes.not_confirmed(self.action, state, self.window, watch.expects_records)
