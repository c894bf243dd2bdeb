"""A scan over simulated devices: who is found, what is told, how fast, and what is ignored."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

import pytest

from amt.constants import PORT_RMCP, ProvisioningState
from amt.protocol.scan import Found, Pacer, ScanPlan, is_plausible, names_of, scan
from amt.simulator import Device, hello  # noqa: F401 - the fleet is built of them
from tests.fixtures.simulated import next_addresses

QUICK = ScanPlan(rate=5_000, seconds_to_wait=0.3, connect_seconds=1)


def numbers(addresses: list[str]) -> list[int]:
    return [int(IPv4Address(address)) for address in addresses]


async def found_on(addresses: list[str], plan: ScanPlan = QUICK) -> dict[str, Found]:
    result = {}
    async for batch in scan(numbers(addresses), plan):
        result |= {one.address: one for one in batch}
    return result


def addresses_of(fleet: Any) -> list[str]:
    return [device.address for device in fleet]


@pytest.mark.parametrize(
    ("profile", "version"), [("7.1", "7.1"), ("11.8", "11.8"), ("14.1", "14.1"), ("16.1", "16.1")]
)
async def test_version_tls_and_ports_are_told(
    fleet: Callable[..., Any], profile: str, version: str
) -> None:
    devices = addresses_of(fleet(2, profile=profile))
    silent = next_addresses(3)

    found = await found_on([*devices, *silent])

    assert sorted(found) == sorted(devices)
    one = found[devices[0]]
    assert one.firmware.startswith(f"{version}.")
    assert one.state is ProvisioningState.POST
    assert set(one.ports) == {16992, 16993}
    assert one.tls_version.startswith("TLS 1.")
    assert one.by == "rmcp"


async def test_device_without_ping_is_found_by_its_ports_only_if_asked(
    fleet: Callable[..., Any],
) -> None:
    devices = addresses_of(fleet(2, rmcp=False))
    with_ports = ScanPlan(rate=5_000, seconds_to_wait=0.2, uses_tcp=True)

    assert await found_on(devices) == {}
    found = await found_on(devices, with_ports)

    assert sorted(found) == sorted(devices)
    assert {one.by for one in found.values()} == {"tcp"}


async def test_device_that_waits_shows_its_port_and_state(fleet: Callable[..., Any]) -> None:
    (address,) = addresses_of(fleet(1, is_factory=True, is_activated=True, profile="14.1"))

    found = await found_on([address])

    assert found[address].state is ProvisioningState.IN
    assert found[address].ports == (16993,)


@pytest.mark.parametrize("profile", ["11.8", "16.1", "22.0"])
async def test_device_that_waits_and_answers_no_ping_is_known_by_its_demand(
    fleet: Callable[..., Any], profile: str
) -> None:
    like = {"is_factory": True, "is_activated": True, "rmcp": False}
    (address,) = addresses_of(fleet(1, profile=profile, **like))

    found = await found_on([address], ScanPlan(rate=5_000, seconds_to_wait=0.2, uses_tcp=True))

    assert (found[address].ports, found[address].by) == ((16993,), "tcp")


async def test_refused_addresses_are_not_spoken_to(fleet: Callable[..., Any]) -> None:
    devices = addresses_of(fleet(2))
    plan = ScanPlan(
        rate=5_000,
        seconds_to_wait=0.2,
        refusal=lambda address: "No." if str(address) == devices[0] else "",
    )

    assert list(await found_on(devices, plan)) == [devices[1]]


async def test_noise_and_strangers_are_ignored() -> None:
    asked, stranger = next_addresses(2)
    loop = asyncio.get_running_loop()

    class Noise(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, address: Any) -> None:
            for answer in (b"", b"\x00" * 28, data, b"\xff" * 2_000, data[:8] + b"\x40" * 20):
                self.transport.sendto(answer, address)

    transport, _ = await loop.create_datagram_endpoint(Noise, local_addr=(asked, PORT_RMCP))
    other, _ = await loop.create_datagram_endpoint(Noise, local_addr=(stranger, PORT_RMCP))
    try:
        assert await found_on([asked]) == {}
    finally:
        transport.close()
        other.close()


async def test_web_server_of_another_kind_is_not_found() -> None:
    (address,) = next_addresses(1)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_000)
        writer.write(b"HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n" + b"x" * 100_000)
        writer.close()

    server = await asyncio.start_server(answer, address, 16992)
    async with server:
        plan = ScanPlan(rate=5_000, seconds_to_wait=0.2, uses_tcp=True)
        assert await found_on([address], plan) == {}


def test_pacer_keeps_the_rate_and_makes_no_flood_after_a_pause() -> None:
    now = [0.0]
    pacer = Pacer(1_000, clock=lambda: now[0])
    sent = 0
    for _ in range(200):
        now[0] += 0.01
        room = pacer.allowed()
        pacer.note(room)
        sent += room
    assert 1_990 <= sent <= 2_010

    now[0] += 60
    assert pacer.allowed() <= 20


async def test_progress_counts_addresses_and_packets() -> None:
    told: list[tuple[int, int]] = []
    plan = ScanPlan(rate=20_000, seconds_to_wait=0.1)

    async for _ in scan(
        numbers(next_addresses(250)), plan, on_progress=lambda *counts: told.append(counts)
    ):
        pass

    assert told[-1] == (250, 500)


async def test_names_are_taken_only_where_they_are_names() -> None:
    found = await names_of(["127.0.0.1"])

    assert found in ({}, {"127.0.0.1": "localhost"}, {"127.0.0.1": socket.getfqdn().lower()})
    assert is_plausible("pc-7.campus.example")
    for bad in ("", "a b", "<script>", "x" * 300, "10.1.2.3", "a..b", "ü.example"):
        assert not is_plausible(bad)
