"""Where a device is, how to sign in there, and how long and how much we take from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from amt.protocol.wsman.tls import Tls


@dataclass(frozen=True, slots=True)
class Target:
    """One device's address and login.

    ``realm`` and ``pin`` are what was seen and confirmed before; None accepts what is shown.
    """

    host: str  # address or name
    port: int
    tls: Tls
    username: str
    password: str = field(repr=False)
    realm: str | None = None
    pin: str | None = None  # SHA-256 of the certificate in hexadecimal


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much we are willing to take from one device."""

    connect_seconds: float = 5  # name, TCP and TLS together
    answer_seconds: float = 20  # from the connection to the last byte of one answer
    session_seconds: float | None = None  # the whole session, from its opening
    max_bytes: int = 1 << 20
