import socket

import pytest

from amt.simulator import DeviceSpec, Fleet

from .loopback import first_address

PING = bytes.fromhex("060000060000 11be 80 2a 00 00".replace(" ", ""))


def ask(address: str, data: bytes = PING, seconds: float = 2.0) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(seconds)
        client.sendto(data, (address, 623))
        return client.recv(100)


@pytest.fixture
def pinged(simulated):
    """Skip where UDP 623 may not be bound."""
    spec = DeviceSpec(first_address())
    with Fleet([spec]).running() as fleet:
        if fleet.unbound:
            pytest.skip(f"{fleet.unbound[0]} (ports below 1024 need a privilege)")
    return simulated


@pytest.mark.parametrize(
    ("like", "expected"),
    [
        ({}, "060000060000 11be 402a0010 00000157 4260 00 06 81 20 10 01 00000000"),
        ({"plain": False}, "060000060000 11be 402a0010 00000157 4261 00 02 81 20 10 01 00000000"),
        (
            {"profile": "9.5", "tls": False},
            "060000060000 11be 402a0010 00000157 4260 95 02 81 20 00 00 00000000",
        ),
        (
            {"profile": "11.8"},
            "060000060000 11be 402a0010 00000157 4260 b8 06 81 20 00 00 00000000",
        ),
    ],
    ids=["16.1", "tls-only", "9.5-plain", "11.8"],
)
def test_a_pong_tells_ports_version_and_state(pinged, like, expected):
    assert ask(pinged(**like).address).hex() == expected.replace(" ", "")


@pytest.mark.parametrize("fault", ["silent", "refuses", "unplugged"])
def test_an_unreachable_device_does_not_answer(pinged, fault):
    device = pinged()
    device.set_faults(fault)

    with pytest.raises(TimeoutError):
        ask(device.address, seconds=0.3)


@pytest.mark.parametrize("data", [b"", b"hello", PING[:11], PING[:8] + b"\x40" + PING[9:]])
def test_what_is_no_ping_is_not_answered(pinged, data):
    with pytest.raises(TimeoutError):
        ask(pinged().address, data, seconds=0.3)
