"""Find the chain of a certificate, from itself to its root, among certificates at hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

T = TypeVar("T", bound=x509.ExtensionType)
LONGEST = 10  # links that are followed


@dataclass(frozen=True)
class Chain:
    """The certificates from the leaf upwards, and how it ended."""

    links: tuple[x509.Certificate, ...]
    impostor: x509.Certificate | None = None  # bears the issuer's name, did not sign

    @property
    def top(self) -> x509.Certificate:
        return self.links[-1]

    @property
    def root(self) -> x509.Certificate | None:
        """Return the self-signed end of the chain; None where that is not at hand."""
        return self.top if is_self_signed(self.top) else None


def build(leaf: x509.Certificate, pool: Iterable[x509.Certificate]) -> Chain:
    """Return the chain of ``leaf`` as far as ``pool`` has it."""
    links, others = [leaf], list(pool)
    while not is_self_signed(links[-1]) and len(links) < LONGEST:
        named = [one for one in others if one.subject == links[-1].issuer and one not in links]
        issuer = next((one for one in named if has_signed(one, links[-1])), None)
        if issuer is None:
            return Chain(tuple(links), named[0] if named else None)
        links.append(issuer)
    return Chain(tuple(links))


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Return whether ``certificate`` is a root: its own issuer, in name and signature."""
    return certificate.issuer == certificate.subject and has_signed(certificate, certificate)


def has_signed(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Return whether the signature of ``certificate`` is by the key of ``issuer``."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, UnsupportedAlgorithm):
        return _has_signed_of_old(issuer, certificate)
    except (InvalidSignature, TypeError):
        return False
    return True


def _has_signed_of_old(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Do the same where the library does not follow MD5 and SHA-1 any more: roots of old PCs."""
    try:
        key, digest = issuer.public_key(), certificate.signature_hash_algorithm
        if not isinstance(key, rsa.RSAPublicKey) or not isinstance(
            digest, hashes.SHA1 | hashes.MD5
        ):
            return False
        signed = certificate.tbs_certificate_bytes
        key.verify(certificate.signature, signed, padding.PKCS1v15(), digest)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def common_name(certificate: x509.Certificate) -> str:
    """Return the last common name of the subject; empty where it has none."""
    found = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[-1].value) if found else ""


def called(certificate: x509.Certificate) -> str:
    """Return what people call it: its common name, else its whole subject."""
    return common_name(certificate) or certificate.subject.rfc4514_string() or "no name"


def is_authority(certificate: x509.Certificate) -> bool:
    """Return whether it says that it may issue others."""
    found = extension(certificate, x509.BasicConstraints)
    return bool(found and found.ca)


def extension(certificate: x509.Certificate, kind: type[T]) -> T | None:
    """Return one extension; None where the certificate has none of the kind."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def public_key(certificate: x509.Certificate) -> object:
    """Return its key; None for one that the library does not know."""
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def usages(certificate: x509.Certificate) -> list[str]:
    """Return the extended key usages as dotted numbers."""
    found = extension(certificate, x509.ExtendedKeyUsage)
    return [one.dotted_string for one in found] if found else []


def units(certificate: x509.Certificate) -> list[str]:
    """Return the organisational units of the subject."""
    oid = x509.NameOID.ORGANIZATIONAL_UNIT_NAME
    return [str(one.value) for one in certificate.subject.get_attributes_for_oid(oid)]
