"""One simulated device: who it is, what state it is in, what it was ordered to do."""

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amt.constants import PowerState, ReturnValue

from .audit_log import (
    BOOT_OPTIONS,
    CYCLE,
    DOWN,
    PROVISIONED,
    REMOTE_CONTROL,
    RESET,
    SECURITY,
    UP,
    AuditLog,
)
from .certificates import Certificate
from .digest import Gatekeeper
from .event_log import MEMORY_INIT, PCI_CONFIGURATION, STARTING_OS, EventLog
from .faults import Fault
from .power import PowerMachine
from .profiles import PROFILES, Profile
from .set_up import SetUp, State, StickResult, boot_from

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
NAMESPACE = uuid.UUID("5f6c9a52-6a0e-4b39-8f57-6f3a3c1c0a11")


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """What a device is to be like. Identity (UUID, realm, names) follows from the address."""

    address: str
    profile: str = "16.1"
    username: str = "admin"
    password: str = field(default="P@ssw0rd", repr=False)
    tls: bool = True
    plain: bool = True  # also where this firmware comes without: see ``as_it_comes``
    rmcp: bool = True
    redirection: bool = False  # ports 16994 and 16995
    power: PowerState = PowerState.ON
    boot_ms: int = 0
    latency_ms: int = 0
    faults: frozenset[Fault] = frozenset()
    host_name: str = ""
    has_agent: bool = True
    clock_offset_seconds: float = 0.0
    is_factory: bool = False  # as it left the factory: nothing listens until it is set up
    hello_to: tuple[str, int] | None = None  # whom it says hello until it is set up
    hello_pace: float = 1.0  # 0.1: ten times as often as firmware


def as_it_comes(profile: str, **like: Any) -> DeviceSpec:
    """Return a device with those ports open that its firmware opens by itself."""
    known = PROFILES[profile]
    return DeviceSpec(
        **{"address": "", "plain": known.opens_plain, "rmcp": known.opens_rmcp, **like},
        profile=profile,
    )


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


class Device:
    """A device on one address. Attributes may be read from any thread."""

    def __init__(self, spec: DeviceSpec, log: Callable[[Order], None] | None = None) -> None:
        self.spec = spec
        self.address = spec.address
        self.profile: Profile = PROFILES[spec.profile]
        self.uuid = uuid.uuid5(NAMESPACE, spec.address)
        self.host_name = spec.host_name or "sim-" + "-".join(spec.address.split(".")[1:])
        self.set_up = SetUp(State.PRE) if spec.is_factory else SetUp(password=spec.password)
        self.latency_ms = spec.latency_ms
        self.slow_seconds = 3.0
        self.faults: frozenset[Fault] = frozenset()
        self.gatekeeper = Gatekeeper(
            spec.username, spec.password, self._realm_after(0), self.profile.qop
        )
        self.certificate = Certificate(spec.address, self.profile.identity)
        self.clock_offset = spec.clock_offset_seconds
        self.event_log = EventLog()
        self.audit_log = AuditLog()
        self.stored: dict[tuple[str, str], dict[str, Any]] = {}
        self.boot_source = ""
        self.boot_role = NO_ROLE
        self.boots: list[Boot] = []
        self.orders: list[Order] = []
        self.requests = 0
        self.peer = "127.0.0.1"  # of the request being answered
        self.failed_sign_ins = 0
        self.redirection: object | None = None  # the session that is open
        self.lock = threading.RLock()
        self._log = log
        self._on_change: Callable[[Device], None] = lambda device: None
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
        self._apply(spec.faults)

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
    def domain(self) -> str:
        """Return the DNS domain that it was given."""
        return self.set_up.domain or "practice.example"

    @property
    def realm(self) -> str:
        """Return the digest realm as it is now."""
        return self.gatekeeper.realm

    @property
    def certificate_sha256(self) -> str:
        """Return the SHA-256 of the TLS certificate shown now: 64 lower-case digits."""
        return self.certificate.sha256

    @property
    def clock(self) -> float:
        """Return the Management Engine's clock, in seconds since 1970."""
        return time.time() + self.clock_offset

    def set_faults(self, *faults: Fault | str) -> None:
        """Have exactly these faults from now on; none heals the device."""
        self._apply(Fault(fault) for fault in faults)
        self._on_change(self)

    def when_changed(self, call: Callable[["Device"], None]) -> None:
        """Have the one who serves this device told of other faults, or that it is set up."""
        self._on_change = call

    def request_power(self, wanted: int) -> ReturnValue:
        """Obey one power order, or say why not: an open session keeps the host from going off."""
        if self.redirection and wanted in (PowerState.OFF_SOFT, PowerState.CYCLE_SOFT):
            return ReturnValue.NOT_NOW
        return self.machine.request(wanted)

    def press_power_button(self) -> None:
        """Press the button at the machine; this is no order."""
        with self.lock:
            self.machine.press_button()

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
            if taken.stick != before:
                stick.write_bytes(taken.stick)
        self._on_change(self)
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
            self.audit_log.add(self.clock, REMOTE_CONTROL, event, self.spec.username, self.peer)
        if self._log:
            self._log(order)

    def _apply(self, faults: Iterable[Fault]) -> None:
        self.faults = frozenset(faults)
        self.gatekeeper.set_realm(self._realm_after(int(Fault.CHANGED_REALM in self.faults)))
        self.certificate.use(int(Fault.CHANGED_CERTIFICATE in self.faults))

    def _realm_after(self, set_ups: int) -> str:
        digits = hashlib.sha256(f"{self.address}/{set_ups}".encode()).hexdigest()[:32].upper()
        return "Digest:" + (digits if self.profile.random_realm else digits[:4].ljust(32, "0"))

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
        self.audit_log.add(yesterday - 30 * DAY, SECURITY, PROVISIONED, "admin", "127.0.0.1")
        if self.profile.writes_boot_records:
            for step in (MEMORY_INIT, PCI_CONFIGURATION, STARTING_OS):
                self.event_log.add_progress(yesterday, step)
