"""One simulated device: who it is, what state it is in, what it was ordered to do."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amt.constants import PowerState, ReturnValue

from .alerts import alert_of, letters
from .audit_log import (
    BOOT_OPTIONS,
    CYCLE,
    DOWN,
    PROVISIONED,
    REMOTE_CONTROL,
    RESET,
    SECURITY,
    UP,
)
from .device_spec import DeviceSpec
from .engine import Engine
from .event_log import MEMORY_INIT, PCI_CONFIGURATION, STARTING_OS, EventLog
from .faults import Fault
from .postman import Postman
from .power import PowerMachine
from .set_up import State, StickResult, boot_from

DAY = 86_400  # seconds
NO_ROLE = 32768  # of the boot configuration: not for the next boot
BOOT_SETTINGS = ("AMT_BootSettingData", "Intel(r) AMT:BootSettingData 0")
AUDITED: dict[tuple[str, int | None], int] = {
    ("RequestPowerStateChange", PowerState.ON): UP,
    ("RequestPowerStateChange", PowerState.OFF_SOFT): DOWN,
    ("RequestPowerStateChange", PowerState.CYCLE_SOFT): CYCLE,
    ("RequestPowerStateChange", PowerState.MASTER_BUS_RESET): RESET,
    ("ChangeBootOrder", None): BOOT_OPTIONS,
}


@dataclass(frozen=True, slots=True)
class Order:
    """One order that was executed."""

    time: str  # ISO 8601, UTC, real time
    address: str
    class_name: str
    method: str
    requested: int | None
    before: PowerState
    after: PowerState


@dataclass(frozen=True, slots=True)
class Boot:
    """How the host was booted: the source and the settings that held for this boot only."""

    source: str
    settings: dict[str, Any]


class Device(Engine):
    """A PC with its management engine. Attributes may be read from any thread."""

    def __init__(self, spec: DeviceSpec, log: Callable[[Order], None] | None = None) -> None:
        super().__init__(spec)
        self.latency_ms = spec.latency_ms
        self.slow_seconds = 3.0
        self.postman = Postman()
        self.event_log = EventLog(self._tell)
        self.boot_source = ""
        self.boot_role = NO_ROLE
        self.boots: list[Boot] = []
        self.orders: list[Order] = []
        self.requests = 0
        self.failed_sign_ins = 0
        self.redirection: object | None = None  # the session that is open
        self._log = log
        self._machine = PowerMachine(
            state=spec.power,
            boot_seconds=spec.boot_ms / 1000,
            has_agent=spec.has_agent,
            is_graceful=self.profile.is_graceful,
            is_modern_standby=self.profile.is_modern_standby,
            half_wakes=lambda: Fault.HALF_WAKES in self.faults,
            on_boot_start=self._boot_started,
            on_boot_end=self._boot_ended,
        )
        self._write_history()

    @property
    def machine(self) -> PowerMachine:
        """Return the power state machine, brought up to now."""
        with self.lock:
            self._machine.advance()
        return self._machine

    @property
    def power(self) -> PowerState:
        """Return the power state as it is now."""
        return self.machine.state

    @property
    def is_off_network(self) -> bool:
        """Return whether the engine is off with its host, as its power policy wants it."""
        sleeps = Fault.SLEEPS_WITH_HOST in self.faults
        return sleeps and self.machine.state is not PowerState.ON

    def request_power(self, wanted: int) -> ReturnValue:
        """Obey one power order, or say why not: an open session keeps the host from going off."""
        if self.redirection and wanted in (PowerState.OFF_SOFT, PowerState.CYCLE_SOFT):
            return ReturnValue.NOT_NOW
        answer = self.machine.request(wanted)
        if self.is_off_network:
            self._changed()
        return answer

    def press_power_button(self) -> None:
        """Press the button at the machine; this is no order."""
        with self.lock:
            self.machine.press_button()
        self._changed()

    def boot_from(self, stick: Path) -> StickResult:
        """Boot with ``stick`` (a setup.bin) in the machine: firmware takes what it says.

        A record that is consumed is marked in the file, as firmware does.
        """
        with self.lock:
            before = stick.read_bytes()
            taken = boot_from(before, self.set_up, firmware=self.profile.major_minor)
            if taken.set_up:
                self.set_up = taken.set_up
                self.host_name = taken.set_up.host_name or self.host_name
                self.gatekeeper.set_password(taken.set_up.password)
                self.reset_tls(as_spec=taken.set_up.is_done)
                if taken.set_up.state is State.IN:
                    self.window.open(self.spec.setup_hours)
            if taken.stick != before:
                stick.write_bytes(taken.stick)
        self._changed()
        return taken.result

    def note_sign_in(self, *, is_right: bool) -> None:
        """Count the refused log-ins in a row, and write the third of each three."""
        self.failed_sign_ins = 0 if is_right else self.failed_sign_ins + 1
        if self.failed_sign_ins and self.failed_sign_ins % 3 == 0:
            self.event_log.add_failed_sign_in(self.clock, self.failed_sign_ins)

    def note_order(
        self,
        class_name: str,
        method: str,
        requested: int | None,
        before: PowerState,
    ) -> None:
        """Remember an executed order and write it to the fleet's log."""
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        after = self._machine.state
        order = Order(now, self.address, class_name, method, requested, before, after)
        self.orders.append(order)
        event = AUDITED.get((method, requested))
        if event is not None:
            self.audit(REMOTE_CONTROL, event)
        if self._log:
            self._log(order)

    def _tell(self, record: bytes) -> None:
        """Have an event sent to whoever subscribed to it; nobody here waits for that."""
        if self.subscriptions and (alert := alert_of(record)):
            for letter in letters(alert, self.subscriptions):
                self.postman.send(letter)

    def _boot_started(self, when: float) -> None:
        settings = self.stored.pop(BOOT_SETTINGS, {})
        self.boots.append(Boot(self.boot_source if self.boot_role == 1 else "", settings))
        self.boot_source, self.boot_role = "", NO_ROLE
        self._write_progress(when, MEMORY_INIT, PCI_CONFIGURATION)

    def _boot_ended(self, when: float) -> None:
        self._write_progress(when, STARTING_OS)

    def _write_progress(self, when: float, *steps: int) -> None:
        if self.profile.writes_boot_records:
            for step in steps:
                self.event_log.add_progress(self.clock - time.monotonic() + when, step)

    def _write_history(self) -> None:
        yesterday = self.clock - DAY
        if not self.spec.is_factory:
            self.audit_log.add(yesterday - 30 * DAY, SECURITY, PROVISIONED, "admin", "127.0.0.1")
        if self.profile.writes_boot_records:
            for step in (MEMORY_INIT, PCI_CONFIGURATION, STARTING_OS):
                self.event_log.add_progress(yesterday, step)
