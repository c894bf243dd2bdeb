"""The TLS identity of simulated devices: one certificate per address, as its firmware makes it."""

import hashlib
import ssl
import tempfile
import warnings
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from .keys import KEYS, Key, pem
from .profiles import Identity, Profile

ORGANIZATION = "Simulated"
ON_DIE_LEAF = "iAMT CSME IDevID RCFG"
ON_DIE_CHAIN = ("CSME simulated DICE CA", "CSME simulated ROM CA", "Simulated On-Die CA")
VALID = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2044, 1, 1, tzinfo=UTC))
SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")  # as DER, in a certificate
SHA1_WITH_RSA = bytes.fromhex("06092a864886f70d010105")


class Certificate:
    """A device's certificate, signed when it is first needed; it can be changed for another."""

    def __init__(self, address: str, identity: Identity = Identity.RSA_2048) -> None:
        self._address = address
        self._identity = identity
        self._number = 0
        self._made: dict[int, bytes] = {}
        self._contexts: dict[int, ssl.SSLContext] = {}

    def use(self, number: int) -> None:
        """Show certificate ``number`` from now on."""
        self._number = number

    @property
    def der(self) -> bytes:
        """Return the certificate shown now."""
        if self._number not in self._made:
            self._made[self._number] = self._make()
        return self._made[self._number]

    @property
    def subject(self) -> str:
        """Return subject, and issuer, as firmware writes them."""
        return f"O={ORGANIZATION},CN={self._common_name}"

    @property
    def public_key(self) -> bytes:
        """Return the key as AMT shows it: PKCS#1, and for other than RSA the usual form."""
        key = KEYS.of(self._identity).public_key()
        is_rsa = isinstance(key, rsa.RSAPublicKey)
        form = serialization.PublicFormat
        return key.public_bytes(
            serialization.Encoding.DER, form.PKCS1 if is_rsa else form.SubjectPublicKeyInfo
        )

    @property
    def sha256(self) -> str:
        """Return the certificate's fingerprint."""
        return hashlib.sha256(self.der).hexdigest()

    def context(self, profile: Profile) -> ssl.SSLContext:
        """Return a server context that shows the certificate of now."""
        if self._number not in self._contexts:
            self._contexts[self._number] = self._context(profile)
        return self._contexts[self._number]

    @property
    def _common_name(self) -> str:
        return ON_DIE_LEAF if self._identity is Identity.ON_DIE else f"AMT {self._address}"

    def _make(self) -> bytes:
        """Sign a certificate that is always the same for this key, address and number."""
        key, subject = KEYS.of(self._identity), _name(self._common_name)
        issuer = _name(ON_DIE_CHAIN[0]) if self._identity is Identity.ON_DIE else subject
        signed = _sign(key, subject, issuer, f"{self._address}/{self._number}")
        if self._identity is Identity.RSA_1024_SHA1:
            return _signed_by_sha1(signed, key)
        return signed.public_bytes(serialization.Encoding.DER)

    def _context(self, profile: Profile) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(profile.ciphers)
        with warnings.catch_warnings():  # TLS 1.0 is out of date: so are the devices that speak it
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version, context.maximum_version = profile.tls
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
        key = KEYS.of(self._identity)
        chain = [self.der, *(on_die_chain(key) if self._identity is Identity.ON_DIE else ())]
        text = "".join(map(ssl.DER_cert_to_PEM_cert, chain))
        # 0600; ssl reads files only
        with tempfile.NamedTemporaryFile(prefix="zcc-simulator-") as file:
            file.write(text.encode() + pem(key))
            file.flush()
            context.load_cert_chain(file.name)
        return context


class LazyContext(ssl.SSLContext):
    """Stands where asyncio wants a context when it starts to listen; made on first contact."""

    certificate: Certificate
    profile: Profile
    wants_client: bool

    @classmethod
    def of(
        cls, certificate: Certificate, profile: Profile, *, wants_client: bool = False
    ) -> "LazyContext":
        """Return a stand-in for one device; ``wants_client``: nobody has what it asks for."""
        context = cls(ssl.PROTOCOL_TLS_SERVER)
        context.certificate, context.profile = certificate, profile
        context.wants_client = wants_client
        return context

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """Begin a handshake with the certificate of now."""
        context = self.certificate.context(self.profile)
        context.verify_mode = ssl.CERT_REQUIRED if self.wants_client else ssl.CERT_NONE
        return context.wrap_bio(*args, **options)


def on_die_chain(key: Key) -> list[bytes]:
    """Return the authorities above an on-die certificate, the root last."""
    names = [*ON_DIE_CHAIN, ON_DIE_CHAIN[-1]]
    return [
        _sign(key, _name(name), _name(issuer), name, is_authority=True).public_bytes(
            serialization.Encoding.DER
        )
        for name, issuer in pairwise(names)
    ]


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _sign(
    key: Key, subject: x509.Name, issuer: x509.Name, label: str, *, is_authority: bool = False
) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=int.from_bytes(hashlib.sha256(label.encode()).digest()[:8]) | 1,
        not_valid_before=VALID[0],
        not_valid_after=VALID[1],
    )
    if is_authority:
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = builder.add_extension(constraints, critical=True)
    return builder.sign(key, hashes.SHA256())


def _signed_by_sha1(certificate: x509.Certificate, key: Key) -> bytes:
    """Return the same certificate with a signature of old: no library makes these any more."""
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - the identity says so
    old = certificate.tbs_certificate_bytes.replace(SHA256_WITH_RSA, SHA1_WITH_RSA)
    signature = key.sign(old, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    whole = certificate.public_bytes(serialization.Encoding.DER)
    head = whole[: whole.index(certificate.tbs_certificate_bytes)]
    tail = whole[len(head) + len(old) : -len(signature)].replace(SHA256_WITH_RSA, SHA1_WITH_RSA)
    return head + old + tail + signature
