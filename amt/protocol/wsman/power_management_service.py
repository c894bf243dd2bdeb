"""Power: read the state of the host and order another (CIM_PowerManagementService)."""

from __future__ import annotations

from dataclasses import dataclass

from amt.constants import PowerState, ReturnValue
from amt.protocol.errors import AmtFault
from amt.protocol.wsman.instance import Instance, Reference, unexpected
from amt.protocol.wsman.session import Session

STATE_CLASS = "CIM_AssociatedPowerManagementService"
HOST = Reference(
    "CIM_ComputerSystem", {"CreationClassName": "CIM_ComputerSystem", "Name": "ManagedSystem"}
)
ACCEPTED = frozenset({int(ReturnValue.OK), int(ReturnValue.JOB_STARTED)})


@dataclass(frozen=True, slots=True)
class PowerReading:
    """The state of the host, and the states that may be ordered from there as the device says."""

    state: PowerState | int  # a bare number where the device knows one that we do not
    available: tuple[int, ...] = ()


async def read_power_state(session: Session) -> PowerReading:
    """Return the power state in one round trip.

    Firmware that does not serve the association by its own name is asked for its base class.

    Source: amt-protocol.md 3.1.
    """
    try:
        return _reading(await session.get(STATE_CLASS))
    except AmtFault as fault:
        if fault.subcode == "wsman:AccessDenied":
            raise
    for instance in await session.enumerate("CIM_ServiceAvailableToElement"):
        if "PowerState" in instance:
            return _reading(instance)
    raise unexpected(STATE_CLASS, "no instance with a PowerState")


def _reading(instance: Instance) -> PowerReading:
    number = instance.integer("PowerState")
    return PowerReading(
        state=instance.member("PowerState", PowerState) or number,
        available=instance.integers("AvailableRequestedPowerStates"),
    )


async def request_power_state(
    session: Session, state: PowerState, *, send_before: float | None = None
) -> None:
    """Ask the Management Engine to bring the host into ``state``.

    Returns as soon as the order is accepted; the host may need seconds more to obey. Nothing goes
    out after ``send_before``, a moment of the monotonic clock.

    Raises:
        AmtReturnValue: the device refused the order (2: not possible in its present state).
        AmtHeldUp: ``send_before`` had passed; nothing was sent.
        AmtNoAnswer: sent, but no answer within the session's time limit; it may have been obeyed.

    Source: DMTF CIM_PowerManagementService.RequestPowerStateChange; amt-protocol.md 3.2.
    """
    await session.invoke(
        "CIM_PowerManagementService",
        "RequestPowerStateChange",
        {"PowerState": int(state), "ManagedElement": HOST},
        accepted=ACCEPTED,
        reusable=True,
        send_before=send_before,
    )
