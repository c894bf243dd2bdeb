"""What a simulated device is to be like when it starts."""

from dataclasses import dataclass, field, replace
from typing import Any

from amt.constants import PowerState

from .faults import Fault
from .profiles import PROFILES
from .set_up import FACTORY_PASSWORD, ControlMode, SetUp, State, TrustedHash
from .set_up_window import FIRST_HOURS
from .setup_faults import AnyFault


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """What a device is to be like. Identity (UUID, realm, names) follows from the address.

    With ``pid`` and ``pps`` firmware up to 10 is set up by TLS-PSK. Where the ssl module cannot
    serve that (before Python 3.13) such a device says hello and listens, and refuses everybody.
    """

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
    is_activated: bool = False  # of a factory device: looks for a server; hello_to says so too
    hashes: tuple[TrustedHash, ...] = ()
    suffix: str = ""  # PKI DNS Suffix of MEBx
    dhcp_suffix: str = ""  # DHCP option 15
    server_name: str = ""  # Configuration Server FQDN of MEBx
    remote_configuration: bool = True  # ZTC of MEBx
    dhcp: bool = True
    mebx_password: str = field(default=FACTORY_PASSWORD, repr=False)  # of a factory device
    pid: str = ""  # eight characters; dashes are left out
    pps: str = field(default="", repr=False)
    setup_hours: float = FIRST_HOURS  # how long the set-up interface is open
    learns_host_name: bool = True  # from DHCP or from the host
    is_clock_set: bool | None = None  # None: where the device is set up
    lms: int = 0  # a port on the same address that stands for the host's own way in; 0: none
    restart_ms: int = 300  # how long a restart of the network takes
    key_ms: int = 0  # how long a key pair takes; until then GenerateKeyPair returns 2061
    setup_faults: frozenset[AnyFault] = frozenset()


def as_it_comes(profile: str, **like: Any) -> DeviceSpec:
    """Return a device with those ports open that its firmware opens by itself."""
    known = PROFILES[profile]
    return DeviceSpec(
        **{"address": "", "plain": known.opens_plain, "rmcp": known.opens_rmcp, **like},
        profile=profile,
    )


def set_up_of(spec: DeviceSpec) -> SetUp:
    """Return what MEBx of a new device holds."""
    held = SetUp(
        password=spec.password,
        remote_configuration=spec.remote_configuration,
        suffix=spec.suffix,
        dhcp_suffix=spec.dhcp_suffix,
        server_name=spec.server_name,
        dhcp=spec.dhcp,
        hashes=list(spec.hashes),
        pid=spec.pid.replace("-", ""),
        pps=spec.pps.replace("-", ""),
    )
    if not spec.is_factory:
        return held
    new = replace(held, state=State.PRE, control_mode=ControlMode.NONE, password=spec.mebx_password)
    return new.activated() if spec.is_activated or spec.hello_to else new
