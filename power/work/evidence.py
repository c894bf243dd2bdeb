"""What proves that an order was carried out (D18)."""

from typing import Any

from amt.connect import AmtSession
from amt.protocol.errors import AmtError
from power.models import PowerAction
from power.work.outcomes import OFF, ON

FULL_POWER, POWER_SAVING = 2, 3
RESTARTS = (PowerAction.RESET, PowerAction.CYCLE)


class Watch:
    """Looks at one device after an order and tells when the evidence is complete.

    On: state 2, and the OS at full power where that can be read. Off: state 6 or 8. Reset: a boot
    record newer than the order, or the OS state gone and back. Cycle: such a record, or an off
    state in between.
    """

    def __init__(self, action: PowerAction, before: dict[str, Any]) -> None:
        self.action = action
        self.newest = before.get("newest_record")  # by the device's clock; None: no event log
        self.expects_records = bool(before.get("writes_records"))
        self.os_before = before.get("os_state")
        self.os_state: int | None = None
        self.is_dozing = False  # on, as AMT says, and the operating system in standby
        self.is_proven = False
        self._off_seen = False
        self._os_gone = False

    @staticmethod
    async def before(session: AmtSession, action: PowerAction) -> dict[str, Any]:
        """Read, before the order goes out, what a restart will be told by."""
        if action not in RESTARTS:
            return {}
        found: dict[str, Any] = {"os_state": await os_state(session)}
        if records := await session.boot_records():
            found["newest_record"], found["writes_records"] = records
        return found

    @property
    def is_enough(self) -> bool:
        """Return whether the evidence suffices though the device is not back yet."""
        return self.action is PowerAction.CYCLE and self._off_seen

    def lost_sight(self) -> None:
        """Note that the last look failed: an engine that restarts is silent for a while."""
        self.os_state = None

    async def look(self, session: AmtSession) -> int:
        """Read what the evidence needs; set ``is_proven`` once it is complete; return the state."""
        state = await session.read_power_state()
        if self.action is PowerAction.OFF:
            self.is_proven = state in OFF
        elif self.action is PowerAction.ON:
            self.is_dozing = state == ON and not await self._os_is_up(session)
            self.is_proven = state == ON and not self.is_dozing
        else:
            await self._look_for_restart(session, state)
        return state

    async def _os_is_up(self, session: AmtSession) -> bool:
        self.os_state = await os_state(session)
        return self.os_state != POWER_SAVING

    async def _look_for_restart(self, session: AmtSession, state: int) -> None:
        if state in OFF:
            self._off_seen = True
        elif self.action is PowerAction.CYCLE and self._off_seen:
            self.is_proven = True
        if self.newest is not None and await session.booted_since(self.newest):
            self.is_proven = True
        elif self.action is PowerAction.RESET and self.os_before is not None:
            self.os_state = await os_state(session)
            self._os_gone = self._os_gone or self.os_state is None
            self.is_proven = self._os_gone and self.os_state == FULL_POWER


async def os_state(session: AmtSession) -> int | None:
    """Return the OS state; None while it is absent, and where the firmware does not tell it."""
    try:
        return await session.read_os_state()
    except AmtError:
        return None
