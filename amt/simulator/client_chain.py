"""Whether firmware lets a provisioning server in: the rules for its certificates.

Written from amt-protocol.md 7.2 alone: the console's rules share nothing with this.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .name_match import ends_as_trusted
from .set_up import TrustedHash, takes_hash
from .x509_reading import UNREADABLE, read_certificate

SETUP_PURPOSE = x509.ObjectIdentifier("2.16.840.1.113741.1.2.3")
SETUP_UNIT = "Intel(R) Client Setup Certificate"
MAX_LENGTH = 4  # certificates, leaf and root included
KEY_BITS = ((22, 3072, 4096), (16, 2048, 4096), (15, 1024, 4096), (11, 1024, 3072))  # from, RSA
OLDEST_KEY_BITS = (1024, 2048)
FIRST_WITH_CURVES = 16
FIRST_WITHOUT_SMALL_CURVES = 18
SMALL_CURVE_BITS = 224
FIRST_WITHOUT_SHA1 = 16
FIRST_WITH_SHA384_ONLY = 22
KINDS = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384()}  # noqa: S303


class Refusal(StrEnum):
    """Why a server was not let in."""

    NO_CERTIFICATE = "no-certificate"
    BAD_CERTIFICATE = "bad-certificate"
    CHAIN_TOO_LONG = "chain-too-long"
    CHAIN_INCOMPLETE = "chain-incomplete"
    ISSUER_NO_AUTHORITY = "issuer-no-authority"
    HASH_MISSING = "hash-missing"
    HASH_INACTIVE = "hash-inactive"
    HASH_NOT_TAKEN = "hash-not-taken"  # in the list, but of a kind that this firmware ignores
    KEY_TOO_LONG = "key-too-long"
    KEY_TOO_SHORT = "key-too-short"
    KEY_NOT_KNOWN = "key-not-known"
    WEAK_SIGNATURE = "weak-signature"
    WRONG_PURPOSE = "wrong-purpose"
    SERVER_NAME_MISMATCH = "server-name-mismatch"
    NO_SUFFIX = "no-suffix"
    SUFFIX_MISMATCH = "suffix-mismatch"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    NO_PROOF = "no-proof"  # the chain is right, the handshake failed: its key was not there
    NO_SHARED_KEY = "no-shared-key"  # TLS-PSK is asked for and cannot be had


@dataclass(frozen=True, slots=True)
class Trust:
    """What a device goes by: its firmware, and what MEBx holds."""

    firmware: tuple[int, int]
    hashes: Sequence[TrustedHash]
    suffix: str = ""  # that of MEBx, else that of DHCP
    server_name: str = ""
    now: datetime | None = None  # None: the clock was never set, so dates say nothing


def refusal_of(chain: Sequence[bytes], trust: Trust) -> Refusal | None:
    """Return why a chain (DER, the leaf first, the root last) is refused, None if it is not."""
    if not chain:
        return Refusal.NO_CERTIFICATE
    if len(chain) > MAX_LENGTH:
        return Refusal.CHAIN_TOO_LONG
    found = [certificate for one in chain if (certificate := read_certificate(one))]
    if len(found) < len(chain):
        return Refusal.BAD_CERTIFICATE
    return next(_refusals(found, trust), None)


def _refusals(chain: list[x509.Certificate], trust: Trust) -> Iterator[Refusal]:
    yield from _links(chain)
    yield from _root(chain[-1], trust)
    for certificate in chain:
        yield from _key(certificate, trust.firmware[0])
        yield from _signature(certificate, trust.firmware[0])
    if not is_for_setup(chain[0]):
        yield Refusal.WRONG_PURPOSE
    yield from _name(chain[0], trust)
    if trust.now:
        for certificate in chain:
            yield from _dates(certificate, trust.now)


def _links(chain: list[x509.Certificate]) -> Iterator[Refusal]:
    for issued, issuer in pairwise([*chain, chain[-1]]):  # the root has signed itself
        if not _is_issued_by(issued, issuer):
            yield Refusal.CHAIN_INCOMPLETE
    if not all(map(_is_authority, chain[1:])):
        yield Refusal.ISSUER_NO_AUTHORITY


def _is_issued_by(issued: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether an issuer signed a certificate: with SHA-1 too, which libraries shun."""
    key, kind = issuer.public_key(), issued.signature_hash_algorithm
    signature, signed = issued.signature, issued.tbs_certificate_bytes
    if issued.issuer != issuer.subject or kind is None:
        return False
    try:
        way = issued.signature_algorithm_parameters
        if isinstance(key, rsa.RSAPublicKey) and isinstance(way, padding.AsymmetricPadding):
            key.verify(signature, signed, way, kind)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(way, ec.ECDSA):
            key.verify(signature, signed, way)
        else:
            return False
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    """Return whether it may issue; those of X.509 version 1 cannot say, and roots of old do."""
    if certificate.version is x509.Version.v1:
        return True
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _root(root: x509.Certificate, trust: Trust) -> Iterator[Refusal]:
    listed = [one for one in trust.hashes if one.digest == root.fingerprint(KINDS[one.algorithm])]
    active = [one for one in listed if one.is_active]
    if not listed:
        yield Refusal.HASH_MISSING
    elif not active:
        yield Refusal.HASH_INACTIVE
    elif not any(takes_hash(trust.firmware, one.algorithm) for one in active):
        yield Refusal.HASH_NOT_TAKEN


def _key(certificate: x509.Certificate, major: int) -> Iterator[Refusal]:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        limits = (bits for first, *bits in KEY_BITS if major >= first)
        shortest, longest = next(limits, OLDEST_KEY_BITS)
        if key.key_size > longest:
            yield Refusal.KEY_TOO_LONG
        elif key.key_size < shortest - 1:  # firmware itself shows 2047 bits and means 2048
            yield Refusal.KEY_TOO_SHORT
    elif not isinstance(key, ec.EllipticCurvePublicKey) or major < FIRST_WITH_CURVES:
        yield Refusal.KEY_NOT_KNOWN
    elif major >= FIRST_WITHOUT_SMALL_CURVES and key.curve.key_size <= SMALL_CURVE_BITS:
        yield Refusal.KEY_TOO_SHORT


def _signature(certificate: x509.Certificate, major: int) -> Iterator[Refusal]:
    used = certificate.signature_hash_algorithm
    bits = 0 if used is None else used.digest_size * 8
    least = 384 if major >= FIRST_WITH_SHA384_ONLY else 256 if major >= FIRST_WITHOUT_SHA1 else 160
    if bits < least:
        yield Refusal.WEAK_SIGNATURE


def is_for_setup(leaf: x509.Certificate) -> bool:
    """Return whether a certificate is marked as one of a provisioning server."""
    units = leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    if any(unit.value == SETUP_UNIT for unit in units):
        return True
    try:
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return {ExtendedKeyUsageOID.SERVER_AUTH, SETUP_PURPOSE} <= set(purposes)


def _name(leaf: x509.Certificate, trust: Trust) -> Iterator[Refusal]:
    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[-1].value) if names else ""
    if trust.server_name and name != trust.server_name:
        yield Refusal.SERVER_NAME_MISMATCH
    if trust.suffix:
        if not ends_as_trusted(name, trust.suffix, trust.firmware):
            yield Refusal.SUFFIX_MISMATCH
    elif not trust.server_name:
        yield Refusal.NO_SUFFIX


def _dates(certificate: x509.Certificate, now: datetime) -> Iterator[Refusal]:
    if now < certificate.not_valid_before_utc:
        yield Refusal.NOT_YET_VALID
    elif now > certificate.not_valid_after_utc:
        yield Refusal.EXPIRED
