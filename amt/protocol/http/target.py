"""Where a device is, how to sign in there, and how long and how much we take from it."""

from __future__ import annotations

import ssl
from asyncio import Semaphore
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address

from amt.protocol.errors import AmtAddressNotAllowed
from amt.protocol.http.tls import Tls

Refusal = Callable[[IPv4Address | IPv6Address], str]  # why not, empty where it may be


@dataclass(frozen=True, slots=True)
class Target:
    """One device's address and login.

    ``realm`` and ``pin`` are what was seen and confirmed before; None accepts what is shown.
    ``refusal`` judges the address that a connection really led to, whatever the name said.
    """

    host: str  # address or name
    port: int
    tls: Tls
    username: str
    password: str = field(repr=False)
    realm: str | None = None
    pin: str | None = None  # SHA-256 of the certificate in hexadecimal
    refusal: Refusal | None = field(default=None, repr=False, compare=False)
    credential: str = ""  # what people call the login
    proof: ssl.SSLContext | None = field(default=None, repr=False, compare=False)  # tls.proving

    @property
    def login(self) -> str:
        """Return the login as a sentence names it."""
        return f"credential {self.credential}" if self.credential else f"login {self.username}"

    def check_peer(self, address: str) -> None:
        """Hold the address of the other end against ``refusal``.

        Raises:
            AmtAddressNotAllowed: no password may be sent there.
        """
        if self.refusal and (why := self.refusal(ip_address(address.partition("%")[0]))):
            raise AmtAddressNotAllowed(why, detail=f"{self.host} led to {address}")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much we are willing to take from one device."""

    connect_seconds: float = 5  # name, TCP and TLS together
    answer_seconds: float = 20  # from the connection to the last byte of one answer
    session_seconds: float | None = None  # the whole session, from its opening
    max_bytes: int = 1 << 20
    handshakes: Semaphore | None = None  # TLS handshakes at once, of all sessions that share it
