"""Takes HTTP/1.1 requests out of a stream of bytes, within limits."""

from collections.abc import Mapping
from dataclasses import dataclass

MAX_HEADER = 16_384  # bytes
MAX_BODY = 131_072  # bytes


class BadRequest(Exception):
    """Not HTTP, or too much of it; ``status`` says which."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


@dataclass(slots=True)
class HttpRequest:
    """One request; the body grows until it is whole."""

    method: str
    target: str
    version: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""

    @property
    def stays_open(self) -> bool:
        """Return whether the client wants to send more on this connection."""
        return self.version == "HTTP/1.1" and self.headers.get("connection", "").lower() != "close"

    @property
    def expects_continue(self) -> bool:
        """Return whether the client waits before it sends the body."""
        return self.headers.get("expect", "").lower() == "100-continue"


class RequestReader:
    """Feed it bytes, ask it for requests."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.head: HttpRequest | None = None  # read, while its body is still to come
        self._body = bytearray()
        self._left = 0  # bytes of the body, or of the chunk
        self._is_chunked = False
        self._in_chunk = False

    @property
    def is_empty(self) -> bool:
        """Return whether no part of a request has come."""
        return not self._buffer and self.head is None

    def feed(self, data: bytes) -> None:
        """Take bytes from the network."""
        self._buffer += data
        if len(self._buffer) > MAX_HEADER + MAX_BODY:
            raise BadRequest(413)

    def next(self) -> HttpRequest | None:
        """Return the next whole request, None while it is not whole."""
        if self.head is None and not self._read_head():
            return None
        if not (self._read_chunks() if self._is_chunked else self._read_body()):
            return None
        request = self.head
        assert request is not None  # noqa: S101 - _read_head has just set it
        request.body = bytes(self._body)
        self._body.clear()
        self.head = None
        return request

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n", 0, MAX_HEADER)
        if end < 0:
            if len(self._buffer) >= MAX_HEADER:
                raise BadRequest(431)
            return False
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        parts = lines[0].split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise BadRequest(400)
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadRequest(400)
            headers[name.strip().lower()] = value.strip()
        self.head = HttpRequest(parts[0], parts[1], parts[2], headers)
        self._expect_body(headers)
        return True

    def _expect_body(self, headers: Mapping[str, str]) -> None:
        self._is_chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        self._in_chunk = False
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            raise BadRequest(400)
        self._left = 0 if self._is_chunked else int(length)
        if self._left > MAX_BODY:
            raise BadRequest(413)

    def _read_body(self) -> bool:
        if len(self._buffer) < self._left:
            return False
        self._body += self._buffer[: self._left]
        del self._buffer[: self._left]
        return True

    def _read_chunks(self) -> bool:
        while True:
            if not self._in_chunk and not self._read_chunk_size():
                return False
            if len(self._buffer) < self._left + 2:
                return False
            self._body += self._buffer[: self._left]
            del self._buffer[: self._left + 2]
            self._in_chunk = False
            if self._left == 0:
                return True

    def _read_chunk_size(self) -> bool:
        end = self._buffer.find(b"\r\n", 0, 64)
        if end < 0:
            if len(self._buffer) >= 64:
                raise BadRequest(400)
            return False
        try:
            self._left = int(self._buffer[:end].partition(b";")[0], 16)
        except ValueError:
            raise BadRequest(400) from None
        if self._left < 0 or len(self._body) + self._left > MAX_BODY:
            raise BadRequest(413)
        del self._buffer[: end + 2]
        self._in_chunk = True
        return True
