"""Certificates of provisioning servers, good and bad, made with the library alone."""

import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
SETUP = x509.ObjectIdentifier("2.16.840.1.113741.1.2.3")
CONSOLE = x509.ObjectIdentifier("2.16.840.1.113741.1.2.1")
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
UNIT = "Intel(R) Client Setup Certificate"
NAME, SUFFIX = "amt.example.org", "example.org"


@cache
def key(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    """Return one of a few keys: making them takes longer than all else."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def curve(kind: type = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(kind())


def certificate(
    name,
    own,
    issuer=None,
    signer=None,
    *,
    unit=None,
    purposes=(),
    ca=False,
    begins=NOW - 30 * DAY,
    ends=NOW + 300 * DAY,
    digest=None,
    constrained=True,
):
    """Return a certificate as it is told; without an issuer it signs itself."""
    rows = [(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)] if unit else []
    rows.append((NameOID.COMMON_NAME, name))
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in rows])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    if constrained:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
    return builder.sign(signer or own, digest or hashes.SHA256())


def der(one: x509.Certificate) -> bytes:
    return one.public_bytes(Encoding.DER)


@dataclass
class Server:
    """A provisioning server's chain, the leaf first and the root last, and the leaf's key."""

    chain: list[x509.Certificate]
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @property
    def root(self) -> bytes:
        return der(self.chain[-1])

    def context(self) -> ssl.SSLContext:
        """Return a TLS client's context that shows all of the chain."""
        context = bare_context()
        text = b"".join(one.public_bytes(Encoding.PEM) for one in self.chain)
        text += self.key.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
        with tempfile.NamedTemporaryFile() as file:
            file.write(text)
            file.flush()
            context.load_cert_chain(file.name)
        return context


def bare_context() -> ssl.SSLContext:
    """Return the context of a TLS client without a certificate, open to the oldest firmware."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


def server(
    name=NAME,
    *,
    between=1,
    bits=2048,
    root_bits=2048,
    own=None,
    unit=UNIT,
    purposes=(SERVER, CLIENT, SETUP),
    digest=None,
    root_digest=None,
    begins=NOW - 30 * DAY,
    ends=NOW + 300 * DAY,
    authorities=True,
):
    """Return a server whose certificate is signed below ``between`` authorities and a root."""
    signer = key(root_bits, 1)
    root = certificate("Root", signer, ca=True, digest=root_digest or digest)
    chain = [root]
    for number in range(between):
        next_key = key(root_bits, number + 2)
        chain.insert(
            0,
            certificate(
                f"Authority {number}", next_key, chain[0], signer, ca=authorities, digest=digest
            ),
        )
        signer = next_key
    own = own or key(bits)
    leaf = certificate(
        name,
        own,
        chain[0],
        signer,
        unit=unit,
        purposes=purposes,
        digest=digest,
        begins=begins,
        ends=ends,
    )
    return Server([leaf, *chain], own)
