"""Read power states: asked for by a person (items), and in the background (no rows but devices)."""

import asyncio
from collections.abc import Sequence

import uvloop
from django.utils import timezone

from amt import connect
from amt.protocol.errors import AmtError
from devices import levels
from devices.models import Device, JobItem
from devices.work import CarryOut, Outcome, Rows, Seen, run_items, save_seen
from power.levels import DEVICES_AT_ONCE
from power.work import outcomes


def run_read_items(item_pks: Sequence[int]) -> None:
    """Read the state of each device among ``item_pks``; the rows are the result."""
    reached: list[connect.Access] = []

    def prepare(items: list[JobItem]) -> CarryOut:
        accesses = connect.accesses([item.device for item in items if item.device])
        reached.extend(a for a in accesses.values() if isinstance(a, connect.Access))

        async def carry_out(item: JobItem, rows: Rows) -> Outcome:
            access = accesses.get(item.device_id or 0, connect.DELETED)
            if isinstance(access, AmtError):
                return outcomes.failed(access)
            seen, error = await read(access)
            rows.saw(item, seen, "task")
            item.state_after = seen.state
            if error:
                return outcomes.failed(error)
            return Outcome(JobItem.Status.DONE, f"It is {outcomes.word(seen.state)}.")

        return carry_out

    run_items(item_pks, prepare, at_once=levels.zone_value(DEVICES_AT_ONCE))
    connect.remember(reached)


def poll_power_states(device_pks: Sequence[int]) -> None:
    """Read and write down the states of these devices, but of those with an order under way."""
    busy = JobItem.objects.active().filter(device__among=device_pks).values("device")
    devices = list(Device.objects.filter(pk__among=device_pks).exclude(pk__in=busy))
    accesses = {
        pk: access
        for pk, access in connect.accesses(devices).items()
        if isinstance(access, connect.Access)
    }
    began = timezone.now()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(_read_all(accesses, levels.zone_value(DEVICES_AT_ONCE)))
    save_seen({pk: (reading, "poll") for pk, reading in seen.items()}, unless_read_since=began)
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
            return Seen(await session.read_power_state()), None
    except AmtError as error:
        return Seen(None, code=error.code), error
