"""Find Management Engines on a range of addresses: presence pings, then a look at the ports.

No login is shown to anybody. Source: amt-protocol.md 5.3.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from itertools import islice
from time import monotonic
from typing import NamedTuple, cast

from amt.constants import PORT_HTTP, PORT_HTTPS, PORT_RMCP, ProvisioningState
from amt.protocol.errors import AmtError
from amt.protocol.http.sign_in import FIRMWARE
from amt.protocol.http.target import Refusal
from amt.protocol.http.tls import TO_RESUME, Tls, context, handshake_error
from amt.protocol.rmcp import MAX_TAG, Pong, ping, read_pong

BATCH = 4_096  # addresses that are waited for together
WAITING_BATCHES = 4  # that are waited for while the next one is asked
PINGS = 2  # a datagram may be lost
BUFFER = 8 << 20  # bytes that the kernel may keep of answers
SLICE_SECONDS = 0.01  # pings go out in bursts of this length
PONGED_AT_ONCE = 100  # probes of addresses that are known to have AMT
LONGEST_ANSWER = 4_096  # bytes
LARGEST_DATAGRAM = 512
HANDSHAKE_FAILURE = "HANDSHAKE_FAILURE"  # how firmware up to TLS 1.2 says that it wants one


@dataclass(frozen=True, slots=True)
class Found:
    """A Management Engine, as far as it shows itself to anybody."""

    address: str
    state: ProvisioningState | None = None
    firmware: str = ""  # 16.1 from a pong, 16.1.25.1917 from a web server
    ports: tuple[int, ...] = ()
    tls_version: str = ""  # "TLS 1.2"
    by: str = "rmcp"  # or tcp


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """How to scan. ``rate``: pings a second. ``requests_at_once``: ports of silent addresses."""

    rate: int = 1_000
    requests_at_once: int = 5
    uses_rmcp: bool = True
    uses_tcp: bool = False  # also look at the ports of those that do not answer the ping
    looks: bool = True  # at the ports of those that do; without, the pong is all that is told
    batch: int = BATCH  # addresses
    seconds_to_wait: float = 3
    connect_seconds: float = 2
    refusal: Refusal | None = None  # why an address must not be spoken to (D26)


Progress = Callable[[int, int], None]  # addresses asked so far, packets sent so far


class Pacer:
    """Says how many packets may go out now, so that there are ``rate`` a second."""

    def __init__(self, rate: float, clock: Callable[[], float] = monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._began = clock()
        self._given = 0

    def allowed(self) -> int:
        """Return how many may go out since the last call; what was not used is not lost."""
        due = int((self._clock() - self._began) * self._rate) + 1
        room = max(0, due - self._given)
        burst = max(1, int(self._rate * SLICE_SECONDS * 2))
        if room > burst:  # the loop was held up: no flood to make it good
            self._given = due - burst
            room = burst
        return room

    def note(self, count: int) -> None:
        """Count packets that went out."""
        self._given += count


async def scan(
    addresses: Iterable[int], plan: ScanPlan, *, on_progress: Progress = lambda asked, sent: None
) -> AsyncGenerator[list[Found], None]:
    """Yield what is found, batch by batch; each address is asked once.

    ``addresses`` are IPv4 addresses as numbers. The pings of the next batches go out while
    the answers to earlier ones are waited for.
    """
    rest = (number for number in addresses if not _refused(number, plan))
    pinger = await Pinger.open(plan) if plan.uses_rmcp else None
    asked, pending = 0, deque[asyncio.Task[list[Found]]]()
    room = Room(asyncio.Semaphore(PONGED_AT_ONCE), asyncio.Semaphore(plan.requests_at_once))
    try:
        for batch in _batches(rest, plan.batch):
            if pinger:
                await pinger.ask(batch)
            asked += len(batch)
            on_progress(asked, pinger.sent if pinger else 0)
            pending.append(asyncio.create_task(_look(batch, pinger, plan, room)))
            while len(pending) > WAITING_BATCHES:
                yield await pending.popleft()
        while pending:
            yield await pending.popleft()
    finally:
        for task in pending:
            task.cancel()
        if pinger:
            pinger.close()


class Room(NamedTuple):
    """How many addresses are looked at together: those that are known to have AMT, and others."""

    known: asyncio.Semaphore
    silent: asyncio.Semaphore


def _batches(numbers: Iterator[int], size: int) -> Iterator[list[int]]:
    while batch := list(islice(numbers, size)):
        yield batch


def _refused(number: int, plan: ScanPlan) -> bool:
    return bool(plan.refusal and plan.refusal(IPv4Address(number)))


async def _look(batch: list[int], pinger: Pinger | None, plan: ScanPlan, room: Room) -> list[Found]:
    """Return what there is on the addresses of a batch, some time after its last ping."""
    pongs: dict[str, Pong] = {}
    if pinger:
        await asyncio.sleep(plan.seconds_to_wait)
        pongs = pinger.take(batch)
    names = [str(IPv4Address(number)) for number in batch]
    wanted = [name for name in names if plan.uses_tcp or name in pongs]

    if not plan.looks:
        return [told_by(name, pong) for name, pong in pongs.items()]

    async def one(name: str) -> Found | None:
        async with room.known if name in pongs else room.silent:
            return await look_at(name, pongs.get(name), plan)

    seen = await asyncio.gather(*(one(name) for name in wanted))
    return [found for found in seen if found]


def told_by(address: str, pong: Pong | None) -> Found:
    """Return what a pong tells of a device."""
    if pong is None:
        return Found(address)
    told = ".".join(map(str, pong.version)) if pong.version else ""
    return Found(address, state=pong.state, firmware=told)


async def look_at(address: str, pong: Pong | None, plan: ScanPlan) -> Found | None:
    """Return what the ports of an address show; None where nothing proves a Management Engine."""
    found = told_by(address, pong)
    if pong:  # some firmware stalls when it is spoken to twice at once
        secure = await _visit(address, PORT_HTTPS, plan)
        plain = await _visit(address, PORT_HTTP, plan)
    else:
        both = (_visit(address, port, plan) for port in (PORT_HTTPS, PORT_HTTP))
        secure, plain = await asyncio.gather(*both)
    ports = [PORT_HTTPS] * secure.is_open + [PORT_HTTP] * plain.is_open
    firmware = secure.firmware or plain.firmware
    found = replace(
        found,
        ports=tuple(ports),
        tls_version=secure.tls_version,
        firmware=firmware or found.firmware,
        by="rmcp" if pong else "tcp",
    )
    if firmware and found.state is None:
        found = replace(found, state=ProvisioningState.POST)
    return found if pong or firmware or secure.asks_for_certificate else None


@dataclass(frozen=True, slots=True)
class Visit:
    """What one port shows."""

    is_open: bool = False
    tls_version: str = ""
    firmware: str = ""
    asks_for_certificate: bool = False  # as a device does that waits to be set up


async def _visit(address: str, port: int, plan: ScanPlan) -> Visit:
    """Connect, agree on TLS where the port has it, and ask who it is, without a login."""
    try:
        async with asyncio.timeout(plan.connect_seconds):
            if port == PORT_HTTP:
                return await _ask(address, port, None)
            return await _visit_tls(address, port)
    except (TimeoutError, OSError, AmtError, EOFError):
        return Visit()


async def _visit_tls(address: str, port: int) -> Visit:
    try:
        return await _ask(address, port, context(Tls.LEGACY))
    except (ssl.SSLError, ConnectionResetError) as error:
        failure = handshake_error(error, Tls.LEGACY)
        wants = failure.code == "client-certificate" or HANDSHAKE_FAILURE in failure.detail.upper()
        return Visit(is_open=True, asks_for_certificate=wants)


async def _ask(address: str, port: int, tls: ssl.SSLContext | None) -> Visit:
    TO_RESUME.set(None)
    reader, writer = await asyncio.open_connection(address, port, ssl=tls)
    version = ""
    try:
        if shown := writer.get_extra_info("ssl_object"):
            version = _told_tls(shown.version() or "")
        writer.write(f"GET / HTTP/1.1\r\nHost: {address}:{port}\r\n\r\n".encode())
        await writer.drain()
        return Visit(True, version, await _server(reader))
    except (ssl.SSLError, OSError, EOFError):
        return Visit(True, version)
    finally:
        writer.transport.abort()


async def _server(reader: asyncio.StreamReader) -> str:
    """Return the version that a web server of AMT names in its head; empty for any other."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < LONGEST_ANSWER:
        if not (more := await reader.read(LONGEST_ANSWER - len(head))):
            break
        head += more
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"server":
            found = FIRMWARE.fullmatch(value.decode("ascii", "replace").strip())
            return found[1] if found else ""
    return ""


def _told_tls(version: str) -> str:
    number = version.removeprefix("TLSv")
    return f"TLS {number if '.' in number else number + '.0'}" if number else ""


class Pinger(asyncio.DatagramProtocol):
    """One UDP socket that asks many addresses, and keeps the first good answer of each."""

    def __init__(self, plan: ScanPlan) -> None:
        self._pacer = Pacer(plan.rate)
        self._asked: set[str] = set()
        self._pongs: dict[str, Pong] = {}
        self._transport: asyncio.DatagramTransport
        self.sent = 0
        self.failed = 0  # datagrams that could not leave

    @classmethod
    async def open(cls, plan: ScanPlan) -> Pinger:
        """Return a pinger with a socket of its own."""
        loop = asyncio.get_running_loop()
        own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        own.setblocking(False)
        own.bind(("", 0))
        _, pinger = await loop.create_datagram_endpoint(lambda: cls(plan), sock=own)
        return pinger

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember how to send."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str | int, int]) -> None:
        """Keep a pong of an address that was asked; all else is noise."""
        host = str(address[0])
        if len(data) > LARGEST_DATAGRAM or host not in self._asked or host in self._pongs:
            return
        if address[1] == PORT_RMCP and (pong := read_pong(data)):
            self._pongs[host] = pong

    def error_received(self, exc: Exception) -> None:
        """Count what the network sent back: nobody listens there."""
        self.failed += 1

    async def ask(self, numbers: list[int]) -> None:
        """Send the pings of a batch, no faster than planned."""
        names = [str(IPv4Address(number)) for number in numbers]
        self._asked.update(names)
        datagrams = [ping(number % (MAX_TAG + 1)) for number in range(MAX_TAG + 1)]
        for round_ in range(PINGS):
            waiting = [name for name in names if name not in self._pongs] if round_ else names
            await self._send(waiting, datagrams)

    async def _send(self, names: list[str], datagrams: list[bytes]) -> None:
        place = 0
        while place < len(names):
            room = self._pacer.allowed()
            for name in names[place : place + room]:
                self._send_one(name, datagrams[place % len(datagrams)])
                place += 1
            self._pacer.note(min(room, len(names)))
            await asyncio.sleep(SLICE_SECONDS if room else SLICE_SECONDS / 2)

    def _send_one(self, name: str, datagram: bytes) -> None:
        try:
            self._transport.sendto(datagram, (name, PORT_RMCP))
            self.sent += 1
        except OSError:
            self.failed += 1

    def take(self, numbers: list[int]) -> dict[str, Pong]:
        """Return the answers of a batch, and forget it."""
        names = [str(IPv4Address(number)) for number in numbers]
        self._asked.difference_update(names)
        return {name: self._pongs.pop(name) for name in names if name in self._pongs}

    def close(self) -> None:
        """Close the socket."""
        self._transport.close()


async def names_of(
    addresses: Iterable[str], *, at_once: int = 20, seconds: float = 2
) -> dict[str, str]:
    """Return the names that name servers know for addresses, as far as they answer in time."""
    room, loop = asyncio.Semaphore(at_once), asyncio.get_running_loop()

    async def name_of(address: str) -> tuple[str, str]:
        async with room:
            with contextlib.suppress(OSError, TimeoutError, UnicodeError):
                async with asyncio.timeout(seconds):
                    name, _ = await loop.getnameinfo((address, 0), socket.NI_NAMEREQD)
                    return address, name if is_plausible(name) else ""
        return address, ""

    found = await asyncio.gather(*(name_of(address) for address in addresses))
    return {address: name.lower() for address, name in found if name}


def is_plausible(name: str) -> bool:
    """Return whether a name server's answer is a host name that may be shown."""
    labels = name.removesuffix(".").split(".")
    fits = len(name) <= 253 and all(0 < len(label) <= 63 for label in labels)
    signs = all(sign.isascii() and (sign.isalnum() or sign in "-_.") for sign in name)
    return fits and signs and not all(label.isdigit() for label in labels)
