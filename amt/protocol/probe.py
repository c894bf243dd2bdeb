"""Look at an address step by step, for *Test connection*: each step has its own answer.

No step but the last sends a login: ``find_ports``, ``read_tls``, ``greet``, then ``check_login``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from amt.constants import PORT_HTTP, PORT_HTTPS
from amt.protocol.errors import AmtTlsFailed, unreachable
from amt.protocol.http.handshake import Handshake, shake_hands
from amt.protocol.http.tls import Tls
from amt.protocol.wsman.general_settings import GeneralSettings, read_general_settings
from amt.protocol.wsman.session import Limits, Session, Target

PORTS = (PORT_HTTPS, PORT_HTTP)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a device says before anybody signs in."""

    firmware: str  # empty: a web server that does not call itself AMT's
    server_header: str
    realm: str
    tls_version: str | None
    certificate_sha256: str | None


async def find_ports(
    host: str, ports: Iterable[int] = PORTS, limits: Limits | None = None
) -> list[int]:
    """Return which of ``ports`` take a TCP connection, in the order given.

    Raises:
        AmtUnreachable: none does.
    """
    wanted = list(ports)
    seconds = (limits or Limits()).connect_seconds
    failures = await asyncio.gather(*(_failure(host, port, seconds) for port in wanted))
    found = [port for port, failure in zip(wanted, failures, strict=True) if failure is None]
    if not found:
        raise unreachable(wanted[0], failures[0] or "", host=host)
    return found


async def _failure(host: str, port: int, seconds: float) -> OSError | str | None:
    """Return why a port cannot be reached, None if it can."""
    try:
        async with asyncio.timeout(seconds):
            _reader, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"no answer in {seconds:g} s"
    except OSError as error:
        return error
    except UnicodeError as error:
        return str(error) or type(error).__name__
    writer.transport.abort()
    return None


async def read_tls(host: str, port: int = PORT_HTTPS, limits: Limits | None = None) -> Handshake:
    """Return certificate and TLS version of a port; the old profile is tried after the modern.

    Raises:
        AmtUnreachable: no TCP connection.
        AmtTlsFailed: neither profile works.
    """
    limits = limits or Limits()
    try:
        return await shake_hands(host, port, Tls.MODERN, limits)
    except AmtTlsFailed:
        return await shake_hands(host, port, Tls.LEGACY, limits)


async def greet(target: Target, limits: Limits | None = None) -> Greeting:
    """Return what the device says of itself to anybody. The login of ``target`` is not used.

    Raises:
        AmtError: as ``Session.open``.
    """
    async with Session(target, limits) as session:
        return Greeting(
            firmware=session.firmware or "",
            server_header=session.server_header or "",
            realm=session.realm or "",
            tls_version=session.tls_version,
            certificate_sha256=session.certificate_sha256,
        )


async def check_login(target: Target, limits: Limits | None = None) -> GeneralSettings:
    """Sign in and return the general settings: the login is accepted.

    Raises:
        AmtSignInRefused: it is not; it was tried once.
        AmtError: as ``Session.open``.
    """
    async with Session(target, limits) as session:
        return await read_general_settings(session)
