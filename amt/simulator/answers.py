"""HTTP answers as bytes: those of firmware, and the broken ones that faults ask for."""

import time
from collections.abc import Iterator
from email.utils import formatdate
from functools import lru_cache

from amt.constants import NS_SOAP

CHUNK = 0x43E  # bytes; firmware writes several small chunks, sizes as four digits
XML = "application/soap+xml; charset=UTF-8"
TEXT_XML = "text/xml; charset=utf-8"  # of SOAP 1.1
REASONS = {
    200: "OK",
    302: "Found",
    303: "See Other",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
REFUSED = (
    b"<html><head><title>Log on</title></head><body><h1>Log on failed. Incorrect user name or"
    b" password, or user account temporarily locked.</h1></body></html>"
)
PAGE = b"<html><head><title>System Status</title></head><body>Simulated device</body></html>"
HUGE = 50_000_000  # bytes
LEVELS = 12  # of entities, each ten times the one below


def chunked(body: bytes) -> bytes:
    """Return ``body`` in the chunks of firmware."""
    pieces = []
    for at in range(0, len(body), CHUNK):
        piece = body[at : at + CHUNK]
        pieces.append(b"%04X\r\n%b\r\n" % (len(piece), piece))
    return b"".join(pieces) + b"0\r\n\r\n"


def head(status: int, server: str, *headers: str) -> bytes:
    """Return a status line and headers."""
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", f"Server: {server}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def xml(
    status: int, server: str, body: bytes, *, is_chunked: bool = True, kind: str = XML
) -> bytes:
    """Return an answer of the WS-Man service, or of the older one (``kind``)."""
    return xml_head(status, server, len(body), is_chunked=is_chunked, kind=kind) + (
        chunked(body) if is_chunked else body
    )


def xml_head(
    status: int, server: str, length: int, *, is_chunked: bool = True, kind: str = XML
) -> bytes:
    """Return the headers of an answer of the WS-Man service, or of the older one."""
    return head(
        status,
        server,
        f"Date: {_date(int(time.time()))}",
        "X-Frame-Options: DENY",
        f"Content-Type: {kind}",
        "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {length}",
    )


def page(status: int, server: str, body: bytes, *headers: str) -> bytes:
    """Return a web page."""
    length = f"Content-Length: {len(body)}"
    return head(status, server, *headers, "Content-Type: text/html", length) + body


def challenge(server: str, value: str, *, says_close: bool) -> bytes:
    """Return a 401; firmware announces that it closes, and does."""
    headers = [f"WWW-Authenticate: {value}"] if value else []
    if says_close:
        headers.append("Connection: close")
    return page(401, server, REFUSED, *headers)


def huge(server: str) -> Iterator[bytes]:
    """Yield an answer of 50 MB, piece by piece."""
    yield xml_head(200, server, 0)
    yield _chunk(f'<?xml version="1.0"?><a:Envelope xmlns:a="{NS_SOAP}"><a:Body>'.encode())
    filler = _chunk(b"<a:Filler>" + b"x" * 65_500 + b"</a:Filler>")
    for _ in range(HUGE // len(filler)):
        yield filler
    yield _chunk(b"</a:Body></a:Envelope>") + b"0\r\n\r\n"


def hostile() -> bytes:
    """Return a document whose entities expand to a million million copies."""
    entities = ['<!ENTITY e0 "hostile">']
    for level in range(1, LEVELS):
        entities.append(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">')
    return (
        f'<?xml version="1.0"?><!DOCTYPE a:Envelope [{"".join(entities)}]>'
        f'<a:Envelope xmlns:a="{NS_SOAP}"><a:Header></a:Header>'
        f"<a:Body>&e{LEVELS - 1};</a:Body></a:Envelope>"
    ).encode()


def _chunk(data: bytes) -> bytes:
    return b"%04X\r\n%b\r\n" % (len(data), data)


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
