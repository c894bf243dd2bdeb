"""What all tasks share that sign in to devices: the way to each, and how its sign-in ended."""

from collections.abc import Awaitable, Callable, Mapping

from amt import connect, guard
from amt.protocol.errors import AmtError, AmtSignInStopped
from devices.models import JobItem
from devices.work import CarryOut, Outcome, Rows, Seen

Act = Callable[[connect.Access, JobItem, Rows], Awaitable[Outcome]]


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
