"""Certificates as they come over the network: read whole, or not at all."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def read_certificate(der: bytes) -> x509.Certificate | None:
    """Return a certificate all of which can be read, None for anything else."""
    try:
        found = x509.load_der_x509_certificate(der)
        _ = found.subject, found.issuer, found.extensions, found.public_key()
        _ = found.not_valid_after_utc, found.signature_hash_algorithm
    except UNREADABLE:
        return None
    return found
