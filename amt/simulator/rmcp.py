"""RMCP presence pings on UDP 623: whether there is a device, and which."""

import asyncio
import struct
from typing import cast

from amt.constants import PORT_HTTP, PORT_HTTPS

from .device import Device
from .faults import Fault

ASF = b"\x06\x00\xff\x06\x00\x00\x11\xbe"
PING, PONG = 0x80, 0x40
INTEL = 343  # enterprise number
BOTH_PORTS = 0x04
DASH = 0x20
ENTITIES = 0x81  # IPMI and ASF 1.0
FIRST = (4, 0)  # the oldest firmware that answers
FIRST_UNCONFIGURED = (6, 1)  # the oldest that answers before it is set up
DASH_ELSEWHERE = (5, 0)  # the last that tells of DASH among its entities
TELLS_VERSION = 6  # the first major version that does
MAX_NIBBLE = 15
UNREACHABLE = frozenset({Fault.SILENT, Fault.REFUSES, Fault.UNPLUGGED})


def pong(device: Device, ping: bytes) -> bytes | None:
    """Return the answer to a datagram, None if it deserves none."""
    if len(ping) < 12 or ping[0] != 6 or ping[3:8] != ASF[3:] or ping[8] != PING:
        return None
    firmware = device.profile.major_minor
    if firmware < FIRST or not _answers_pings(device):
        return None
    port, state = 0, int(device.set_up.state)
    if device.set_up.is_done:
        port = PORT_HTTPS if device.has_tls and not device.has_plain else PORT_HTTP
        state |= BOTH_PORTS if device.has_tls and device.has_plain else 0
    elif firmware < FIRST_UNCONFIGURED:
        return None
    entities, interactions = (ENTITIES, DASH)
    if firmware <= DASH_ELSEWHERE:
        entities, interactions = (ENTITIES | DASH, 0)
    head = ASF[:2] + ping[2:3] + ASF[3:] + bytes((PONG, ping[9], 0, 16))
    version, *later = _version(*firmware)
    return head + struct.pack(
        ">IHBBBBBB4x", INTEL, port, version, state, entities, interactions, *later
    )


def _answers_pings(device: Device) -> bool:
    put = device.stored.get(("AMT_GeneralSettings", "Intel(r) AMT: General Settings"), {})
    return bool(put.get("RmcpPingResponseEnabled", True))


def _version(major: int, minor: int) -> tuple[int, int, int]:
    """Return the byte of two nibbles, and the two bytes that newer firmware has instead."""
    if major > MAX_NIBBLE:
        return 0, major, minor
    return (major << 4 | minor if major >= TELLS_VERSION else 0), 0, 0


class RmcpProtocol(asyncio.DatagramProtocol):
    """Answers pings to one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str | int, int]) -> None:
        """Answer each ping."""
        if self._device.faults & UNREACHABLE or self._device.is_off_network:
            return
        answer = pong(self._device, data)
        if answer:
            self._transport.sendto(answer, address)
