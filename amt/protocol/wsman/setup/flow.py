"""The steps of setting up a device over its set-up session, in the order that firmware wants.

Each step looks before it writes, so that all of them may be gone through again after a stop.
Nothing counts until ``commit``. Source: amt-protocol.md 7.3.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from amt.constants import ProvisioningState
from amt.protocol.errors import AmtError, AmtFault, AmtReturnValue, AmtSetUpRefused
from amt.protocol.wsman.general_settings import read_general_settings, write_names
from amt.protocol.wsman.identity import read_uuid, read_version
from amt.protocol.wsman.session import Session
from amt.protocol.wsman.setup import clock, key_store, service, tls_settings

CLOCK_SECONDS = 10  # how far the clock may be off
NOT_PERMITTED, GENERATING, DUPLICATE = 16, 2061, 2058
KEY_BUSY = frozenset({2, 47, 48, 49, 2060, GENERATING, 2082})  # ask again


@dataclass(frozen=True, slots=True)
class Waiting:
    """A device that waits to be set up, as it describes itself."""

    uuid: UUID | None
    realm: str
    firmware: str
    host_name: str
    domain_name: str
    setup: service.SetupService


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who certifies the keys that devices make; certificates are DER."""

    issue: Callable[[rsa.RSAPublicKey], bytes]
    has_issued: Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class External:
    """A certificate and its key that were made elsewhere, both as DER (the key as PKCS#1)."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a device is waited for, in seconds."""

    key_seconds: float = 200
    ask_again_seconds: float = 2


async def look(session: Session, *, expected: UUID | None) -> Waiting:
    """Read who it is and that it waits to be set up. Nothing is written.

    Raises:
        AmtSetUpRefused: it is set up already, or it is another device than ``expected``.
    """
    general = await read_general_settings(session)
    found = await service.read_service(session)
    if found.state is ProvisioningState.POST:
        raise AmtSetUpRefused(code="set-up-already", detail="ProvisioningState 2")
    uuid = await service.ask_uuid(session) or await _uuid_of_platform(session)
    if expected and uuid and uuid != expected:
        raise AmtSetUpRefused(code="other-device", uuid=uuid, detail=f"expected {expected}")
    return Waiting(
        uuid=uuid,
        realm=general.digest_realm,
        firmware=await read_version(session),
        host_name=general.host_name,
        domain_name=general.domain_name,
        setup=found,
    )


async def _uuid_of_platform(session: Session) -> UUID | None:
    try:
        return await read_uuid(session)
    except AmtError:
        return None


async def give_mebx_password(session: Session, password: str) -> bool:
    """Replace the factory's password of MEBx; return False where it has another one already."""
    try:
        await service.set_mebx_password(session, password)
    except AmtReturnValue as error:
        if error.value != NOT_PERMITTED:
            raise
        return False
    return True


async def set_time(session: Session) -> int:
    """Set the clock if it is off by more than a few seconds; return by how many it was.

    Raises:
        AmtSetUpRefused: it did not take the time.
    """
    told = await clock.read_clock(session)
    off = told - int(time())
    if abs(off) <= CLOCK_SECONDS:
        return 0
    await clock.set_clock(session, told=told, now=time)
    left = await clock.read_clock(session) - int(time())
    if abs(left) > CLOCK_SECONDS:
        raise AmtSetUpRefused(code="clock-not-taken", detail=f"off by {left} s")
    return off


async def give_names(session: Session, known: Waiting, *, host_name: str, domain: str) -> None:
    """Give it a name where it has none: with DHCP, firmware commits nothing without one."""
    if known.host_name and (known.domain_name or not domain):
        return
    await write_names(
        session,
        host_name=known.host_name or host_name,
        domain_name=known.domain_name or domain,
    )


async def certify_own_key(session: Session, issuer: Issuer, *, bits: int, pace: Pace) -> bytes:
    """Have the device make a key, certify it and give it the certificate; return that (DER).

    A key and a certificate of an attempt before are used again.
    """
    kept = await key_store.read_certificates(session)
    keys = await key_store.read_keys(session)
    made = {key.public_key.public_numbers() for key in keys}
    for one in kept:
        if _key_of(one.der) in made and issuer.has_issued(one.der):
            await tls_settings.bind(session, one.handle)
            return one.der
    certified = {_key_of(one.der) for one in kept}
    unused = [key.public_key for key in keys if key.public_key.public_numbers() not in certified]
    long_enough = [key for key in unused if key.key_size >= bits]
    key = long_enough[-1] if long_enough else await _new_key(session, bits, pace, keys)
    der = issuer.issue(key)
    await _bind(session, der, kept)
    return der


def fingerprint(der: bytes) -> str:
    """Return what the certificate is pinned by: its SHA-256, lower-case hexadecimal."""
    return hashlib.sha256(der).hexdigest()


def _key_of(der: bytes) -> rsa.RSAPublicNumbers | None:
    try:
        key = x509.load_der_x509_certificate(der).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key.public_numbers() if isinstance(key, rsa.RSAPublicKey) else None


async def _new_key(
    session: Session, bits: int, pace: Pace, before: list[key_store.StoredKey]
) -> rsa.RSAPublicKey:
    """Have a key made and wait for its public half.

    Raises:
        AmtSetUpRefused: it is not ready in time.
    """
    known = {key.handle for key in before}
    try:
        async with asyncio.timeout(pace.key_seconds):
            handle = await _begin_key(session, bits, pace)
            while True:
                for key in await key_store.read_keys(session):
                    if key.handle == handle or key.handle not in known:
                        return key.public_key
                await asyncio.sleep(pace.ask_again_seconds)
    except TimeoutError:
        raise AmtSetUpRefused(code="key-not-ready", seconds=f"{pace.key_seconds:g}") from None


async def _begin_key(session: Session, bits: int, pace: Pace) -> str:
    """Ask for a key until the device has begun: it may lack random numbers for a while."""
    while True:
        try:
            return await key_store.generate_key(session, bits=bits)
        except AmtReturnValue as error:
            if error.value not in KEY_BUSY:
                raise
        except AmtFault as error:
            if error.subcode not in ("wsman:InternalError", "wsman:TimedOut"):
                raise
        await asyncio.sleep(pace.ask_again_seconds)


async def give_external(session: Session, external: External) -> bytes:
    """Give the device a key and certificate that were made elsewhere; return the latter (DER)."""
    kept = await key_store.read_certificates(session)
    try:
        await key_store.add_key(session, external.key)
    except AmtReturnValue as error:
        if error.value != DUPLICATE:
            raise
    await _bind(session, external.certificate, kept)
    return external.certificate


async def _bind(session: Session, der: bytes, kept: list[key_store.StoredCertificate]) -> None:
    handle = next((one.handle for one in kept if one.der == der), None)
    await tls_settings.bind(session, handle or await key_store.add_certificate(session, der))


async def switch_tls_on(session: Session, *, accepts_plain: bool) -> bool:
    """Switch TLS on and read it back; return whether the plain port will stay open.

    Raises:
        AmtSetUpRefused: it reads back otherwise.
    """
    before = await tls_settings.read_tls_settings(session)
    await tls_settings.put_tls_settings(session, before, accepts_plain=accepts_plain)
    after = await tls_settings.read_tls_settings(session)
    is_right = after.accepts_plain == accepts_plain or not after.may_choose_plain
    if not after.is_on or after.is_mutual or not is_right:
        told = f"on {after.is_on}, mutual {after.is_mutual}, plain {after.accepts_plain}"
        raise AmtSetUpRefused(code="tls-not-taken", detail=told)
    return after.accepts_plain and after.may_choose_plain
