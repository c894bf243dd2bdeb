"""Read what people upload: certificates and keys in DER, PEM, PKCS#7 or PKCS#12.

A file is hostile until read: bounded in size and in the number of certificates.
"""

import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from amt.certificates.errors import CertificateError

LARGEST = 256 * 1024  # bytes of one file; a long chain takes 20 KB
MOST = 20  # certificates in one file
PARTS = (  # of a certificate that are read later
    *("extensions", "subject", "issuer", "serial_number"),
    *("not_valid_before_utc", "not_valid_after_utc"),
)
BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)


@dataclass
class Contents:
    """What was found in files."""

    certificates: list[x509.Certificate] = field(default_factory=list)
    key: rsa.RSAPrivateKey | None = field(default=None, repr=False)

    def add(self, other: "Contents") -> None:
        """Put what ``other`` has to this, each certificate once."""
        self.certificates += [one for one in other.certificates if one not in self.certificates]
        self.key = self.key or other.key

    def require(self) -> "Contents":
        """Return itself, unless there is a key and no certificate."""
        if not self.certificates:
            raise CertificateError(
                "file-key-only",
                "There is a private key and no certificate. Add the certificate.",
            )
        return self


def read(data: bytes, *, passphrase: str | None = None) -> Contents:
    """Return the certificates (and the key, if there is one) in ``data``; see ``require``.

    Raises:
        CertificateError: the file is none that can be read, or holds none.
    """
    if not data.strip():
        raise CertificateError("file-empty", "The file is empty.")
    if len(data) > LARGEST:
        raise CertificateError(
            "file-too-large",
            f"The file has {len(data):,} bytes; a certificate has less than {LARGEST:,}.",
        )
    with warnings.catch_warnings():
        # What breaks a rule of X.509 a little is read; the verdicts speak of it.
        warnings.simplefilter("ignore")
        found = (
            _read_pem(data, passphrase) if b"-----BEGIN " in data else _read_der(data, passphrase)
        )
    if len(found.certificates) > MOST:
        count = len(found.certificates)
        raise CertificateError(
            "file-too-many", f"The file has {count} certificates; a chain has {MOST} at most."
        )
    return found


def _read_pem(data: bytes, passphrase: str | None) -> Contents:
    found = Contents()
    for block in BLOCK.finditer(data):
        found.add(_read_block(block[1].decode(), block[0], passphrase))
    if not found.certificates and not found.key:
        raise _unreadable()
    return found


def _read_block(label: str, block: bytes, passphrase: str | None) -> Contents:
    if label in ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"):
        return Contents([_certificate(x509.load_pem_x509_certificate, block)])
    if label in ("PKCS7", "CMS"):
        return Contents(_many(pkcs7.load_pem_pkcs7_certificates, block))
    if label.endswith("CERTIFICATE REQUEST"):
        raise _request()
    if label.endswith("PRIVATE KEY"):
        return Contents(key=_key(serialization.load_pem_private_key, block, passphrase))
    return Contents()


def _read_der(data: bytes, passphrase: str | None) -> Contents:
    if _fits(x509.load_der_x509_certificate, data):
        return Contents([_certificate(x509.load_der_x509_certificate, data)])
    if _fits(pkcs7.load_der_pkcs7_certificates, data):
        return Contents(_many(pkcs7.load_der_pkcs7_certificates, data))
    if _fits(x509.load_der_x509_csr, data):
        raise _request()
    if _fits(lambda given: serialization.load_der_private_key(given, None), data):
        return Contents(key=_key(serialization.load_der_private_key, data, None))
    if data[:1] == b"\x30" and b"\x2a\x86\x48\x86\xf7\x0d\x01\x07" in data[:64]:
        return _read_pkcs12(data, passphrase)
    raise _unreadable()


def _read_pkcs12(data: bytes, passphrase: str | None) -> Contents:
    try:
        key, own, others = pkcs12.load_key_and_certificates(
            data, passphrase.encode() if passphrase else None
        )
    except (ValueError, UnsupportedAlgorithm):
        text = "The PKCS#12 file opens only with its passphrase; the one given is not it."
        if not passphrase:
            text = "The PKCS#12 file needs its passphrase."
        raise CertificateError("file-passphrase", text) from None
    if key is not None and not isinstance(key, rsa.RSAPrivateKey):
        raise _not_rsa()
    return Contents([*filter(None, [own]), *others], key)


def _certificate(load: Callable[[bytes], x509.Certificate], data: bytes) -> x509.Certificate:
    """Load one and look at all of it: parts are parsed only when they are asked for."""
    try:
        found = load(data)
        found.public_key()
        for part in PARTS:
            getattr(found, part)
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError(
            "certificate-broken",
            "The certificate cannot be read to its end: a part of it is broken.",
        ) from None
    return found


def _many(
    load: Callable[[bytes], Iterable[x509.Certificate]], data: bytes
) -> list[x509.Certificate]:
    try:
        return list(load(data))
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError(
            "certificate-broken", "The PKCS#7 file cannot be read to its end."
        ) from None


def _key(load: Callable[..., object], data: bytes, passphrase: str | None) -> rsa.RSAPrivateKey:
    try:
        found = load(data, passphrase.encode() if passphrase else None)
    except TypeError:
        text = "The private key needs its passphrase."
        raise CertificateError("file-passphrase", text) from None
    except (ValueError, UnsupportedAlgorithm):
        text = "The private key cannot be read: it is broken, or its passphrase is another one."
        raise CertificateError("file-passphrase", text) from None
    if not isinstance(found, rsa.RSAPrivateKey):
        raise _not_rsa()
    return found


def _fits(load: Callable[[bytes], object], data: bytes) -> bool:
    try:
        load(data)
    except TypeError:  # a key with a passphrase
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _unreadable() -> CertificateError:
    return CertificateError(
        "file-unreadable", "The file is no certificate: neither DER nor PEM, PKCS#7 or PKCS#12."
    )


def _request() -> CertificateError:
    return CertificateError(
        "file-is-request",
        "The file is a certificate request. Import the certificate that the authority made of it.",
    )


def _not_rsa() -> CertificateError:
    return CertificateError("key-not-rsa", "The private key is not RSA; AMT takes RSA keys here.")
