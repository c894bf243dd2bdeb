"""The keys and certificates that a device keeps, by handle, and which of them TLS shows."""

from dataclasses import dataclass, field
from itertools import count

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .certificates import Certificate
from .keys import Key

MAX_KEYS, MAX_CERTIFICATES = 4, 8  # amt-protocol.md, appendix C
BUILT_IN = 0  # handle of the certificate that the firmware signed itself


@dataclass(frozen=True)
class StoredCertificate:
    """A certificate that was added."""

    der: bytes
    is_root: bool = False  # one to check clients by

    @property
    def x509(self) -> x509.Certificate:
        """Return it taken apart."""
        return x509.load_der_x509_certificate(self.der)


def public_der(key: Key | rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as AMT shows it: PKCS#1, and for other than RSA the usual form."""
    public = key.public_key() if isinstance(key, Key) else key
    form = serialization.PublicFormat
    return public.public_bytes(
        serialization.Encoding.DER,
        form.PKCS1 if isinstance(public, rsa.RSAPublicKey) else form.SubjectPublicKeyInfo,
    )


@dataclass
class CredentialStore:
    """What a server put into a device; ``bound`` is what TLS is to show after a commit."""

    built_in: Certificate
    keys: dict[int, Key] = field(default_factory=dict)
    certificates: dict[int, StoredCertificate] = field(default_factory=dict)
    bound: int | None = None
    active: int | None = None  # what it shows now

    def add_key(self, key: Key) -> int:
        """Keep a key; return its handle."""
        handle = _free(self.keys)
        self.keys[handle] = key
        return handle

    def add_certificate(self, certificate: StoredCertificate) -> int:
        """Keep a certificate; return its handle."""
        handle = _free(self.certificates)
        self.certificates[handle] = certificate
        return handle

    def has_key(self, key: Key) -> bool:
        """Return whether a key is there already."""
        return public_der(key) in map(public_der, self.keys.values())

    def key_of(self, handle: int) -> int | None:
        """Return the handle of the key that belongs to a certificate, None for none here."""
        if handle == BUILT_IN:
            return BUILT_IN
        public = self.certificates[handle].x509.public_key()
        if not isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            return None
        wanted = public_der(public)
        return next((n for n, key in self.keys.items() if public_der(key) == wanted), None)

    def is_key_in_use(self, handle: int) -> bool:
        """Return whether a certificate here needs a key."""
        return handle in (BUILT_IN, *map(self.key_of, self.certificates))

    @property
    def roots(self) -> list[bytes]:
        """Return the certificates by which clients are checked."""
        return [one.der for one in self.certificates.values() if one.is_root]

    def apply(self) -> None:
        """Have TLS show what is bound."""
        self.active = self.bound
        key = self.key_of(self.bound) if self.bound else None
        if self.bound and key is not None:
            self.built_in.show(self.certificates[self.bound].der, self.keys[key])
        else:
            self.built_in.show_own()


def _free(taken: dict[int, object] | dict[int, Key] | dict[int, StoredCertificate]) -> int:
    return next(number for number in count(BUILT_IN + 1) if number not in taken)
