"""One device's HTTP connection: aiohttp underneath, its errors mapped to ours here only."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from time import monotonic

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from amt.protocol.errors import (
    AmtBadAnswer,
    AmtCertificateChanged,
    AmtError,
    AmtHeldUp,
    AmtNoAnswer,
    AmtTlsFailed,
    unreachable,
)
from amt.protocol.http.target import Limits, Target
from amt.protocol.http.tls import TO_RESUME, Tls, context, fingerprint, handshake_error, normal_pin
from amt.protocol.safe_xml import too_big
from amt.protocol.sentences import say

IDLE_SECONDS = 3  # a connection idle for longer may be half closed: take a new one
AUTO_HEADERS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


@dataclass(frozen=True, slots=True)
class Response:
    """A complete HTTP answer."""

    status: int
    headers: Mapping[str, str]
    challenges: list[str]
    body: bytes


class Transport:
    """Send one request at a time to one device and bring back its whole answer."""

    def __init__(self, target: Target, limits: Limits) -> None:
        self.target = target
        self.limits = limits
        self.certificate_sha256: str | None = None
        self.tls_version: str | None = None
        self.was_reused = False  # the connection of the last request had carried one before
        self._has_sent = False
        self._send_before: float | None = None
        self._last: object = None  # the connection of the request before
        self._spent: object = None  # the connection that brought a 401
        self._tls: ssl.SSLObject | None = None  # of the last connection
        self._tls_session: ssl.SSLSession | None = None  # to resume on the next
        self._opened: list[asyncio.Transport] = []
        self._deadline: float | None = None
        self._timer: asyncio.Timeout | None = None
        self._client: aiohttp.ClientSession | None = None
        self._url = URL()

    def open(self) -> None:
        """Make the HTTP client; no connection is made yet.

        Raises:
            AmtUnreachable: the host is neither an address nor a name.
        """
        self._url = url_of(self.target)
        if self.limits.session_seconds is not None:
            now = asyncio.get_running_loop().time()
            self._deadline = now + self.limits.session_seconds
        self._client = aiohttp.ClientSession(
            connector=OneDevice(self),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            skip_auto_headers=AUTO_HEADERS,
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Hang up, and wait for no farewell: a device that is silent may keep TLS waiting."""
        if self._client is not None:
            await self._client.close()
            self._client = None
        for transport in self._opened:
            # Python 3.11.2 lets go of a TLS connection that was closed twice.
            with contextlib.suppress(AttributeError):
                transport.abort()
        self._opened.clear()

    async def post(
        self, path: str, body: bytes, headers: Mapping[str, str], send_before: float | None = None
    ) -> Response:
        """Send one POST and return the answer, whatever its status.

        Raises:
            AmtHeldUp: ``send_before`` (of the monotonic clock) had passed; nothing was sent.
            AmtUnreachable, AmtTlsFailed, AmtCertificateChanged: nothing was sent.
            AmtNoAnswer, AmtBadAnswer: it was sent.
        """
        self._has_sent = False
        self._send_before = send_before
        try:
            async with asyncio.timeout_at(self._until(self.limits.connect_seconds)) as self._timer:
                return await self._exchange(self._url.with_path(path), body, headers)
        except TimeoutError:
            raise self._too_late() from None
        except (aiohttp.ClientError, OSError, UnicodeError) as error:
            mapped = self._mapped(error)
            if isinstance(mapped, AmtTlsFailed) and self._tls_session is not None:
                self._tls_session = None  # some firmware may not like to resume
                return await self.post(path, body, headers, send_before)
            raise mapped from error

    def is_spent(self, connection: Connection) -> bool:
        """Return whether this connection brought a 401 and must not be used again."""
        return connection.protocol is self._spent

    def connected(self, connection: Connection) -> None:
        """Check who is at the other end, and the time, before the first byte goes out."""
        self.was_reused = connection.protocol is self._last
        if not self.was_reused:
            self._look_at(connection.transport)
        if self._send_before is not None and monotonic() > self._send_before:
            raise AmtHeldUp
        self._last = connection.protocol
        self._has_sent = True
        self._allow(self.limits.answer_seconds)

    @contextlib.asynccontextmanager
    async def room_for_handshake(self) -> AsyncIterator[None]:
        """Wait until few enough handshakes are under way; the time to connect begins then."""
        room = self.limits.handshakes
        if room is None or self.target.tls is Tls.PLAIN:
            yield
            return
        self._allow(None)
        async with room:
            self._allow(self.limits.connect_seconds)
            yield

    def _allow(self, seconds: float | None) -> None:
        """Give the step that begins now so much time; None: what the whole session has left."""
        if self._timer is not None:
            self._timer.reschedule(self._deadline if seconds is None else self._until(seconds))

    def _look_at(self, transport: asyncio.Transport | None) -> None:
        """Check address and certificate of a new connection; the first one's is a pin, too."""
        if transport is None:
            return
        self._opened.append(transport)
        self.target.check_peer(transport.get_extra_info("peername")[0])
        self._tls = tls = transport.get_extra_info("ssl_object")
        if tls is None:
            return
        shown = fingerprint(tls.getpeercert(binary_form=True) or b"")
        known = normal_pin(self.target.pin or self.certificate_sha256 or shown)
        self.tls_version, self.certificate_sha256 = tls.version(), shown
        if shown != known:
            raise AmtCertificateChanged(pinned=known, observed=shown)

    async def _exchange(self, url: URL, body: bytes, headers: Mapping[str, str]) -> Response:
        if self._client is None:
            raise RuntimeError("The session is not open.")
        TO_RESUME.set(self._tls_session)
        response = await self._client.post(
            url,
            data=body,
            headers=headers,
            allow_redirects=False,
            ssl=self.target.proof or context(self.target.tls) or True,
        )
        try:
            challenges = response.headers.getall("WWW-Authenticate", [])
            if response.status == 401:
                # AMT closes after a 401, sometimes without saying so.
                self._spent = self._last
                self._tls_session = self._tls.session if self._tls else None
                return Response(response.status, response.headers, challenges, b"")
            content = await self._read(response)
            return Response(response.status, response.headers, challenges, content)
        finally:
            response.close()  # a whole answer has given its connection back already

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        limit = self.limits.max_bytes
        if (response.content_length or 0) > limit:
            raise too_big(limit)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise AmtBadAnswer("The answer is compressed, which AMT never does.", reason="not-amt")
        content = bytearray()
        async for chunk in response.content.iter_any():
            content += chunk
            if len(content) > limit:
                raise too_big(limit)
        return bytes(content)

    def _until(self, seconds: float) -> float:
        moment = asyncio.get_running_loop().time() + seconds
        return moment if self._deadline is None else min(moment, self._deadline)

    def _too_late(self) -> AmtError:
        if not self._has_sent:
            return unreachable(self.target.port, "no connection in time")
        seconds = f"{self.limits.answer_seconds:g}"
        return AmtNoAnswer(say("unresponsive", seconds=seconds), detail="timed out")

    def _mapped(self, error: Exception) -> AmtError:
        reason = getattr(error, "os_error", error)
        if self._has_sent:
            return self._refused_late(reason) or dropped(error)
        is_tls = self.target.tls is not Tls.PLAIN
        if isinstance(reason, ssl.SSLError) or (
            is_tls and isinstance(reason, ConnectionResetError | ConnectionAbortedError)
        ):
            return handshake_error(reason, self.target.tls)
        cause = reason if isinstance(reason, OSError) else str(reason)
        return unreachable(self.target.port, cause, host=self.target.host)

    def _refused_late(self, reason: BaseException) -> AmtTlsFailed | None:
        """Return the error of an alert that TLS 1.3 gives after the handshake: nothing was done."""
        if not isinstance(reason, ssl.SSLError):
            return None
        error = handshake_error(reason, self.target.tls)
        return error if error.code == "client-certificate" else None


def url_of(target: Target) -> URL:
    """Return where requests go."""
    try:
        return URL.build(
            scheme="http" if target.tls is Tls.PLAIN else "https",
            host=target.host,
            port=target.port,
        )
    except ValueError as error:  # UnicodeError, of a name that is too long, is one
        raise unreachable(target.port, f"not an address or name: {error}") from None


class OneDevice(aiohttp.TCPConnector):
    """A connector for one device that shows each connection to its transport before its use."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(
            limit=1,
            use_dns_cache=False,
            keepalive_timeout=IDLE_SECONDS,
            happy_eyeballs_delay=None,
        )
        self._shown_to = transport

    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Return a connection on which something may be sent."""
        connection = await super().connect(req, traces, timeout)
        if self._shown_to.is_spent(connection):
            connection.close()
            connection = await super().connect(req, traces, timeout)
        try:
            self._shown_to.connected(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _create_connection(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        async with self._shown_to.room_for_handshake():
            return await super()._create_connection(req, traces, timeout)


def dropped(error: Exception) -> AmtError:
    """Return what it means that the other end hung up, or spoke something else than HTTP."""
    if isinstance(error, aiohttp.ClientResponseError):  # aiohttp could not parse the answer
        return AmtBadAnswer(
            "The answer is not HTTP: another server at this address?",
            reason="not-http",
            detail=error.message,
        )
    result = AmtNoAnswer(detail=str(error))
    result.is_dropped = True
    return result
