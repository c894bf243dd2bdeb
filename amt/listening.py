"""The hello listener: TCP 9971. Everything from the network is bounded in size, time and number.

A device connects, writes one message and closes; nothing is answered. What was read is written
down in batches, so that thousands of devices that start at once cost a few transactions.
"""

import asyncio
import ipaddress
import logging
import time
from collections import Counter
from collections.abc import Callable
from threading import Event

from django.utils import timezone

from amt.protocol import hello
from amt.protocol.hello import HelloError
from amt.services.discovery import Heard

logger = logging.getLogger(__name__)

SECONDS = 10  # for one message
MOST_AT_ONCE = 4_000  # connections
MOST_FROM_ONE = 64  # connections at once from one address
RATE = 600  # messages a second from one address; a relay may speak for a whole site
WAITING = 50_000  # messages that may wait to be written
EVERY = 0.5  # seconds between two batches
BATCH = 2_000
LAST_WAITS = 10  # tenths of a second, when it is told to stop
PEOPLE = (b"GET ", b"HEAD", b"POST")
FOR_PEOPLE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
    b"This port takes hello messages of Intel AMT devices. The console is elsewhere.\n"
)
Write = Callable[[list[Heard]], object]


class Listener:
    """Takes hello messages on one socket and hands them to ``write`` in batches."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._queue: asyncio.Queue[Heard] = asyncio.Queue(WAITING)
        self._open: Counter[str] = Counter()
        self._second, self._rates = 0, Counter[str]()
        self._server: asyncio.Server | None = None
        self._writer: asyncio.Task[None] | None = None
        self._is_over = False
        self._failures = 0  # to write, in a row
        self.refused: Counter[str] = Counter()  # why, how often

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port.

        Raises:
            OSError: it cannot be had.
        """
        self._server = await asyncio.start_server(self._visit, host, port, backlog=1024)
        self._writer = asyncio.create_task(self._write_on())
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more, and write what was taken."""
        if self._server:
            self._server.close()
        for _ in range(LAST_WAITS):  # who is speaking may end the message
            if not self._open:
                break
            await asyncio.sleep(0.1)
        self._is_over = True
        if self._writer:
            await self._writer
        if left := self._queue.qsize():
            logger.error("%s hello messages were not written down; devices repeat them.", left)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = _plain(writer.get_extra_info("peername")[0])
        self._open[address] += 1
        try:
            if self._may_speak(address):
                await self._listen(address, reader, writer)
        except (OSError, TimeoutError):
            self.refused["no end within its time"] += 1
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
            writer.close()

    async def _listen(
        self, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        data = b""
        async with asyncio.timeout(SECONDS):
            while part := await reader.read(hello.LARGEST + 1 - len(data)):
                data += part
                if data[:4] in PEOPLE:
                    writer.write(FOR_PEOPLE)
                    await writer.drain()
                    return
                if len(data) > hello.LARGEST:
                    break
        if not data:  # somebody looked whether we are there
            return
        try:
            heard = Heard(hello.read(data), address, timezone.now())
        except HelloError as error:
            self._refuse(address, str(error))
            return
        if self._queue.full():
            self._refuse(address, "too many wait to be written")
            return
        self._queue.put_nowait(heard)

    def _may_speak(self, address: str) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._rates = second, Counter()
        self._rates[address] += 1
        if sum(self._open.values()) > MOST_AT_ONCE or self._open[address] > MOST_FROM_ONE:
            self._refuse(address, "too many connections at once")
            return False
        if self._rates[address] > RATE:
            self._refuse(address, "too many messages a second")
            return False
        return True

    def _refuse(self, address: str, why: str) -> None:
        """Count what was not taken; the log names the first of each kind and each 1,000th."""
        self.refused[why] += 1
        if self.refused[why] == 1 or self.refused[why] % 1000 == 0:
            logger.warning("A hello from %s was not taken: %s.", address, why)

    async def _write_on(self) -> None:
        while not self._is_over:
            await asyncio.sleep(EVERY)
            while not self._queue.empty():
                if not await self._write_batch() and self._is_over:
                    return

    async def _write_batch(self) -> bool:
        """Write what waits; what a database that is away did not take goes back into the queue."""
        batch = [self._queue.get_nowait() for _ in range(min(BATCH, self._queue.qsize()))]
        try:
            await asyncio.to_thread(self._write, batch)
        except Exception as error:
            self._failures += 1
            if self._failures % 60 == 1:
                logger.warning("Hello messages could not be written down and wait: %s", error)
            for heard in batch[: WAITING - self._queue.qsize()]:
                self._queue.put_nowait(heard)
            await asyncio.sleep(1)
            return False
        self._failures = 0
        return True


def run(
    stop: Event, host: str, port: int, write: Write, *, when_ready: Callable[[int], object] = bool
) -> None:
    """Listen until ``stop`` is set.

    Raises:
        OSError: the port cannot be had.
    """
    asyncio.run(_run(stop, host, port, write, when_ready))


def run_beside(stop: Event, host: str, port: int, write: Write) -> None:
    """Do the same beside other work: a port that cannot be had is told, and the rest goes on."""
    try:
        run(stop, host, port, write)
    except OSError as error:
        reason = error.strerror
        logger.warning("No hello messages: port %s of %s cannot be had: %s.", port, host, reason)


async def _run(
    stop: Event, host: str, port: int, write: Write, when_ready: Callable[[int], object]
) -> None:
    listener = Listener(write)
    when_ready(await listener.start(host, port))
    await asyncio.to_thread(stop.wait)
    await listener.stop()


def _plain(address: str) -> str:
    """Return an address without what IPv6 puts before an IPv4 one, or a zone after it."""
    found = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
