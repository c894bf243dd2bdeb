"""Feed every parser of network bytes with what nobody meant: ``./run fuzz [MINUTES]``.

A parser may answer, or raise the errors that it declares, each within SLOW seconds. Anything else
ends the campaign with the bytes that did it. The last line counts the inputs of each parser.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, seed, settings

from amt.certificates import files
from amt.certificates.errors import CertificateError
from amt.protocol import eoi, hello, rmcp, setup_bin
from amt.protocol.errors import AmtError
from amt.protocol.http.digest import read_challenge
from amt.protocol.http.handshake import shake_hands
from amt.protocol.wsman import message_log, os_power, power_management_service
from amt.protocol.wsman.codec import decode
from amt.protocol.wsman.indication import read_event
from amt.protocol.wsman.instance import Instance
from amt.protocol.wsman.session import Limits, Session, Target, Tls
from amt.simulator import Device, DeviceSpec
from amt.simulator.client_chain import Trust, refusal_of
from amt.simulator.eoi import EoiService
from amt.simulator.execution import Dropped
from amt.simulator.handshake_reader import HandshakeReader
from amt.simulator.redirection import RedirectionConnection
from amt.simulator.request_reader import BadRequest, RequestReader
from amt.simulator.rmcp import pong
from amt.simulator.set_up import SetUp, State, TrustedHash, boot_from
from amt.simulator.wsman import WsmanService
from tests.campaigns import samples
from tests.campaigns.mutations import mutated

MINUTES = 10.0
ROUND = 300  # inputs from one seed
SLOW = 2.0  # seconds
QUICK = Limits(connect_seconds=0.5, answer_seconds=0.25, session_seconds=1, max_bytes=1 << 16)


@dataclass
class Parser:
    """One parser: what it is fed, how, and what it may raise."""

    name: str
    samples: list[bytes]
    feed: Callable[[bytes], object]
    errors: tuple[type[Exception], ...] = (AmtError,)
    inputs: int = 0
    slowest: float = field(default=0.0)

    def attack(self, number: int, examples: int = ROUND) -> None:
        """Feed it ``examples`` inputs that follow from the seed ``number``."""

        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(mutated(self.samples))
        def one(data: bytes) -> None:
            began = time.perf_counter()
            with suppress(self.errors):
                self.feed(data)
            seconds = time.perf_counter() - began
            self.inputs, self.slowest = self.inputs + 1, max(self.slowest, seconds)
            assert seconds < SLOW, f"{self.name} took {seconds:.1f} s"

        one()


def read_records(data: bytes) -> object:
    """Read an answer as the event log's, to the last field."""
    page = decode(data)
    return message_log.records_of(page) if isinstance(page, Instance) else page


def read_setup_file(data: bytes) -> object:
    """Read a setup.bin and write it again: nothing may be lost."""
    file = setup_bin.read(data)
    assert setup_bin.read(setup_bin.write(file)) == file
    return file


def read_eoi_state(data: bytes) -> object:
    """Read an answer of the older SOAP interface as a power state."""
    return eoi.decode(data, eoi.REMOTE_CONTROL, "GetSystemPowerState", max_bytes=1 << 16)


def serve_eoi(data: bytes) -> object:
    """Answer a request of the older SOAP interface, as a simulated engine does."""
    device = Device(DeviceSpec("127.0.0.1", profile="2.6"))
    status, body = EoiService(device).answer("/RemoteControlService", data)
    assert status in (200, 500)
    return body


class Sink(asyncio.Transport):
    """A connection whose other end is nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.said, self.is_over = b"", False

    def write(self, data: object) -> None:
        self.said += bytes(data)  # type: ignore[call-overload]

    def close(self) -> None:
        self.is_over = True

    abort = close

    def is_closing(self) -> bool:
        return self.is_over


async def redirect(data: bytes) -> object:
    """Take the messages of a redirection session, as a simulated engine does."""
    connection, sink = RedirectionConnection(Device(DeviceSpec("127.0.0.1"))), Sink()
    connection.connection_made(sink)
    connection.data_received(data)
    return sink.said or None


def read_request(data: bytes) -> object:
    """Take HTTP requests out of bytes, as a simulated engine does."""
    reader = RequestReader()
    reader.feed(data)
    return list(iter(reader.next, None))


def served() -> Callable[[bytes], object]:
    """Return a feed for the simulated engine's WS-Management service."""
    service = WsmanService(Device(DeviceSpec("127.0.0.1")))

    def feed(data: bytes) -> object:
        status, body = service.answer(data)
        assert status in (200, 400, 403, 500)
        return body

    return feed


def set_up() -> Callable[[bytes], object]:
    """Return a feed for a simulated engine that is being set up."""
    spec = DeviceSpec("127.0.0.1", is_factory=True, is_activated=True)

    def feed(data: bytes) -> object:
        status, body = WsmanService(Device(spec)).answer(data)
        assert status in (200, 400, 500)
        return body

    return feed


def judge(data: bytes) -> object:
    """Read the certificates of a handshake and judge them, as a simulated engine does."""
    reader = HandshakeReader()
    reader.feed(data)
    trust = Trust((16, 1), [TrustedHash("Root", "sha256", bytes(32))], "example.org")
    return None if reader.chain is None else refusal_of(reader.chain, trust)


@contextmanager
def server() -> Iterator[tuple[asyncio.Runner, int, list[list[bytes]]]]:
    """Run a server that says to its n-th visitor what the script's n-th line holds."""
    script: list[list[bytes]] = [[]]

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = script[0]
        line = lines.pop(0) if len(lines) > 1 else (lines or [b""])[0]
        try:
            async with asyncio.timeout(1):
                await reader.read(65_536)
                writer.write(line)
                await writer.drain()
        except (OSError, TimeoutError):
            pass
        writer.transport.close()

    with asyncio.Runner() as runner:
        listening = runner.run(asyncio.start_server(visit, "127.0.0.1", 0))
        yield runner, listening.sockets[0].getsockname()[1], script
        listening.close()


async def ask(port: int) -> object:
    """Open a session and read all that power management reads."""
    target = Target("127.0.0.1", port, Tls.PLAIN, "admin", "P@ssw0rd")
    async with Session(target, QUICK) as session:
        state = await power_management_service.read_power_state(session)
        await os_power.read_os_power_saving_state(session)
        return state, await message_log.read_newest_records(session)


@contextmanager
def parsers() -> Iterator[list[Parser]]:
    """Yield every parser of bytes that come from a network."""
    with server() as (runner, port, script):

        def http(data: bytes) -> object:
            script[0] = data.split(samples.NEXT)
            return runner.run(ask(port))

        def tls(data: bytes) -> object:
            script[0] = [data]
            return runner.run(shake_hands("127.0.0.1", port, Tls.LEGACY, QUICK))

        answers = samples.answers()
        yield [
            Parser("XML of an answer", answers, decode),
            Parser("event log", samples.event_logs(), read_records),
            Parser("live alert", samples.alerts(), read_event),
            Parser(
                "digest challenge",
                samples.challenges(),
                lambda data: read_challenge(data.decode("latin-1").split("\n")),
            ),
            Parser("HTTP answer", samples.conversations(), http),
            Parser("TLS hello and certificate", samples.tls_flights(), tls),
            Parser("RMCP pong", samples.pongs(), rmcp.read_pong, ()),
            Parser("older SOAP answer", samples.eoi_answers(), read_eoi_state),
            Parser(
                "certificate file", samples.certificate_files(), files.read, (CertificateError,)
            ),
            Parser(
                "setup.bin", samples.setup_files(), read_setup_file, (setup_bin.SetupFileError,)
            ),
            Parser(
                "setup.bin (simulator)",
                samples.setup_files(),
                lambda data: boot_from(data, SetUp(State.PRE), firmware=(16, 1)),
                (),
            ),
            Parser("hello message", samples.hellos(), hello.read, (hello.HelloError,)),
            Parser(
                "HTTP request (simulator)", samples.http_requests(), read_request, (BadRequest,)
            ),
            Parser("XML of a request (simulator)", samples.requests(), served(), (Dropped,)),
            Parser("set-up (simulator)", samples.set_up_calls(), set_up(), (Dropped,)),
            Parser("set-up handshake (simulator)", samples.set_up_handshakes(), judge, ()),
            Parser("older SOAP request (simulator)", samples.eoi_requests(), serve_eoi),
            Parser(
                "redirection (simulator)",
                samples.redirection(),
                lambda data: runner.run(redirect(data)),
                (),
            ),
            Parser(
                "RMCP ping (simulator)",
                samples.pings(),
                lambda data: pong(Device(DeviceSpec("127.0.0.1")), data),
                (),
            ),
        ]


def main(minutes: float) -> None:
    until, number = time.monotonic() + 60 * minutes, 0
    with parsers() as targets:
        while time.monotonic() < until:
            number += 1
            for parser in targets:
                parser.attack(number)
        for parser in targets:
            print(f"{parser.name:32} {parser.inputs:9,} inputs, slowest {parser.slowest:.3f} s")
        print(json.dumps({parser.name: parser.inputs for parser in targets}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="fuzz", description="Fuzz every parser of network bytes.")
    parser.add_argument("minutes", nargs="?", type=float, default=MINUTES)
    main(parser.parse_args().minutes)
