"""Every firmware against every operation: ``./run matrix`` prints the table of docs/firmware.md."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from tests.campaigns import zone

if TYPE_CHECKING:
    from amt.simulator import DeviceSpec, Profile

FIRST_ADDRESS = "127.110.0.1"
VERSIONS = {
    ssl.TLSVersion.TLSv1: "TLS 1.0",
    ssl.TLSVersion.TLSv1_1: "TLS 1.1",
    ssl.TLSVersion.TLSv1_2: "TLS 1.2",
    ssl.TLSVersion.TLSv1_3: "TLS 1.3",
}


def run() -> dict[zone.Cell, zone.Result]:
    """Return how each operation ends on each firmware, over each connection that it offers."""
    from amt.simulator import PROFILES, addresses

    rows = {row: spec for profile in PROFILES.values() for row, spec in _offered(profile)}
    return zone.carry_out(rows, addresses(FIRST_ADDRESS, len(rows) * len(zone.operations())))


def _offered(profile: Profile) -> list[tuple[str, DeviceSpec]]:
    """Return the rows of one firmware: its name, interface and connection, and the device."""
    from amt.simulator import as_it_comes

    interface = "WS-Man" if profile.has_wsman else "SOAP (EOI)"
    found = [
        (
            f"{profile.name}, {interface}, {VERSIONS[profile.tls[1]]}",
            as_it_comes(profile.name, plain=False),
        )
    ]
    if profile.opens_plain:
        row = f"{profile.name}, {interface}, plain"
        found.insert(0, (row, as_it_comes(profile.name, tls=False)))
    return found


if __name__ == "__main__":
    with zone.installed():
        print(zone.markdown(run(), "AMT"))
