"""*Unprovision*: take a device out of service, and see that it is gone (S97-S101, D18)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic

from django.conf import settings

from amt import connect, guard
from amt.constants import PORT_HTTP, PORT_HTTPS
from amt.models import UnprovisionOrder
from amt.protocol.errors import AmtError, AmtNoAnswer, AmtNotSetUp, AmtTlsFailed, AmtUnreachable
from amt.protocol.http.handshake import shake_hands
from amt.protocol.probe import find_ports
from amt.protocol.wsman.session import Limits, Tls
from amt.provisioning import ends
from amt.work.each_device import each_device, failed
from amt.work.steps import Steps
from devices.models import JobItem, User
from devices.work import CarryOut, Outcome, Rows, not_sent, run_items
from vault.models import Secret

AT_ONCE = 50  # devices of one worker task
LIMITS = Limits(connect_seconds=settings.AMT_CONNECT_SECONDS)
FAILED = (JobItem.Status.FAILED, JobItem.Status.UNKNOWN)
STEPS = (
    ("signed-in", "Signed in?"),
    ("order", "Unprovision"),
    ("gone", "Gone?"),
)


def run_unprovision_items(item_pks: Sequence[int]) -> None:
    """Unprovision the device of each of ``item_pks`` that can be claimed."""

    def prepare(items: list[JobItem]) -> CarryOut:
        asked = UnprovisionOrder.objects.filter(job__in={item.job_id for item in items})
        orders = {order.job_id: order for order in asked.select_related("credential")}
        accesses = _accesses(items, orders)
        carry_out = each_device(accesses, partial(_act, orders))

        async def carried_out(item: JobItem, rows: Rows) -> Outcome:
            outcome = await carry_out(item, rows)
            order = orders.get(item.job_id)
            if outcome.status in FAILED and order and order.deletes_failed:
                await rows.in_database(partial(_give_up, item, outcome))
            return outcome

        return carried_out

    run_items(item_pks, prepare, at_once=AT_ONCE)


def _accesses(
    items: Sequence[JobItem], orders: dict[int, UnprovisionOrder]
) -> dict[int, connect.Access | AmtError]:
    """Return the way to each device: with the credential of its job, or its own login."""
    found: dict[int, connect.Access | AmtError] = {}
    for job in {item.job_id for item in items}:
        devices = [item.device for item in items if item.job_id == job and item.device]
        order = orders.get(job)
        secret = None
        if order and order.credential:
            active = Secret.objects.active().select_related("credential")
            secret = active.filter(credential=order.credential, amt_uuid=None).first()
            if secret is None:
                missing = AmtNotSetUp(code="password-missing", credential=order.credential)
                found |= {device.pk: missing for device in devices}
                continue
        found |= connect.accesses(devices, policy=guard.TASK, secret=secret)
    return found


def _give_up(item: JobItem, outcome: Outcome) -> None:
    """Delete the device here (S100); who asked for it answers for it."""
    if item.device is None:
        return
    by: User | None = item.job.asked_by
    if by is None:
        outcome.message += " It stays here: who asked for it has gone."
        return
    try:
        ends.give_up(device=item.device, why=outcome.message, by=by)
    except Exception as error:  # the line's own outcome must not be lost over it
        outcome.message += f" It stays here: {error}"
    else:
        outcome.message += " Deleted here; the register of orphaned devices keeps it."


async def _act(
    orders: dict[int, UnprovisionOrder], access: connect.Access, item: JobItem, rows: Rows
) -> Outcome:
    async with connect.Line(access) as line:
        return await Leaving(item, rows, line, orders[item.job_id].is_full).carry_out()


@dataclass
class Leaving:
    """The way out of one device."""

    item: JobItem
    rows: Rows
    line: connect.Line
    is_full: bool

    def __post_init__(self) -> None:
        self.steps = Steps(self.item, self.rows, STEPS, is_told=True)

    async def carry_out(self) -> Outcome:
        """Return how it ended. A line that is begun again looks first: the device may be gone."""
        try:
            outcome = await self._leave()
        except AmtError as error:
            step = self.steps.asked or self.steps.steps["signed-in"]
            self.steps.end_at(step.key, f"{step.word.rstrip('?')}: failed", str(error))
            outcome = failed(error)
        outcome.evidence = self.steps.evidence
        return outcome

    async def _leave(self) -> Outcome:
        if self.item.sent_at is not None and await self._is_gone(said_yes=False):
            return await self._ended()
        self.steps.ask("signed-in")
        session = await self.line.session()
        await session.check_login()
        self.steps.say("signed-in", "ok", "Signed in")
        if not await self.rows.may_send(self.item):
            return not_sent(self.item)
        self.steps.ask("order")
        lost: AmtNoAnswer | None = None
        try:
            await session.unprovision(is_full=self.is_full)
        except AmtNoAnswer as error:  # it may have left before it could say yes
            lost = error
        said = "It hung up before it said anything." if lost else "The device said yes."
        self.steps.say("order", "warn" if lost else "ok", "Taken" if not lost else "Sent", said)
        self.rows.note(self.item, status=JobItem.Status.VERIFYING)
        await self.line.hang_up()
        return await self._watch(lost)

    async def _watch(self, lost: AmtNoAnswer | None) -> Outcome:
        """Look until the device is gone. ``lost``: no answer came, so silence proves nothing."""
        self.steps.ask("gone")
        until = monotonic() + settings.AMT_BACK_SECONDS
        while monotonic() < until:
            if await self._is_gone(said_yes=lost is None):
                return await self._ended()
            await asyncio.sleep(settings.AMT_LOOK_AGAIN_SECONDS)
        self.steps.end_at("gone", "Not seen to be gone")
        if lost:
            return Outcome(JobItem.Status.UNKNOWN, str(lost), code=lost.code, detail=lost.detail)
        return Outcome(
            JobItem.Status.ACCEPTED,
            "The device said yes to Unprovision, and still answers as before.",
            code="still-there",
        )

    async def _is_gone(self, *, said_yes: bool) -> bool:
        """Return whether nothing of AMT answers, or only one that waits to be set up.

        Silence counts for one that said yes; of others only a port that is closed does.
        """
        host = self.line.access.settings.address
        try:
            ports = await find_ports(host, [PORT_HTTPS, PORT_HTTP], LIMITS)
        except AmtUnreachable as error:
            return said_yes or error.code == "port-closed"
        if PORT_HTTP in ports:
            return False
        try:
            await shake_hands(host, PORT_HTTPS, Tls.LEGACY, LIMITS)
        except AmtTlsFailed:
            return True
        except AmtUnreachable:
            return False  # it comes and goes: look again
        return False

    async def _ended(self) -> Outcome:
        self.steps.say("gone", "ok", "Gone", "It does not answer as a device that is set up.")
        device, by = self.item.device, self.item.job.asked_by
        if device:
            write = partial(ends.gone, device=device, is_full=self.is_full, by=by)
            await self.rows.in_database(write)
        what = "Unprovisioned in full." if self.is_full else "Unprovisioned in part."
        after = "" if self.is_full else " It says hello again and can be provisioned."
        return Outcome(JobItem.Status.DONE, what + after)
