"""An open line to one Management Engine's web server, whichever interface is spoken over it."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from amt.protocol.errors import AmtError, AmtTlsFailed
from amt.protocol.http.handshake import shake_hands
from amt.protocol.http.sign_in import OpenDoor, Request, SignIn
from amt.protocol.http.target import Limits, Target
from amt.protocol.http.tls import Tls, too_old
from amt.protocol.http.transport import Response, Transport

WSMAN = "/wsman"


class HttpSession:
    """One device, from the first connection to the last; one request at a time.

    ``open`` signs nobody in yet but learns ``realm``, ``firmware``, ``server_header``,
    ``certificate_sha256`` and ``tls_version``; where ``target`` has a ``proof``, the first request
    does.
    """

    def __init__(self, target: Target, limits: Limits | None = None) -> None:
        self.target = target
        self.limits = limits or Limits()
        self.one_at_a_time = asyncio.Lock()
        self._transport = Transport(target, self.limits)
        self._sign_in = (OpenDoor if target.proof else SignIn)(target, self._transport)

    async def open(self, path: str = WSMAN) -> None:
        """Connect and ask without a login: no password goes out.

        Raises:
            AmtUnreachable, AmtTlsFailed, AmtCertificateChanged, AmtRealmChanged, AmtBusy,
            AmtNoAnswer, AmtBadAnswer: the session is closed again.
        """
        self._transport.open()
        try:
            await self._sign_in.greet(path)
        except AmtTlsFailed as error:
            await self.close()
            raise await self._explained(error) from error.__cause__
        except BaseException:
            await self.close()
            raise

    async def send(self, request: Request) -> Response:
        """Send a request with our login and return the answer, whatever its status."""
        return await self._sign_in.send(request)

    async def close(self) -> None:
        """Hang up."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.target.host}:{self.target.port}>"

    async def _explained(self, error: AmtTlsFailed) -> AmtTlsFailed:
        """Return a better reason for a hang-up or an alert: old firmware may not know TLS 1.2."""
        target = self.target
        if error.code in ("tls-dropped", "tls-alert") and target.tls is Tls.MODERN:
            with contextlib.suppress(AmtError):
                shown = await shake_hands(target.host, target.port, Tls.LEGACY, self.limits)
                return too_old(f"it broke off TLS 1.2 and agreed to {shown.version}")
        return error

    @property
    def realm(self) -> str | None:
        """Return the digest realm of the device."""
        return self._sign_in.realm

    @property
    def is_accepted(self) -> bool | None:
        """Return whether the device took our login, as far as it was shown to it."""
        return self._sign_in.is_accepted

    @property
    def server_header(self) -> str | None:
        """Return what the device's web server calls itself."""
        return self._sign_in.server_header

    @property
    def firmware(self) -> str | None:
        """Return the AMT version that the web server names, such as 16.1.25.1917."""
        return self._sign_in.firmware

    @property
    def certificate_sha256(self) -> str | None:
        """Return the fingerprint of the certificate shown; None on plain HTTP."""
        return self._transport.certificate_sha256

    @property
    def tls_version(self) -> str | None:
        """Return the TLS version agreed on, such as TLSv1.2; None on plain HTTP."""
        return self._transport.tls_version
