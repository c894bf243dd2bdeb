"""TLS as AMT needs it: no public authority signs these certificates, so a pin stands for trust."""

from __future__ import annotations

import hashlib
import os
import ssl
import warnings
from collections.abc import Sequence
from contextvars import ContextVar
from enum import StrEnum
from functools import cache

from amt.protocol import meanings
from amt.protocol.errors import AmtTlsFailed, AmtTlsTooOld

# Firmware up to 18 knows RSA key exchange only, which is not among Python's own defaults.
MODERN_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:RSA+AESGCM:RSA+AES:!aNULL:@SECLEVEL=1"
LEGACY_CIPHERS = "DEFAULT:RSA+AES:RSA+3DES:!aNULL:@SECLEVEL=0"
# What OpenSSL says when the device's side is weaker than the profile, not broken.
TOO_OLD = (
    "UNSUPPORTED_PROTOCOL",
    "PROTOCOL_VERSION",
    "TOO_SMALL",
    "TOO_WEAK",
    "UNSAFE_LEGACY_RENEGOTIATION",
    "NO_SHARED",
)


class Tls(StrEnum):
    """How to speak to the port: not encrypted, TLS 1.2 and newer, or whatever old firmware has."""

    PLAIN = "plain"
    MODERN = "modern"
    LEGACY = "legacy"


class Resuming(ssl.SSLContext):
    """A context that takes up the TLS session of ``TO_RESUME``, if there is one.

    AMT closes the connection after its 401, so every sign-in needs a second one. Resuming saves
    both sides the public-key work of it, and proves that the other end is still the same.
    """

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Wrap as ``SSLContext`` does, with the session of this device."""
        return super().wrap_bio(
            incoming, outgoing, server_side, server_hostname, session or TO_RESUME.get()
        )


# Of the device whose connection is being made: asyncio and uvloop wrap in the task's own context.
TO_RESUME: ContextVar[ssl.SSLSession | None] = ContextVar("to_resume", default=None)


@cache
def context(profile: Tls) -> ssl.SSLContext | None:
    """Return the shared context of a profile, None for plain HTTP.

    No authority and no host name are checked: AMT signs its own certificate, and the pin, checked
    before the first byte goes out, is stronger than both.
    """
    return None if profile == Tls.PLAIN else _made(profile)


def proving(profile: Tls, chain: Sequence[bytes], key: bytes) -> ssl.SSLContext:
    """Return a context that proves who we are: to be let in by a device that is to be set up.

    ``chain``: certificates as PEM, ours first and the root last, all of which firmware wants to
    see. ``key``: as PEM. The file that Python's ssl insists on is in memory and has no name.

    Up to TLS 1.2 only: with 1.3 a device refuses our chain after our first request has gone out.
    """
    result = _made(profile)
    result.maximum_version = ssl.TLSVersion.TLSv1_2
    with os.fdopen(os.memfd_create("chain", os.MFD_CLOEXEC), "wb") as file:
        file.write(b"".join([key, *chain]))
        file.flush()
        result.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return result


def _made(profile: Tls) -> ssl.SSLContext:
    result = Resuming(ssl.PROTOCOL_TLS_CLIENT)
    result.check_hostname = False
    result.verify_mode = ssl.CERT_NONE
    result.options |= ssl.OP_NO_COMPRESSION
    if profile == Tls.MODERN:
        result.minimum_version = ssl.TLSVersion.TLSv1_2
        result.set_ciphers(MODERN_CIPHERS)
        return result
    result.set_ciphers(LEGACY_CIPHERS)
    _allow_old_versions(result)
    result.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)  # not named in Python 3.11
    return result


def _allow_old_versions(result: ssl.SSLContext) -> None:
    with warnings.catch_warnings():  # Python calls these versions deprecated; AMT 2 to 11 has them
        warnings.simplefilter("ignore", DeprecationWarning)
        result.minimum_version = ssl.TLSVersion.TLSv1


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate (DER) as lower-case hexadecimal."""
    return hashlib.sha256(certificate).hexdigest()


def normal_pin(text: str) -> str:
    """Return a fingerprint as we compare it: lower case, no colons or blanks."""
    return text.replace(":", "").replace(" ", "").lower()


def too_old(detail: str) -> AmtTlsTooOld:
    """Return the error for a device that knows only what the modern profile leaves out."""
    return AmtTlsTooOld(detail=detail)


def handshake_error(error: Exception, profile: Tls) -> AmtTlsFailed:
    """Return what a failed handshake means to an administrator."""
    reason = str(getattr(error, "reason", None) or error)
    alert = meanings.of_alert(reason)
    code = alert.code if alert else ""
    if not code and profile == Tls.MODERN and any(word in reason.upper() for word in TOO_OLD):
        return too_old(reason)
    if alert:
        return AmtTlsFailed(code=code or "tls-alert", words=alert.words, detail=reason)
    if "WRONG_VERSION_NUMBER" in reason or "HTTP_REQUEST" in reason:
        return AmtTlsFailed(code="no-tls", detail=reason)
    is_dropped = not isinstance(error, ssl.SSLError)
    return AmtTlsFailed(code="tls-dropped" if is_dropped else "", detail=reason)
