"""The power saving state of the operating system (IPS_PowerManagementService, AMT 10 and newer)."""

from __future__ import annotations

from amt.constants import OsPowerSavingState
from amt.protocol.errors import AmtFault
from amt.protocol.wsman.power_management_service import ACCEPTED, HOST
from amt.protocol.wsman.session import Session

CLASS = "IPS_PowerManagementService"


async def read_os_power_saving_state(session: Session) -> OsPowerSavingState | None:
    """Return the state; None while the host is off, and where the firmware has no such class.

    Source: amt-protocol.md 3.3.
    """
    try:
        instance = await session.get(CLASS)
    except AmtFault as fault:
        if fault.subcode == "wsman:AccessDenied":
            raise
        return None
    return instance.member("OSPowerSavingState", OsPowerSavingState)


async def request_os_power_saving_state(
    session: Session, state: OsPowerSavingState, *, send_before: float | None = None
) -> None:
    """Ask for another state, full power above all: it wakes a host from modern standby.

    Nothing goes out after ``send_before``, a moment of the monotonic clock.

    Raises:
        AmtReturnValue: the device refused.
    """
    await session.invoke(
        CLASS,
        "RequestOSPowerSavingStateChange",
        {"OSPowerSavingState": int(state), "ManagedElement": HOST},
        accepted=ACCEPTED,
        reusable=True,
        send_before=send_before,
    )
