"""The small web server of the simulated firmware: digest, keep-alive, one request at a time."""

import asyncio
import time
from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from typing import cast

from . import answers, broken
from .device import Device
from .eoi import EoiService
from .execution import Dropped
from .faults import Fault
from .request_reader import BadRequest, HttpRequest, RequestReader
from .wsman import WsmanService

REQUEST_SECONDS = 10  # for a request to arrive whole
IDLE_SECONDS = 60
MAX_CONNECTIONS = 64  # of one device
NAME = "commonName"
ANONYMOUS_IDENTIFY = ("POST", "/wsman-anon/identify")


class Door(Enum):
    """By which way somebody comes, and so what he has to prove."""

    NETWORK = "network"  # a user by digest
    SET_UP = "set-up"  # let in by TLS: no sign-in is needed, but one that is shown must be right
    LOCAL = "local"  # the host itself: also its own account


Answering = Callable[[bytes], tuple[int, bytes]]  # a body in, a status and a body out


class Connections(set["HttpConnection"]):
    """The open connections of one device; while it is not ``at_home`` new ones are ended."""

    at_home = True

    @property
    def is_full(self) -> bool:
        """Return whether a new connection is one too many."""
        return not self.at_home or len(self) > MAX_CONNECTIONS


class Services:
    """What a device's web server leads to, as far as its firmware has it."""

    def __init__(self, device: Device) -> None:
        self.wsman = WsmanService(device) if device.profile.has_wsman else None
        self.eoi = EoiService(device) if device.profile.has_eoi else None

    def at(self, target: str) -> Answering | None:
        """Return what answers requests to a path, None if nothing does."""
        if self.wsman and target == "/wsman":
            return self.wsman.answer
        if self.eoi and self.eoi.serves(target):
            return partial(self.eoi.answer, target)
        return None


class HttpConnection(asyncio.Protocol):
    """One TCP or TLS connection to one device."""

    def __init__(
        self,
        device: Device,
        services: "Services",
        open_: Connections,
        door: Door = Door.NETWORK,
    ) -> None:
        self._device = device
        self._door = door
        self._user = ""  # who sent the request being answered
        self._services = services
        self._open = open_
        self._reader = RequestReader()
        self._is_busy = False
        self._is_paused = False
        self._stream: Iterator[bytes] | None = None
        self._since = time.monotonic()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; a device has few connections to give."""
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self)
        resets = Fault.RESETS_CONNECTIONS in self._device.faults
        if self._open.is_full or resets or not self._is_client_trusted():
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Be forgotten."""
        self._open.discard(self)
        self._stream = None

    def data_received(self, data: bytes) -> None:
        """Take bytes; answer when a request is whole and none is being answered."""
        if self._reader.is_empty:
            self._since = time.monotonic()
        try:
            self._reader.feed(data)
            self._next()
        except BadRequest as error:
            self._refuse(error.status)

    def is_overdue(self, now: float) -> bool:
        """Return whether the client has had its time: half a request, or nothing at all."""
        if self._is_busy:
            return False
        limit = IDLE_SECONDS if self._reader.is_empty else REQUEST_SECONDS
        return now - self._since > limit

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def pause_writing(self) -> None:
        """Stop a long answer until the client has read some of it."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Go on with a long answer."""
        self._is_paused = False
        self._pump()

    def _next(self) -> None:
        if self._is_busy:
            return
        request = self._reader.next()
        if request is not None:
            self._is_busy = True
            self._device.requests += 1
            self._handle(request)
        elif self._reader.head is not None and self._reader.head.expects_continue:
            self._continue(self._reader.head)

    def _continue(self, head: HttpRequest) -> None:
        head.headers = {**head.headers, "expect": ""}
        if "authorization" in head.headers:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        else:
            self._is_busy = True
            self._later(self._challenge(), closes=True)

    def _handle(self, request: HttpRequest) -> None:
        faults, server = self._device.faults, self._device.profile.server
        if Fault.SILENT in faults:
            return
        if request.method == "GET" and request.target == "/":
            location = ("Location: /logon.htm", "Content-Length: 0")
            self._later(answers.head(303, server, *location), closes=not request.stays_open)
        elif self._services.wsman and (request.method, request.target) == ANONYMOUS_IDENTIFY:
            known = answers.xml(200, server, self._services.wsman.identify())
            self._later(known, closes=not request.stays_open)
        elif not self._is_admitted(request):
            self._later(self._challenge(), closes=True)
        elif answering := self._services.at(request.target):
            self._serve(request, answering)
        elif request.method == "POST":
            self._later(answers.page(404, server, b""), closes=True)
        else:
            self._later(answers.page(200, server, answers.PAGE), closes=not request.stays_open)

    def _is_client_trusted(self) -> bool:
        """Return whether a certified client is of a domain that the device was told of."""
        trusted = self._device.trusted_clients
        certificate = self._transport.get_extra_info("peercert")
        if not trusted or not certificate:
            return True
        names = [value for row in certificate["subject"] for kind, value in row if kind == NAME]
        return any(name == one or name.endswith(f".{one}") for name in names for one in trusted)

    def _is_admitted(self, request: HttpRequest) -> bool:
        authorization = request.headers.get("authorization", "")
        if not authorization:
            self._user = self._device.gatekeeper.admin if self._door is Door.SET_UP else ""
            return bool(self._user)
        self._user = ""
        if Fault.WRONG_PASSWORD not in self._device.faults:
            self._user = self._device.gatekeeper.admits(
                authorization,
                request.method,
                request.target,
                request.body,
                is_local=self._door is Door.LOCAL,
            )
        self._device.note_sign_in(is_right=bool(self._user))
        return bool(self._user)

    def _challenge(self) -> bytes:
        says_close = Fault.CLOSES_SILENTLY_AFTER_401 not in self._device.faults
        value = broken.challenge_of(self._device.faults, self._device.gatekeeper.challenge())
        return answers.challenge(self._device.profile.server, value, says_close=says_close)

    def _serve(self, request: HttpRequest, answering: Answering) -> None:
        faults, server = self._device.faults, self._device.profile.server
        self._device.peer = str(self._transport.get_extra_info("peername", ("",))[0])
        self._device.user, self._device.is_local = self._user, self._door is Door.LOCAL
        if request.method != "POST":
            self._later(answers.page(405, server, b"", "Allow: POST"), closes=True)
            return
        try:
            status, body = answering(request.body)
        except Dropped as drop:
            if not drop.hangs:
                self._later(b"", closes=True)
            return
        closes = not request.stays_open
        if Fault.OVERSIZED_XML in faults:
            self._stream = answers.huge(server)
            self._later(b"", closes=closes)
        elif fault := broken.answer_of(faults):
            hangs = fault in broken.SILENT_AFTERWARDS
            self._later(broken.ANSWERS[fault](server, body), closes=not hangs, hangs=hangs)
        else:
            kind = answers.XML if request.target == "/wsman" else answers.TEXT_XML
            is_chunked = request.version == "HTTP/1.1"
            whole = answers.xml(status, server, body, is_chunked=is_chunked, kind=kind)
            if Fault.DRIPS in faults:
                self._drip(whole)
            else:
                self._later(whole, closes=closes)

    def _drip(self, data: bytes) -> None:
        """Send one byte now and the others, one after the other, later."""
        if data and not self._transport.is_closing():
            self._transport.write(data[:1])
            asyncio.get_running_loop().call_later(broken.DRIP_SECONDS, self._drip, data[1:])

    def _refuse(self, status: int) -> None:
        if not self._transport.is_closing():
            self._transport.write(
                answers.page(status, self._device.profile.server, b"", "Connection: close")
            )
            self._transport.close()

    def _later(self, data: bytes, *, closes: bool, hangs: bool = False) -> None:
        delay = self._device.latency_ms / 1000
        if Fault.SLOW in self._device.faults:
            delay += self._device.slow_seconds
        if delay > 0:
            asyncio.get_running_loop().call_later(delay, self._send, data, closes, hangs)
        else:
            self._send(data, closes, hangs)

    def _send(self, data: bytes, closes: bool, hangs: bool) -> None:
        if self._transport.is_closing():
            return
        if data:
            self._transport.write(data)
        if self._stream is not None:
            self._pump()
            return
        if closes:
            self._transport.close()
        elif not hangs:
            self._rest()

    def _rest(self) -> None:
        self._is_busy = False
        self._since = time.monotonic()
        if not self._reader.is_empty:
            self.data_received(b"")

    def _pump(self) -> None:
        while self._stream is not None and not self._is_paused:
            piece = next(self._stream, None)
            if piece is None:
                self._stream = None
                self._rest()
            else:
                self._transport.write(piece)
