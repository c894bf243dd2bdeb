"""What can be made to go wrong while a device is set up over the network.

    DeviceSpec(..., setup_faults=frozenset({
        SetupFault.NEVER_RETURNS,
        SetupFault.of("CommitChanges", Effect.DROP_AFTER),
        SetupFault.of("AddCertificate", returns=2063, times=1),
        SetupFault.of("Put AMT_TLSSettingData", Effect.FAULT),
    }))

A call is named by its method, or by its verb (Get, Put, Create, Delete, Enumerate) and class.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What happens to one call."""

    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    HANG_AFTER = "hang-after"
    FAULT = "fault"
    RETURNS = "returns"


@dataclass(frozen=True, slots=True)
class CallFault:
    """A call that goes wrong, each time or only the first ``times``."""

    call: str
    effect: Effect
    returns: int = 0
    times: int = 0  # 0: each time


class SetupFault(StrEnum):
    """What goes wrong with the device as a whole."""

    NEVER_RETURNS = "never-returns"
    OLD_CERTIFICATE = "old-certificate"
    REFUSES_NEW_PASSWORD = "refuses-new-password"  # noqa: S105 - the name of a fault
    STAYS_IN = "stays-in"
    KEYS_NEVER_READY = "keys-never-ready"
    CLOCK_STANDS = "clock-stands"
    TLS_NOT_TAKEN = "tls-not-taken"
    HELLO_STOPS = "hello-stops"

    @staticmethod
    def of(
        call: str, effect: Effect = Effect.RETURNS, *, returns: int = 0, times: int = 0
    ) -> CallFault:
        """Return a fault of one call: ``of("Unprovision", returns=2076)``."""
        return CallFault(call, effect, returns, times)


SETUP_MEANING = {
    SetupFault.NEVER_RETURNS: "after a commit no port opens again",
    SetupFault.OLD_CERTIFICATE: "after a commit TLS shows the certificate of before",
    SetupFault.REFUSES_NEW_PASSWORD: "the administrator's new password is taken and does not work",
    SetupFault.STAYS_IN: "a commit is answered with 0, and the device stays in set-up",
    SetupFault.KEYS_NEVER_READY: "a key pair is being generated for ever (2061)",
    SetupFault.CLOCK_STANDS: "setting the clock is answered with 1 and changes nothing",
    SetupFault.TLS_NOT_TAKEN: "TLS settings are taken and read back as before",
    SetupFault.HELLO_STOPS: "no more hello messages are sent",
}
AnyFault = SetupFault | CallFault


class SetupFaults:
    """The faults that a device has, and how often those of single calls have happened."""

    def __init__(self, faults: Iterable[AnyFault] = ()) -> None:
        self._faults = tuple(faults)
        self._used: Counter[CallFault] = Counter()
        self.returned: int | None = None  # what the call being answered is to return

    def __contains__(self, fault: SetupFault) -> bool:
        return fault in self._faults

    def next_of(self, call: str) -> CallFault | None:
        """Return what goes wrong with a call this time, and count it."""
        for fault in self._faults:
            if isinstance(fault, CallFault) and fault.call == call:
                if fault.times and self._used[fault] >= fault.times:
                    continue
                self._used[fault] += 1
                return fault
        return None
