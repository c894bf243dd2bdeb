"""The power state machine of a simulated host: what an order does, at once and after a while."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from amt.constants import OsPowerSavingState, PowerState, ReturnValue

S = PowerState
SLEEPING = frozenset({S.SLEEP_LIGHT, S.SLEEP_DEEP, S.HIBERNATE})
GRACEFUL = frozenset({S.SLEEP_DEEP, S.HIBERNATE, S.OFF_SOFT_GRACEFUL, S.MASTER_BUS_RESET_GRACEFUL})
WHEN_ON = (
    S.MASTER_BUS_RESET,
    S.OFF_SOFT,
    S.CYCLE_SOFT,
    S.DIAGNOSTIC_INTERRUPT,
    S.SLEEP_DEEP,
    S.HIBERNATE,
    S.MASTER_BUS_RESET_GRACEFUL,
    S.OFF_SOFT_GRACEFUL,
)
HARD = (S.MASTER_BUS_RESET, S.OFF_SOFT, S.CYCLE_SOFT)  # all that old firmware knows of a host
WHEN_ASLEEP = (S.MASTER_BUS_RESET, S.OFF_SOFT, S.CYCLE_SOFT, S.ON)
WHEN_OFF = (S.ON,)
REQUESTABLE = frozenset({*WHEN_ON, *WHEN_ASLEEP, *WHEN_OFF})
BOOTS = frozenset({S.ON, S.CYCLE_SOFT, S.MASTER_BUS_RESET, S.MASTER_BUS_RESET_GRACEFUL})
OFF_PART = 0.25  # of the boot time a power cycle stays off


@dataclass(slots=True)
class PowerMachine:
    """One host. Delays are worked off when somebody looks, so no timer runs per device."""

    state: PowerState
    boot_seconds: float = 0.0
    has_agent: bool = True  # graceful orders need software on the host
    is_graceful: bool = True  # the firmware knows such orders
    is_modern_standby: bool = False  # the host has no S3: asleep, it dozes and AMT calls it on
    half_wakes: Callable[[], bool] = lambda: False  # an On leaves the operating system dozing
    on_boot_start: Callable[[float], None] = lambda when: None  # seconds of time.monotonic()
    on_boot_end: Callable[[float], None] = lambda when: None
    saving: OsPowerSavingState = OsPowerSavingState.FULL_POWER
    _due: list[tuple[float, Callable[[float], None]]] = field(default_factory=list)
    _is_booting: bool = False

    def advance(self) -> None:
        """Carry out what has fallen due since the last look, as if it had been done in time."""
        while self._due and self._due[0][0] <= time.monotonic():
            when, step = self._due.pop(0)
            step(when)

    @property
    def available(self) -> tuple[PowerState, ...]:
        """Return the states that may be requested now."""
        if self.state != S.ON:
            return WHEN_ASLEEP if self.state in SLEEPING else WHEN_OFF
        if not self.is_graceful:
            return HARD
        return tuple(
            state for state in WHEN_ON if not (self.is_modern_standby and state in SLEEPING)
        )

    @property
    def os_power_saving(self) -> OsPowerSavingState | None:
        """Return the operating system's state, None while there is none to ask."""
        return self.saving if self.state == S.ON and not self._is_booting else None

    def request(self, wanted: int) -> ReturnValue:
        """Obey one order, or say why not."""
        if wanted not in REQUESTABLE:
            return ReturnValue.INVALID_PARAMETER
        if wanted == S.ON and self.state == S.ON:
            return ReturnValue.OK
        if wanted not in self.available:
            return ReturnValue.NOT_NOW
        if wanted in GRACEFUL and (not self.has_agent or self._is_booting):
            return ReturnValue.NOT_NOW
        self._obey(PowerState(wanted))
        return ReturnValue.OK

    def request_os_power_saving(self, wanted: int) -> ReturnValue:
        """Bring the operating system to full power or to saving."""
        if wanted not in (OsPowerSavingState.FULL_POWER, OsPowerSavingState.POWER_SAVING):
            return ReturnValue.INVALID_PARAMETER
        if self.os_power_saving is None:
            return ReturnValue.NOT_NOW
        self.saving = OsPowerSavingState(wanted)
        return ReturnValue.OK

    def doze(self) -> None:
        """Let the operating system fall into standby by itself; AMT goes on calling it on."""
        self.saving = OsPowerSavingState.POWER_SAVING

    def press_button(self) -> None:
        """Do what a person at the machine does: on if it is off, off if it is on."""
        self._obey(S.OFF_SOFT if self.state == S.ON else S.ON)

    def _obey(self, wanted: PowerState) -> None:
        if wanted == S.DIAGNOSTIC_INTERRUPT:
            return
        now = time.monotonic()
        self._due.clear()
        self._is_booting = False
        if wanted in (S.OFF_SOFT, S.OFF_SOFT_GRACEFUL):
            self.state = S.OFF_SOFT
        elif wanted in (S.SLEEP_DEEP, S.HIBERNATE):
            self.state = wanted
        elif wanted == S.CYCLE_SOFT:
            self.state = S.OFF_SOFT
            self._at(now, self.boot_seconds * OFF_PART, self._start)
        elif self.state == S.SLEEP_DEEP and wanted == S.ON:
            self.state = S.ON  # waking is no boot
        else:
            self._start(now)

    def _start(self, when: float) -> None:
        self.state = S.ON
        self._is_booting = True
        self.saving = OsPowerSavingState.FULL_POWER
        self.on_boot_start(when)
        self._at(when, self.boot_seconds, self._finish)

    def _finish(self, when: float) -> None:
        self._is_booting = False
        if self.half_wakes():
            self.saving = OsPowerSavingState.POWER_SAVING
        self.on_boot_end(when)

    def _at(self, when: float, seconds: float, step: Callable[[float], None]) -> None:
        if seconds <= 0:
            step(when)
        else:
            self._due.append((when + seconds, step))
