"""MeshCentral's scanner: presence pings on UDP 623, and the HTTP probe."""

import asyncio
import re

import pytest

from amt.protocol.ranges import read_ranges
from amt.protocol.scan import ScanPlan, scan
from amt.simulator import Fault
from tests.fixtures.required import require

from .peers import node


def pinged(first: str, last: str) -> dict[str, str]:
    """Return the version, by address, of what answered a ping."""
    text = node("scan.js", f"{first}-{last}").text
    return dict(re.findall(r'"([\d.]+)": \{\s*"ver": "([\d.]+)"', text))


def test_a_ping_finds_each_device_that_is_not_silent(fleet):
    started = fleet(5, profile="11.8")
    require("UDP port 623", not started.unbound, "ports below 1024 need a privilege")
    devices = list(started)
    for device, fault in zip(devices[1:4], ("silent", "refuses", "unplugged"), strict=True):
        device.set_faults(fault)

    found = pinged(devices[0].address, devices[-1].address)

    assert found == {devices[0].address: "11.8", devices[4].address: "11.8"}


def test_a_ping_finds_nothing_where_all_is_silent(fleet):
    devices = list(fleet(3, faults=frozenset({Fault.SILENT})))

    assert pinged(devices[0].address, devices[-1].address) == {}


@pytest.mark.parametrize("port", [16992, 16993])
def test_the_probe_tells_the_version(fleet, profile, port):
    (device,) = fleet(profile=profile)

    text = node("scan.js", device.address, "tcp", str(port)).text

    assert f"result: true, version: '{device.profile.version}'" in text


@pytest.mark.parametrize("port", [16992, 16993])
@pytest.mark.parametrize("fault", ["silent", "refuses"])
def test_the_probe_finds_nothing_where_a_device_is_silent(fleet, port, fault):
    (device,) = fleet(faults=frozenset({Fault(fault)}))

    assert "result: true" not in node("scan.js", device.address, "tcp", str(port)).text


def test_our_scan_and_theirs_list_the_same_devices(fleet):
    devices = list(fleet(6, profile="11.8", plain=True))
    for device, fault in zip(devices[1:3], ("silent", "unplugged"), strict=True):
        device.set_faults(fault)
    first, last = devices[0].address, devices[-1].address

    async def ours() -> dict[str, str]:
        plan = ScanPlan(rate=5_000, seconds_to_wait=0.5)
        found = {}
        async for batch in scan(read_ranges(f"{first}-{last}").from_index(0), plan):
            found |= {one.address: ".".join(one.firmware.split(".")[:2]) for one in batch}
        return found

    assert asyncio.run(ours()) == pinged(first, last)
    assert len(pinged(first, last)) == 4
