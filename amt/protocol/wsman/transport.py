"""One device's HTTP connection: aiohttp underneath, its errors mapped to ours here only."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from amt.protocol.errors import (
    AmtBadAnswer,
    AmtCertificateChanged,
    AmtError,
    AmtNoAnswer,
    AmtUnreachable,
)
from amt.protocol.wsman.safe_xml import too_big
from amt.protocol.wsman.tls import TlsProfile, context, fingerprint, handshake_error, normal_pin

PATH = "/wsman"
CONTENT_TYPE = "application/soap+xml;charset=UTF-8"
IDLE_SECONDS = 3  # a connection idle for longer may be half closed: take a new one
AUTO_HEADERS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a device is and how to sign in there.

    ``realm`` and ``pin`` are what was seen and confirmed before; None accepts what is shown.
    """

    host: str
    port: int
    tls: TlsProfile
    username: str
    password: str = field(repr=False)
    realm: str | None = None
    pin: str | None = None  # SHA-256 of the certificate in hexadecimal


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much we are willing to take from one device."""

    connect_seconds: float = 5
    answer_seconds: float = 20
    session_seconds: float | None = None  # the whole session, from its opening
    max_bytes: int = 1 << 20


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
        self.has_sent = False  # of the request under way: did a connection exist to send it on?
        self._deadline: float | None = None
        self._url = URL.build(
            scheme="http" if target.tls == TlsProfile.PLAIN else "https",
            host=target.host,
            port=target.port,
            path=PATH,
        )
        self._timer: asyncio.Timeout | None = None
        self._client: aiohttp.ClientSession | None = None

    def open(self) -> None:
        """Make the HTTP client; no connection is made yet."""
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
        if self._client is not None:
            await self._client.close()

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send one POST and return the answer, whatever its status.

        Raises:
            AmtUnreachable, AmtTlsFailed, AmtCertificateChanged: nothing was sent.
            AmtNoAnswer, AmtBadAnswer: ``has_sent`` is True.
        """
        self.has_sent = False
        try:
            async with asyncio.timeout_at(self._until(self.limits.connect_seconds)) as self._timer:
                return await self._exchange(body, headers)
        except AmtError:
            raise
        except TimeoutError:
            raise self._too_late() from None
        except aiohttp.ClientError as error:
            raise self._mapped(error) from error
        except OSError as error:
            raise self._mapped(error) from error

    def connected(self, connection: Connection) -> None:
        """Check who is at the other end, before the first byte goes out."""
        transport = connection.transport
        tls = None if transport is None else transport.get_extra_info("ssl_object")
        if tls is not None:
            self.tls_version = tls.version()
            self.certificate_sha256 = fingerprint(tls.getpeercert(binary_form=True) or b"")
            pin = self.target.pin
            if pin is not None and normal_pin(pin) != self.certificate_sha256:
                raise AmtCertificateChanged(
                    pinned=normal_pin(pin), observed=self.certificate_sha256
                )
        self.has_sent = True
        if self._timer is not None:
            self._timer.reschedule(self._until(self.limits.answer_seconds))

    async def _exchange(self, body: bytes, headers: Mapping[str, str]) -> Response:
        assert self._client is not None, "the session is not open"
        response = await self._client.post(
            self._url,
            data=body or None,
            headers=headers,
            allow_redirects=False,
            ssl=context(self.target.tls) or True,
        )
        try:
            challenges = response.headers.getall("WWW-Authenticate", [])
            content = b"" if response.status == 401 else await self._read(response)
            if response.status != 401:
                response.release()
            return Response(response.status, response.headers, challenges, content)
        finally:
            # AMT closes after a 401, sometimes without saying so: never use that connection again.
            response.close()

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
        if self.has_sent:
            return AmtNoAnswer(
                f"The device took the connection, then said nothing for "
                f"{self.limits.answer_seconds:g} s."
            )
        return unreachable(self.target.port, "no answer in time")

    def _mapped(self, error: Exception) -> AmtError:
        if self.has_sent:
            return AmtNoAnswer(
                "The connection dropped before the answer was complete.", detail=str(error)
            )
        reason = getattr(error, "os_error", error)
        if isinstance(reason, ssl.SSLError):
            return handshake_error(reason, self.target.tls)
        is_tls = self.target.tls != TlsProfile.PLAIN
        if is_tls and isinstance(reason, ConnectionResetError | ConnectionAbortedError):
            return handshake_error(reason, self.target.tls)
        return unreachable(self.target.port, str(reason))


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
        connection = await super().connect(req, traces, timeout)
        try:
            self._shown_to.connected(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def unreachable(port: int, detail: str) -> AmtUnreachable:
    return AmtUnreachable(
        f"No connection on port {port}: no standby power, or wrong address?", detail=detail
    )
