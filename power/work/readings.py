"""Read power states: asked for by a person (items), and in the background (no rows but devices)."""

import asyncio
from collections.abc import Sequence

import uvloop
from django.utils import timezone

from amt import connect, guard
from amt.protocol.errors import AmtError
from amt.work.each_device import failed, run_each_device
from devices import levels
from devices.models import Device, JobItem
from devices.work import Outcome, Rows, Seen, save_seen
from power.levels import DEVICES_AT_ONCE
from power.work import outcomes
from power.work.evidence import POWER_SAVING, os_state


def run_read_items(item_pks: Sequence[int]) -> None:
    """Read the state of each device among ``item_pks``; the rows are the result."""
    run_each_device(item_pks, read_one, at_once=levels.zone_value(DEVICES_AT_ONCE))


async def read_one(access: connect.Access, item: JobItem, rows: Rows) -> Outcome:
    """Read the state of one device."""
    seen, error = await read(access)
    rows.saw(item, seen, "task")
    item.state_after = seen.state
    if error:
        return failed(error)
    dozes = ", its operating system in standby" if seen.os_state == POWER_SAVING else ""
    return Outcome(JobItem.Status.DONE, f"It is {outcomes.word(seen.state)}{dozes}.")


def poll_power_states(device_pks: Sequence[int]) -> None:
    """Read and write down the states of these devices, but of those with an order under way."""
    busy = JobItem.objects.active().filter(device__among=device_pks).values("device")
    devices = list(Device.objects.filter(pk__among=device_pks).exclude(pk__in=busy))
    began = timezone.now()
    found = connect.accesses(devices, policy=guard.BACKGROUND)
    accesses = {pk: one for pk, one in found.items() if isinstance(one, connect.Access)}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(_read_all(accesses, levels.zone_value(DEVICES_AT_ONCE)))
    seen |= {pk: Seen(None, code=e.code) for pk, e in found.items() if isinstance(e, AmtError)}
    save_seen({pk: (reading, "poll") for pk, reading in seen.items()}, unless_read_since=began)
    guard.settle(list(accesses.values()))
    connect.remember(list(accesses.values()))


async def _read_all(accesses: dict[int, connect.Access], at_once: int) -> dict[int, Seen]:
    room = asyncio.Semaphore(at_once)

    async def one(pk: int, access: connect.Access) -> tuple[int, Seen]:
        async with room:
            return pk, (await read(access))[0]

    return dict(await asyncio.gather(*(one(pk, access) for pk, access in accesses.items())))


async def read(access: connect.Access) -> tuple[Seen, AmtError | None]:
    """Return what was seen of a device's power, and why not if it could not be read."""
    try:
        async with connect.Line(access) as line:
            session = await line.session()
            state = await session.read_power_state()
            return Seen(state, await os_state(session) if state == outcomes.ON else None), None
    except AmtError as error:
        return Seen(None, code=error.code), error
