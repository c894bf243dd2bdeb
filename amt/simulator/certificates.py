"""The TLS identity of simulated devices: one certificate per address, as its firmware makes it."""

import hashlib
import ssl
import tempfile
import warnings
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from .keys import KEYS, Key, pem
from .profiles import CIPHERS_NEW, Identity, Profile

ORGANIZATION = "Simulated"
ON_DIE_LEAF = "iAMT CSME IDevID RCFG"
ON_DIE_CHAIN = ("CSME simulated DICE CA", "CSME simulated ROM CA", "Simulated On-Die CA")
VALID = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2044, 1, 1, tzinfo=UTC))
SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")  # as DER, in a certificate
PARTIAL_CHAIN, NO_CHECK_TIME = 0x80000, 0x200000  # X509_V_FLAG_… of OpenSSL
SHA1_WITH_RSA = bytes.fromhex("06092a864886f70d010105")


class Certificate:
    """A device's certificate, signed when it is first needed; it can be changed for another."""

    def __init__(self, address: str, identity: Identity = Identity.RSA_2048) -> None:
        self._address = address
        self._identity = identity
        self._number = 0
        self._made: dict[int, bytes] = {}
        self._contexts: dict[bytes, ssl.SSLContext] = {}
        self._installed: tuple[bytes, Key] | None = None
        self._is_another = False  # by a fault
        self._roots: tuple[bytes, ...] = ()

    def use(self, number: int) -> None:
        """Show self-signed certificate ``number`` from now on; an odd one is that of a fault."""
        self._number = number
        self._is_another = number % 2 == 1

    def show(self, der: bytes, key: Key) -> None:
        """Show a certificate that a server put here."""
        self._installed = der, key

    def show_own(self) -> None:
        """Show the certificate that the firmware signed itself."""
        self._installed = None

    @property
    def asks_clients(self) -> bool:
        """Return whether only certified clients are let in."""
        return bool(self._roots)

    def ask_clients(self, roots: Iterable[bytes]) -> None:
        """Let in only clients that are certified below these roots; none of them: everybody."""
        self._roots = tuple(roots)
        self._contexts.clear()

    @property
    def own(self) -> bytes:
        """Return the certificate that the firmware signed itself."""
        if self._number not in self._made:
            self._made[self._number] = self._make()
        return self._made[self._number]

    @property
    def shown(self) -> tuple[bytes, Key]:
        """Return the certificate shown now, and its key."""
        if self._installed and not self._is_another:
            return self._installed
        return self.own, KEYS.of(self._identity)

    @property
    def der(self) -> bytes:
        """Return the certificate shown now."""
        return self.shown[0]

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
        der = self.der
        if der not in self._contexts:
            self._contexts[der] = self._context(profile)
        return self._contexts[der]

    def set_up_context(self, profile: Profile) -> ssl.SSLContext:
        """Return a new server context for one connection of a provisioning server.

        At most TLS 1.2: below 1.3 the client's certificates can be read before they are checked.
        """
        context = self._context(profile, is_set_up=True)
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags = ssl.VerifyFlags(PARTIAL_CHAIN | NO_CHECK_TIME)
        context.options |= ssl.OP_NO_TICKET
        return context

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

    def _context(self, profile: Profile, *, is_set_up: bool = False) -> ssl.SSLContext:
        der, key = (self.own, KEYS.of(self._identity)) if is_set_up else self.shown
        is_on_die = der == self.own and self._identity is Identity.ON_DIE
        context = bare_context(profile, is_set_up=is_set_up)
        if isinstance(key, rsa.RSAPrivateKey) and self._identity is Identity.ON_DIE:
            context.set_ciphers(CIPHERS_NEW)
        chain = [der, *(on_die_chain(key) if is_on_die else ())]
        text = "".join(map(ssl.DER_cert_to_PEM_cert, chain))
        # 0600; ssl reads files only
        with tempfile.NamedTemporaryFile(prefix="zcc-simulator-") as file:
            file.write(text.encode() + pem(key))
            file.flush()
            context.load_cert_chain(file.name)
        if self._roots and not is_set_up:
            context.load_verify_locations(
                cadata="".join(map(ssl.DER_cert_to_PEM_cert, self._roots))
            )
        return context


def bare_context(profile: Profile, *, is_set_up: bool = False) -> ssl.SSLContext:
    """Return a server context with the versions and ciphers of a profile, without a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(f"{profile.ciphers}:@SECLEVEL=0" if is_set_up else profile.ciphers)
    lowest, highest = profile.tls
    if is_set_up:  # the client's keys are judged by firmware's rules, not by those of OpenSSL
        lowest, highest = (min(one, ssl.TLSVersion.TLSv1_2) for one in (lowest, highest))
    with warnings.catch_warnings():  # TLS 1.0 is out of date: so are the devices that speak it
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
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
        wants = self.wants_client or self.certificate.asks_clients
        context.verify_mode = ssl.CERT_REQUIRED if wants else ssl.CERT_NONE
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
