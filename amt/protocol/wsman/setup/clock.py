"""AMT_TimeSynchronizationService: the clock of the Management Engine, in seconds since 1970, UTC.

Source: amt-protocol.md 7.7.
"""

from __future__ import annotations

from collections.abc import Callable

from amt.protocol.wsman.session import Session

SERVICE = "AMT_TimeSynchronizationService"


async def read_clock(session: Session) -> int:
    """Return what the device thinks the time is."""
    output = await session.invoke(SERVICE, "GetLowAccuracyTimeSynch", is_read=True, reusable=True)
    return output.integer("Ta0")


async def set_clock(session: Session, *, told: int, now: Callable[[], float]) -> None:
    """Set the clock to ``now``; ``told`` is what the device said just before."""
    moment = int(now())
    arguments = {"Ta0": told, "Tm1": moment, "Tm2": moment}
    await session.invoke(SERVICE, "SetHighAccuracyTimeSynch", arguments)
