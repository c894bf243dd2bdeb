"""RMCP presence: the ping that asks an address for AMT, and the pong. Bytes only, no sockets.

Source: ASF 2.0, 3.2.4; amt-protocol 5.1 and 5.2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from amt.constants import ProvisioningState

VERSION, NO_ACK, ASF, IANA_ASF = 6, 0xFF, 6, 4542
PING, PONG = 0x80, 0x40
INTEL = 343  # enterprise number
BOTH_PORTS, DASH = 0x04, 0x20
HEAD = struct.Struct(">BxBBIBBxB")  # version, sequence, class, enterprise, type, tag, length
DATA = struct.Struct(">IHBBBBBB")  # enterprise, port, version, state, ASF, DASH, major, minor
MAX_TAG = 254  # 255 asks for no answer


@dataclass(frozen=True, slots=True)
class Pong:
    """What a device tells of itself to anybody who asks.

    ``port`` is 16992, 16993, or 0: present, but not set up. ``version`` is None before AMT 6.0.
    """

    tag: int
    port: int
    has_both_ports: bool
    version: tuple[int, int] | None
    state: ProvisioningState


def ping(tag: int = 0) -> bytes:
    """Return the datagram that asks; ``tag`` (0 to 254) comes back in the answer."""
    if not 0 <= tag <= MAX_TAG:
        raise ValueError(f"A tag goes from 0 to {MAX_TAG}, not {tag}.")
    return HEAD.pack(VERSION, NO_ACK, ASF, IANA_ASF, PING, tag, 0)


def read_pong(datagram: bytes) -> Pong | None:
    """Return what a datagram tells; None if it is no pong of AMT."""
    if len(datagram) < HEAD.size + DATA.size:
        return None
    version, _, kind, enterprise, message, tag, length = HEAD.unpack_from(datagram)
    if (version, kind, enterprise, message) != (VERSION, ASF, IANA_ASF, PONG) or length < 16:
        return None
    maker, port, nibbles, state, entities, interactions, major, minor = DATA.unpack_from(
        datagram, HEAD.size
    )
    has_dash = (entities | interactions) & DASH  # AMT 4.0 and 5.0 tell it in the former
    if maker != INTEL or not has_dash or state & 3 > ProvisioningState.POST:
        return None
    told = (nibbles >> 4, nibbles & 0x0F) if nibbles else (major, minor)
    return Pong(
        tag=tag,
        port=port,
        has_both_ports=bool(state & BOTH_PORTS),
        version=told if told[0] else None,
        state=ProvisioningState(state & 3),
    )
