"""What all tasks share that sign in to devices: the way to each, and how its sign-in ended."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from amt import connect, guard
from amt.protocol.errors import AmtError, AmtSignInStopped
from devices.models import JobItem
from devices.work import CarryOut, Outcome, Rows, Seen, run_items

Act = Callable[[connect.Access, JobItem, Rows], Awaitable[Outcome]]


def run_each_device(item_pks: Sequence[int], act: Act, *, at_once: int) -> list[connect.Access]:
    """Carry ``act`` out on the device of each of ``item_pks``; the rows are the result.

    Return the ways to those devices that there was one to.
    """
    reached: list[connect.Access] = []

    def prepare(items: list[JobItem]) -> CarryOut:
        accesses = connect.accesses([item.device for item in items if item.device])
        reached.extend(a for a in accesses.values() if isinstance(a, connect.Access))
        return each_device(accesses, act)

    run_items(item_pks, prepare, at_once=at_once)
    connect.remember(reached)
    return reached


def failed(error: AmtError) -> Outcome:
    """Return the end of an item of which surely nothing was carried out."""
    return Outcome(JobItem.Status.FAILED, str(error), code=error.code, detail=error.detail)


def each_device(accesses: Mapping[int, connect.Access | AmtError], act: Act) -> CarryOut:
    """Return what to do with one item: ``act`` on its device, or say why there is no way to it."""

    async def carry_out(item: JobItem, rows: Rows) -> Outcome:
        access = accesses.get(item.device_id or 0, connect.DELETED)
        if isinstance(access, AmtError):
            if isinstance(access, AmtSignInStopped):
                rows.saw(item, Seen(None, code=access.code), "task")
            return failed(access)
        try:
            return await act(access, item, rows)
        finally:
            rows.later(guard.settle, access)

    return carry_out
