"""Redirection on ports 16994 and 16995: sign-in, and a serial console that says back what is typed.

One session at a time. IDE redirection and KVM are known by name and not there. The messages are
written apart, with pauses, because programs in the field read each into a buffer of its own.
"""

import asyncio
import struct
from collections.abc import Callable
from typing import cast

from .device import Device
from .faults import Fault

PATH = "/RedirectionService"
START, END, AUTHENTICATE = 0x10, 0x12, 0x13
SOL_START, SOL_END, SOL_PING, SOL_CONTROLS, SOL_DATA, SOL_BEAT = 0x20, 0x22, 0x24, 0x27, 0x28, 0x2B
FROM_HOST = 0x2A
SIZES = {START: 8, END: 4, SOL_START: 24, SOL_END: 8, SOL_PING: 8, SOL_CONTROLS: 14, SOL_BEAT: 8}
OK, FAILED, BUSY, UNSUPPORTED = 0, 1, 2, 3
QUERY, PLAIN, DIGEST = 0, 1, 4  # ways to sign in
PAUSE = 0.2  # seconds
MOST = 4096  # bytes of one message
BANNER = b"Serial console of a simulated host.\r\n"


class RedirectionConnection(asyncio.Protocol):
    """One connection: bytes in, whole messages out of them, one answer each."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._buffer = bytearray()
        self._is_admitted = False
        self._sequence = 0
        self._transport: asyncio.Transport
        self._answers: dict[int, Callable[[bytes], None]] = {
            START: self._start,
            END: lambda message: self._transport.close(),
            AUTHENTICATE: self._authenticate,
            SOL_START: self._start_sol,
            SOL_END: lambda message: self._say(bytes((SOL_END + 1, *message[1:8]))),
            SOL_PING: lambda message: self._say(bytes((SOL_PING + 1, *message[1:8]))),
            SOL_CONTROLS: lambda message: None,
            SOL_BEAT: lambda message: None,
            SOL_DATA: lambda message: self._say_from_host(message[10:]),
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        if self._device.faults & {Fault.RESETS_CONNECTIONS}:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Let another session begin."""
        if self._device.redirection is self:
            self._device.redirection = None

    def data_received(self, data: bytes) -> None:
        """Take bytes, and answer each message that is whole."""
        self._buffer += data
        while self._buffer and not self._transport.is_closing():
            size = self._size()
            if size > MOST or (size and self._buffer[0] not in self._answers):
                self._transport.close()
            if not size or len(self._buffer) < size or self._transport.is_closing():
                return
            message = bytes(self._buffer[:size])
            del self._buffer[:size]
            self._answers[message[0]](message)

    def _size(self) -> int:
        """Return how long the message that has begun is, 0 while that is not known."""
        kind = self._buffer[0]
        if kind == AUTHENTICATE:
            return 9 + _long(self._buffer, 5) if len(self._buffer) >= 9 else 0
        if kind == SOL_DATA:
            return 10 + _short(self._buffer, 8) if len(self._buffer) >= 10 else 0
        return SIZES.get(kind, 1)

    def _start(self, message: bytes) -> None:
        if message[4:8] != b"SOL ":
            self._say(bytes((START + 1, UNSUPPORTED, 0, 0)))
        elif self._device.redirection not in (None, self):
            self._say(bytes((START + 1, BUSY, 0, 0)))
        else:
            self._device.redirection = self
            major, minor = self._device.profile.major_minor
            head = bytes((START + 1, OK, 0, 0, 1, 0, major, minor))
            self._say(head + struct.pack("<I", 343) + b"\0")

    def _authenticate(self, message: bytes) -> None:
        way, data = message[4], message[9:]
        if way == QUERY:
            self._reply(OK, QUERY, bytes((PLAIN, DIGEST)))
        elif way == PLAIN:
            self._admit(PLAIN, self._is_password(_strings(data)))
        elif way == DIGEST:
            self._digest(_strings(data))
        else:
            self._reply(BUSY, way)

    def _digest(self, given: list[str]) -> None:
        """Answer an empty login with a challenge, a full one with yes or no."""
        keeper = self._device.gatekeeper
        if len(given) == 8 and given[6]:
            user, realm, nonce, uri, cnonce, nc, response, qop = given
            login = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
            login |= {"cnonce": cnonce, "nc": nc, "response": response, "qop": qop}
            self._admit(DIGEST, bool(keeper.answers_us(login, "POST", PATH)))
        else:
            parts = (keeper.realm.encode(), keeper.nonce().encode(), b"auth")
            self._reply(FAILED, DIGEST, b"".join(bytes((len(part),)) + part for part in parts))

    def _is_password(self, given: list[str]) -> bool:
        return len(given) == 2 and self._device.gatekeeper.has_password(*given)

    def _admit(self, way: int, is_right: bool) -> None:
        """Let in, or say no and hang up: some programs would try for ever."""
        is_right = is_right and Fault.WRONG_PASSWORD not in self._device.faults
        self._device.note_sign_in(is_right=is_right)
        self._is_admitted = is_right
        self._reply(OK if is_right else FAILED, way if is_right else QUERY)
        if not is_right:
            self._transport.close()

    def _reply(self, status: int, way: int, data: bytes = b"") -> None:
        head = bytes((AUTHENTICATE + 1, status, 0, 0, way))
        self._say(head + struct.pack("<I", len(data)) + data)

    def _start_sol(self, message: bytes) -> None:
        if not self._is_admitted:
            self._transport.close()
            return
        self._say(bytes((SOL_START + 1, OK)) + bytes(2) + message[4:8] + bytes(15))
        asyncio.get_running_loop().call_later(PAUSE, self._say_from_host, BANNER)

    def _say_from_host(self, data: bytes) -> None:
        if self._is_admitted and data:
            self._sequence += 1
            head = struct.pack("<BxxxIH", FROM_HOST, self._sequence, len(data))
            self._say(head + data)

    def _say(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


def _short(data: bytes | bytearray, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _long(data: bytes | bytearray, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _strings(data: bytes) -> list[str]:
    """Return the strings in a message, each behind its length."""
    found, at = [], 0
    while at < len(data):
        end = at + 1 + data[at]
        found.append(data[at + 1 : end].decode("latin-1"))
        at = end
    return found
