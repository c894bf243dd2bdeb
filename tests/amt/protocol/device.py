"""A raw device for the protocol's tests: real sockets, answers chosen by each test.

It is not the product's simulator: here a test says byte for byte what goes over the wire.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from amt.protocol.http.tls import Tls
from amt.protocol.wsman.session import Limits, Target

REALM = "Digest:0123456789ABCDEF0123456789ABCDEF"
SERVER = "Intel(R) Active Management Technology 16.1.25.1917"
PASSWORD = "P@ssw0rd-of-a-test"
QUICK = Limits(connect_seconds=2, answer_seconds=0.5)

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><a:Envelope '
    'xmlns:a="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:b="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:c="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" '
    'xmlns:g="{space}"><a:Header></a:Header><a:Body>{body}</a:Body></a:Envelope>'
)
CIM = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
POWER = CIM + "CIM_AssociatedPowerManagementService"
ORDER = CIM + "CIM_PowerManagementService"


def envelope(body: str, space: str = POWER) -> bytes:
    return ENVELOPE.format(space=space, body=body).encode()


def power_is(state: object) -> bytes:
    name = "g:CIM_AssociatedPowerManagementService"
    return envelope(f"<{name}><g:PowerState>{state}</g:PowerState></{name}>")


def returned(value: object) -> bytes:
    name = "g:RequestPowerStateChange_OUTPUT"
    return envelope(f"<{name}><g:ReturnValue>{value}</g:ReturnValue></{name}>", ORDER)


def fault(subcode: str = "c:AccessDenied", reason: str = "You may not.") -> bytes:
    return envelope(
        f"<a:Fault><a:Code><a:Value>a:Sender</a:Value><a:Subcode><a:Value>{subcode}</a:Value>"
        f"</a:Subcode></a:Code><a:Reason><a:Text>{reason}</a:Text></a:Reason></a:Fault>"
    )


def http(
    body: bytes,
    status: str = "200 OK",
    *,
    content_type: str = "application/soap+xml; charset=UTF-8",
    server: str = SERVER,
    extra: str = "",
) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nServer: {server}\r\nContent-Type: {content_type}\r\n{extra}"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def challenge(
    *,
    realm: str = REALM,
    nonce: str = "n1",
    qop: str = "auth",
    stale: str = "false",
    server: str = SERVER,
) -> bytes:
    digest = f'Digest realm="{realm}", nonce="{nonce}",stale="{stale}",qop="{qop}"'
    return http(
        b"<html>Log on failed.</html>",
        "401 Unauthorized",
        content_type="text/html",
        server=server,
        extra=f"WWW-Authenticate: {digest}\r\nConnection: close\r\n",
    )


@dataclass
class Request:
    """One request as it came: the header block as text, the body, and its number from 1."""

    head: str
    body: bytes
    number: int
    connection: int

    @property
    def login(self) -> dict[str, str]:
        found = re.search(r"(?im)^authorization: Digest (.*)$", self.head)
        return dict(re.findall(r'(\w+)="?([^",]*)"?', found[1])) if found else {}


Reply = bytes | Awaitable[bytes | None] | None
Answer = Callable[[Request], Reply]


@dataclass
class Device:
    """What one test's device has seen."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def target(self, **changes: object) -> Target:
        values: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "tls": Tls.PLAIN,
            "username": "admin",
            "password": PASSWORD,
        }
        return Target(**(values | changes))  # type: ignore[arg-type]

    @property
    def with_login(self) -> list[Request]:
        return [request for request in self.requests if request.login]


@asynccontextmanager
async def device(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Device]:
    """Run a device; ``answer`` gets each request and returns bytes, or None to hang up."""
    seen = Device()
    talks: set[asyncio.Task[None]] = set()

    def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        talks.add(asyncio.ensure_future(talk(seen, answer, reader, writer)))

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=tls)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for running in talks:
            running.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def talk(
    seen: Device, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Serve one connection until a reply says that it closes, or there is none."""
    number = seen.connections
    try:
        while (
            reply := await reply_to(await read_request(seen, reader, number), answer)
        ) is not None:
            writer.write(reply)
            await writer.drain()
            if b"Connection: close" in reply:
                break
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def read_request(seen: Device, reader: asyncio.StreamReader, number: int) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = re.search(r"(?i)content-length: *(\d+)", head)
    body = await reader.readexactly(int(length[1]) if length else 0)
    seen.requests.append(Request(head, body, len(seen.requests) + 1, number))
    return seen.requests[-1]


async def reply_to(request: Request, answer: Answer) -> bytes | None:
    reply = answer(request)
    return reply if reply is None or isinstance(reply, bytes) else await reply


def amt(answer: Answer, **challenged: str) -> Answer:
    """Return an answerer that asks for a login first, checks the digest, then calls ``answer``."""

    def reply(request: Request) -> Reply:
        if not request.login or not digest_is_right(request):
            return challenge(**challenged)
        return answer(request)

    return reply


def digest_is_right(request: Request, password: str = PASSWORD) -> bool:
    """Check a login by the book, apart from the code under test."""
    login = request.login

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    first = md5(f"{login['username']}:{login['realm']}:{password}")
    second = f"POST:{login['uri']}"
    if login["qop"] == "auth-int":
        second += ":" + hashlib.md5(request.body).hexdigest()
    middle = f"{login['nonce']}:{login['nc']}:{login['cnonce']}:{login['qop']}"
    return login["response"] == md5(f"{first}:{middle}:{md5(second)}")
