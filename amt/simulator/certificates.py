"""The TLS identity of simulated devices: one RSA key per process, one certificate per address."""

import hashlib
import ssl
import tempfile
import warnings
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from .profiles import Profile

ORGANIZATION = "Simulated"
VALID = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2044, 1, 1, tzinfo=UTC))


@cache
def shared_key() -> rsa.RSAPrivateKey:
    """Return the key of all devices in this process; making one per device would take minutes."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class KeyStore:
    """Where the shared key comes from: memory, or a file that outlives the process."""

    def __init__(self) -> None:
        self._key: rsa.RSAPrivateKey | None = None

    def load(self, path: Path) -> None:
        """Use the key in ``path``, made if absent, so that certificates stay the same."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(_pem(shared_key()))
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError(f"{path} holds no RSA key.")
        self._key = key

    @property
    def key(self) -> rsa.RSAPrivateKey:
        """Return the key in use."""
        return self._key or shared_key()


KEYS = KeyStore()


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _make(address: str, number: int) -> x509.Certificate:
    """Sign a certificate that is always the same for this key, address and number."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"AMT {address}"),
        ]
    )
    serial = int.from_bytes(hashlib.sha256(f"{address}/{number}".encode()).digest()[:8]) | 1
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=KEYS.key.public_key(),
        serial_number=serial,
        not_valid_before=VALID[0],
        not_valid_after=VALID[1],
    )
    return builder.sign(KEYS.key, hashes.SHA256())


class Certificate:
    """A device's certificate, signed when it is first needed; it can be changed for another."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._number = 0
        self._made: dict[int, x509.Certificate] = {}
        self._contexts: dict[int, ssl.SSLContext] = {}

    def use(self, number: int) -> None:
        """Show certificate ``number`` from now on."""
        self._number = number

    @property
    def der(self) -> bytes:
        """Return the certificate shown now."""
        if self._number not in self._made:
            self._made[self._number] = _make(self._address, self._number)
        return self._made[self._number].public_bytes(serialization.Encoding.DER)

    @property
    def subject(self) -> str:
        """Return subject, and issuer, as firmware writes them."""
        return f"O={ORGANIZATION},CN=AMT {self._address}"

    @property
    def public_key(self) -> bytes:
        """Return the key as PKCS#1, which is how AMT shows it."""
        return KEYS.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.PKCS1
        )

    @property
    def sha256(self) -> str:
        """Return the certificate's fingerprint."""
        return hashlib.sha256(self.der).hexdigest()

    def context(self, profile: Profile) -> ssl.SSLContext:
        """Return a server context that shows the certificate of now."""
        if self._number not in self._contexts:
            self._contexts[self._number] = _context(self.der, profile)
        return self._contexts[self._number]


def _context(der: bytes, profile: Profile) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(profile.ciphers)
    with warnings.catch_warnings():  # TLS 1.0 is out of date: so are the devices that speak it
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = profile.tls
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    with tempfile.NamedTemporaryFile(prefix="zcc-simulator-") as file:  # 0600; ssl reads files only
        file.write(ssl.DER_cert_to_PEM_cert(der).encode() + _pem(KEYS.key))
        file.flush()
        context.load_cert_chain(file.name)
    return context


class LazyContext(ssl.SSLContext):
    """Stands where asyncio wants a context when it starts to listen; made on first contact."""

    certificate: Certificate
    profile: Profile

    @classmethod
    def of(cls, certificate: Certificate, profile: Profile) -> "LazyContext":
        """Return a stand-in for one device."""
        context = cls(ssl.PROTOCOL_TLS_SERVER)
        context.certificate, context.profile = certificate, profile
        return context

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """Begin a handshake with the certificate of now."""
        return self.certificate.context(self.profile).wrap_bio(*args, **options)
