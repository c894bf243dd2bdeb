"""Every firmware against every operation: ``./run matrix`` prints the table of docs/firmware.md."""

from __future__ import annotations

from tests.campaigns import zone

FIRST_ADDRESS = "127.110.0.1"


def run() -> dict[zone.Cell, zone.Result]:
    """Return how each operation ends on a device of each firmware."""
    from amt.simulator import PROFILES, DeviceSpec, addresses

    rows = {name: DeviceSpec("", profile=name) for name in PROFILES}
    return zone.carry_out(rows, addresses(FIRST_ADDRESS, len(rows) * len(zone.operations())))


if __name__ == "__main__":
    with zone.installed():
        print(zone.markdown(run(), "AMT"))
