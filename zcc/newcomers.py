"""Devices of a practice zone that come from the factory and wait to be provisioned."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address

from amt.models import AmtSettings, Certificate, DiscoveredDevice
from amt.provisioning import ends
from amt.services import certificates
from amt.simulator import PROFILES, DeviceSpec, addresses
from amt.simulator.set_up import TrustedHash, trusted_hashes
from devices.models import Device, Server

SUFFIX = "practice.example"
SERVER_NAME = f"amt.{SUFFIX}"
ELSEWHERE = "branch.example"
PLACE = 200 << 8  # how far behind the first device of the zone they begin
HELLO_PACE = 0.5
RESTART_MS = 3000
KEY_MS = 2000


@dataclass(frozen=True)
class Newcomer:
    """One such device; two of them show what goes wrong."""

    name: str
    profile: str
    knows_us: bool = True  # holds the hash of our root
    suffix: str = SUFFIX  # from DHCP


NEWCOMERS = (
    Newcomer("new-01", "14.1"),
    Newcomer("new-02", "16.1"),
    Newcomer("new-03", "16.1"),
    Newcomer("new-04", "19.0"),
    Newcomer("new-05", "16.1", knows_us=False),
    Newcomer("new-06", "12.0", suffix=ELSEWHERE),
)


def places(first: str) -> list[str]:
    """Return their addresses in the zone whose first device is at ``first``."""
    return addresses(str(IPv4Address(int(IPv4Address(first)) + PLACE)), len(NEWCOMERS))


def specs(first: str, hello_to: tuple[str, int]) -> list[DeviceSpec]:
    """Return what they are like, with the hash of the zone's root as it is now."""
    own = Certificate.objects.internal().first()
    root = bytes(own.der) if own else b""
    return [
        DeviceSpec(
            address,
            profile=one.profile,
            is_factory=True,
            host_name=one.name,
            hello_to=hello_to,
            hello_pace=HELLO_PACE,
            dhcp_suffix=one.suffix,
            hashes=_hashes(one, root),
            restart_ms=RESTART_MS,
            key_ms=KEY_MS,
        )
        for address, one in zip(places(first), NEWCOMERS, strict=True)
    ]


def _hashes(one: Newcomer, root: bytes) -> tuple[TrustedHash, ...]:
    firmware = PROFILES[one.profile].major_minor
    return trusted_hashes(root if one.knows_us else b"the root of somebody else", firmware)


def prepare(server: Server) -> None:
    """See to it that the zone has a certificate to provision them with."""
    if not Certificate.objects.management().exists():
        certificates.create_management(server=server, by=None, common_name=SERVER_NAME)


def forget_set_up(first: str) -> None:
    """Take those out of use that were provisioned: they begin from the factory at each start."""
    mine: Iterable[AmtSettings] = AmtSettings.objects.filter(
        address__in=places(first), mode=Device.Mode.ENTERPRISE
    ).select_related("device")
    for row in mine:
        ends.gone(device=row.device, is_full=True, by=None)
    DiscoveredDevice.objects.filter(address__in=places(first)).update(
        state=DiscoveredDevice.State.PRE
    )
