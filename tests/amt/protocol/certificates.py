"""Certificates and TLS servers for the protocol's tests, as firmware of several ages has them."""

from __future__ import annotations

import hashlib
import ssl
import tempfile
import warnings
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


@cache
def certificate(name: str) -> tuple[bytes, bytes]:
    """Return a self-signed certificate as DER, and key and certificate as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.DER), pem + made.public_bytes(Encoding.PEM)


def fingerprint(name: str = "amt") -> str:
    return hashlib.sha256(certificate(name)[0]).hexdigest()


def server(
    name: str = "amt",
    *,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    ciphers: str = "ECDHE+AES:RSA+AES:@SECLEVEL=0",
) -> ssl.SSLContext:
    """Return a TLS server context whose newest version is ``newest``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
    context.set_ciphers(ciphers)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        Path(file.name).write_bytes(certificate(name)[1])
        context.load_cert_chain(file.name)
    return context
