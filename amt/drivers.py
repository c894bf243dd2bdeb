"""What power management asks of a device, in its own words, whichever interface carries it.

``connect`` opens the line; ``over`` chooses who speaks on it. Another family of devices would be
one more class here.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass

from amt.constants import BootTarget, OsPowerSavingState, PowerState
from amt.models import AmtSettings
from amt.protocol import eoi
from amt.protocol.errors import AmtBadAnswer, AmtError
from amt.protocol.versions import is_before
from amt.protocol.wsman import boot as boot_once
from amt.protocol.wsman import eventing, message_log, os_power, power_management_service
from amt.protocol.wsman.audit_log import read_audit_records
from amt.protocol.wsman.event_text import severity_name
from amt.protocol.wsman.eventing import Listener
from amt.protocol.wsman.general_settings import read_general_settings
from amt.protocol.wsman.inventory import is_about_one_class, read_facts
from amt.protocol.wsman.inventory_text import Facts
from amt.protocol.wsman.power_management_service import PowerReading
from amt.protocol.wsman.session import Session
from amt.protocol.wsman.setup import service

FIRST_WITH_OS_STATE = (10, 0)


@dataclass(frozen=True, slots=True)
class EngineReading:
    """An inventory: texts by section and name, and what the two logs hold, newest first."""

    facts: Facts
    records: list[message_log.EventRecord] | None  # None: the event log could not be read
    audit: list[list[str]]  # time in ISO 8601 or nothing, who, from where, text

    @property
    def events(self) -> list[list[str]]:
        """Return the event log as texts: time in ISO 8601 or nothing, severity, what happened."""
        return [
            [one.at.isoformat() if one.at else "", severity_name(one.severity), one.text]
            for one in self.records or []
        ]


class AmtSession(ABC):
    """An open session in the words of power management."""

    @abstractmethod
    async def read_power(self) -> PowerReading:
        """Return the power state and, where the device tells it, what may be ordered from there."""

    @abstractmethod
    async def request_power_state(
        self, state: PowerState, *, boot: BootTarget | None = None, send_before: float
    ) -> None:
        """Order ``state``, but send nothing after ``send_before`` (of the monotonic clock).

        ``boot`` is what was prepared by ``prepare_boot``.
        """

    @abstractmethod
    async def prepare_boot(self, target: BootTarget) -> None:
        """See to it that the next boot, and only the next, goes where it is told.

        Raises:
            AmtError: it will not; nothing was ordered.
        """

    @abstractmethod
    async def clear_boot(self) -> None:
        """Take back what ``prepare_boot`` told the device."""

    @abstractmethod
    async def unprovision(self, *, is_full: bool) -> None:
        """Take the device out of service; it leaves the network."""

    @abstractmethod
    async def wake_os(self, *, send_before: float) -> None:
        """Wake the operating system of a host that AMT calls on."""

    async def read_power_state(self) -> int:
        """Return the power state; see CIM_AssociatedPowerManagementService.PowerState."""
        return int((await self.read_power()).state)

    @abstractmethod
    async def check_login(self) -> None:
        """Ask for something harmless that only a login may see."""

    async def read_os_state(self) -> int | None:
        """Return the power saving state of the OS; None while it is off or where it is not told."""
        return None

    @abstractmethod
    async def read_inventory(self) -> EngineReading:
        """Return what the device tells of its PC, with the PC on or off."""

    @abstractmethod
    async def subscribe(self, listener: Listener, *, marks: Collection[str]) -> None:
        """Have events sent to ``listener``, in place of those whose address has one of ``marks``.

        Raises:
            AmtError: the device does not list it.
        """

    @abstractmethod
    async def unsubscribe(self, *, marks: Collection[str]) -> int:
        """Have none sent to addresses with one of ``marks``; return how many there were."""

    async def boot_records(self) -> tuple[int, bool] | None:
        """Return the time of the newest record, and whether any record tells of a boot.

        The time is in seconds since 1970 by the device's own clock, 0 for an empty log. None where
        the log cannot be read.
        """
        return None

    async def booted_since(self, newest: int) -> bool:
        """Return whether the event log holds a boot record newer than ``newest``."""
        return False


class OverWsMan(AmtSession):
    """WS-Management: AMT 3.2 and newer."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def read_power(self) -> PowerReading:
        return await power_management_service.read_power_state(self._session)

    async def check_login(self) -> None:
        await read_general_settings(self._session)

    async def read_os_state(self) -> int | None:
        if is_before(self._session.firmware, FIRST_WITH_OS_STATE):
            return None
        state = await os_power.read_os_power_saving_state(self._session)
        return None if state is None else int(state)

    async def request_power_state(
        self, state: PowerState, *, boot: BootTarget | None = None, send_before: float
    ) -> None:
        await power_management_service.request_power_state(
            self._session, state, send_before=send_before
        )

    async def prepare_boot(self, target: BootTarget) -> None:
        await boot_once.prepare(self._session, target)

    async def clear_boot(self) -> None:
        await boot_once.clear(self._session)

    async def unprovision(self, *, is_full: bool) -> None:
        await service.unprovision(self._session, is_full=is_full)

    async def wake_os(self, *, send_before: float) -> None:
        full = OsPowerSavingState.FULL_POWER
        await os_power.request_os_power_saving_state(self._session, full, send_before=send_before)

    async def read_inventory(self) -> EngineReading:
        facts = await read_facts(self._session)
        return EngineReading(facts, await self._records(), await self._audit())

    async def _audit(self) -> list[list[str]]:
        try:
            reading = await read_audit_records(self._session)
        except AmtError as error:
            if not is_about_one_class(error):
                raise
            return []
        return [
            [one.at.isoformat() if one.at else "", one.initiator, one.address, one.text]
            for one in reading.records
        ]

    async def _records(self) -> list[message_log.EventRecord] | None:
        try:
            return await message_log.read_newest_records(self._session, message_log.CAPACITY)
        except AmtError as error:
            if not is_about_one_class(error):
                raise
            return None

    async def subscribe(self, listener: Listener, *, marks: Collection[str]) -> None:
        await eventing.subscribe(self._session, listener, marks=marks)

    async def unsubscribe(self, *, marks: Collection[str]) -> int:
        return await eventing.unsubscribe(self._session, marks)

    async def boot_records(self) -> tuple[int, bool] | None:
        try:
            records = await message_log.read_newest_records(self._session)
        except AmtError:
            return None
        newest = max((int(record.at.timestamp()) for record in records if record.at), default=0)
        return newest, any(map(message_log.is_boot_record, records))

    async def booted_since(self, newest: int) -> bool:
        records = await message_log.read_newest_records(self._session)
        return any(
            record.at is not None
            and record.at.timestamp() > newest
            and message_log.is_boot_record(record)
            for record in records
        )


class OverEoi(AmtSession):
    """The older SOAP interface: states and orders, and no log to prove a restart by."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def read_power(self) -> PowerReading:
        return PowerReading(await eoi.read_power_state(self._session))

    async def check_login(self) -> None:
        await eoi.read_core_version(self._session)

    async def request_power_state(
        self, state: PowerState, *, boot: BootTarget | None = None, send_before: float
    ) -> None:
        await eoi.request_power_state(self._session, state, boot=boot, send_before=send_before)

    async def prepare_boot(self, target: BootTarget) -> None:
        await eoi.check_boot(self._session, target)  # it goes out with the order itself

    async def clear_boot(self) -> None:
        """Do nothing: what did not go out needs no taking back."""

    async def unprovision(self, *, is_full: bool) -> None:
        raise AmtBadAnswer(reason="no-ws-management")

    async def read_inventory(self) -> EngineReading:
        raise AmtBadAnswer(reason="no-ws-management")

    async def subscribe(self, listener: Listener, *, marks: Collection[str]) -> None:
        raise AmtBadAnswer(reason="no-ws-management")

    async def unsubscribe(self, *, marks: Collection[str]) -> int:
        raise AmtBadAnswer(reason="no-ws-management")

    async def wake_os(self, *, send_before: float) -> None:
        """Do nothing: this firmware knows of no operating system that dozes."""


async def over(session: Session, known: AmtSettings) -> AmtSession:
    """Return who speaks on an open session: as chosen by hand, or as the firmware needs it."""
    chosen = known.interface
    if chosen == AmtSettings.Interface.AUTO:
        firmware = session.firmware or known.firmware
        is_old = eoi.is_needed_by(firmware) if firmware else await _has_no_wsman(session)
        chosen = AmtSettings.Interface.EOI if is_old else AmtSettings.Interface.WSMAN
    return OverEoi(session) if chosen == AmtSettings.Interface.EOI else OverWsMan(session)


async def _has_no_wsman(session: Session) -> bool:
    """Ask a device that hides its version: one that knows no WS-Management says so."""
    try:
        await session.identify()
    except AmtBadAnswer as error:
        return error.reason in ("no-ws-management", "not-amt")  # the older one will tell
    return False
