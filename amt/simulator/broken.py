"""What goes wrong in the web server, by the fault that asks for it: answers, challenges, TLS.

A broken answer is made of the good one, so that a client meets it where it expects the other.
"""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from typing import cast

from . import answers
from .faults import Fault

HUGE_HEADER = 100_000  # bytes
ENDLESS = 5_000  # header lines
DRIP_SECONDS = 0.05
XML = f"Content-Type: {answers.XML}"
CHUNKED = "Transfer-Encoding: chunked"

Broken = Callable[[str, bytes], bytes]  # Server header and good body in, what goes out instead


def _half(server: str, body: bytes) -> bytes:
    whole = answers.xml(200, server, body)
    return whole[: len(whole) // 2]


def _length(length: int) -> Broken:
    """Return an answer whose length is told wrong, by as much or as it says."""

    def broken(server: str, body: bytes) -> bytes:
        told = length if length < 0 else len(body) + length
        return answers.head(200, server, XML, f"Content-Length: {told}") + body

    return broken


def _status(status: int, *headers: str) -> Broken:
    return lambda server, body: answers.page(status, server, b"", *headers)


def _headers(*lines: str) -> Broken:
    """Return a good answer with more headers than anybody sends."""
    return lambda server, body: (
        answers.head(200, server, XML, *lines, CHUNKED) + answers.chunked(body)
    )


ANSWERS: Mapping[Fault, Broken] = {
    Fault.ANSWERS_HTML: lambda server, body: answers.page(200, server, answers.PAGE),
    Fault.ANSWERS_HOSTILE_XML: lambda server, body: answers.xml(200, server, answers.hostile()),
    Fault.TRUNCATED_XML: lambda server, body: answers.xml(200, server, body[: len(body) * 2 // 3]),
    Fault.EMPTY_ANSWER: lambda server, body: answers.xml(200, server, b""),
    Fault.OTHER_ENCODING: lambda server, body: answers.xml(
        200, server, body.decode().replace("UTF-8", "UTF-16", 1).encode("utf-16")
    ),
    Fault.COMPRESSED_ANSWER: lambda server, body: (
        answers.head(200, server, XML, "Content-Encoding: gzip", CHUNKED)
        + answers.chunked(gzip.compress(body))
    ),
    Fault.STALLS_MID_ANSWER: _half,
    Fault.CLOSES_MID_ANSWER: _half,
    Fault.BAD_CHUNK_SIZE: lambda server, body: (
        answers.head(200, server, XML, CHUNKED) + b"ZZZZ\r\n" + body
    ),
    Fault.LENGTH_TOO_LONG: _length(100),
    Fault.LENGTH_NEGATIVE: _length(-5),
    Fault.HUGE_HEADER: _headers("X-Filler: " + "x" * HUGE_HEADER),
    Fault.ENDLESS_HEADERS: _headers(*(f"X-{number}: x" for number in range(ENDLESS))),
    Fault.NOT_HTTP: lambda server, body: b"SSH-2.0-OpenSSH_9.2\r\n",
    Fault.NOT_FOUND: _status(404),
    Fault.SERVER_ERROR: _status(500),
    Fault.NO_ROOM: _status(503),
    Fault.REDIRECTS: _status(302, "Location: http://127.0.0.1:9/"),
}
SILENT_AFTERWARDS = frozenset({Fault.STALLS_MID_ANSWER, Fault.LENGTH_TOO_LONG})

# The value of a good WWW-Authenticate header in; what is said instead, empty for no such header.
CHALLENGES: Mapping[Fault, Callable[[str], str]] = {
    Fault.OFFERS_BASIC_ONLY: lambda value: 'Basic realm="Intel(R) AMT"',
    Fault.OFFERS_KERBEROS_ONLY: lambda value: "Negotiate",
    Fault.NO_CHALLENGE: lambda value: "",
    Fault.CHALLENGE_WITHOUT_REALM: lambda value: "Digest " + value.partition(", ")[2],
    Fault.CHALLENGE_WITHOUT_NONCE: lambda value: value.partition(", ")[0],
    Fault.UNKNOWN_ALGORITHM: lambda value: f'{value},algorithm="SHA-512"',
    Fault.UNKNOWN_QOP: lambda value: value.partition(",qop=")[0] + ',qop="auth-conf"',
}
TLS = frozenset({Fault.TLS_ALERT, Fault.TLS_STALLS, Fault.TLS_CLOSES, Fault.NO_TLS_ON_TLS_PORT})
HANDSHAKE_FAILURE = bytes.fromhex("15030100020228")


class BrokenTls(asyncio.Protocol):
    """One connection to a TLS port on which TLS never comes about."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer the client's hello, or not."""
        if self._fault is Fault.TLS_STALLS:
            return
        if self._fault is Fault.TLS_ALERT:
            self._transport.write(HANDSHAKE_FAILURE)
        elif self._fault is Fault.NO_TLS_ON_TLS_PORT:
            self._transport.write(answers.page(400, "none", answers.PAGE))
        self._transport.close()


def answer_of(faults: frozenset[Fault]) -> Fault | None:
    """Return the fault that breaks answers, None if they are good."""
    return next((fault for fault in ANSWERS if fault in faults), None)


def challenge_of(faults: frozenset[Fault], value: str) -> str:
    """Return the value of the WWW-Authenticate header, as the faults have it."""
    for fault, broken in CHALLENGES.items():
        if fault in faults:
            return broken(value)
    return value
