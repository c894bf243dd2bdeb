"""A TLS handshake and nothing more: what a port shows to anybody."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

from amt.protocol.errors import AmtTlsFailed, unreachable
from amt.protocol.http.target import Limits
from amt.protocol.http.tls import TO_RESUME, Tls, context, fingerprint, handshake_error


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a TLS port shows to anybody."""

    tls: Tls  # the profile that was needed
    version: str  # such as TLSv1.2
    certificate_sha256: str


async def shake_hands(host: str, port: int, tls: Tls, limits: Limits) -> Handshake:
    """Connect, agree on TLS and hang up; not one byte of HTTP is sent.

    Raises:
        AmtUnreachable: no TCP connection.
        AmtTlsFailed: no TLS session under this profile.
    """
    TO_RESUME.set(None)  # a handshake of its own, whatever this task has talked to before
    try:
        async with asyncio.timeout(limits.connect_seconds):
            _reader, writer = await asyncio.open_connection(host, port, ssl=context(tls))
    except TimeoutError:
        raise unreachable(port, "no connection in time") from None
    except (ssl.SSLError, ConnectionResetError, ConnectionAbortedError) as error:
        raise handshake_error(error, tls) from error
    except (OSError, UnicodeError) as error:
        raise unreachable(port, error, host=host) from error
    try:
        shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
        certificate = shown.getpeercert(binary_form=True)
        if certificate is None:
            raise AmtTlsFailed("The port speaks TLS, but shows no certificate.")
        return Handshake(tls, shown.version() or "", fingerprint(certificate))
    finally:
        writer.transport.abort()
