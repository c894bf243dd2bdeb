"""Keys and certificates that a device holds (AMT_PublicKeyManagementService and its objects).

Source: amt-protocol.md 7.7.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from amt.protocol.wsman.instance import Instance, Reference, unexpected
from amt.protocol.wsman.session import Session

SERVICE = "AMT_PublicKeyManagementService"
CERTIFICATE, KEY_PAIR = "AMT_PublicKeyCertificate", "AMT_PublicPrivateKeyPair"
RSA = 0  # KeyAlgorithm


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """A certificate in the device, and under which handle."""

    handle: str
    der: bytes
    is_trusted_root: bool


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key pair of which the device shows the public half."""

    handle: str
    public_key: rsa.RSAPublicKey


async def read_certificates(session: Session) -> list[StoredCertificate]:
    """Return all certificates, trusted roots among them."""
    return [
        StoredCertificate(
            handle=one.text("InstanceID"),
            der=_bytes(one, "X509Certificate"),
            is_trusted_root=one.flag("TrustedRootCertficate") is True,  # misspelt by firmware
        )
        for one in await session.enumerate(CERTIFICATE)
    ]


async def read_keys(session: Session) -> list[StoredKey]:
    """Return the key pairs whose public half is an RSA key."""
    found = []
    for one in await session.enumerate(KEY_PAIR):
        if key := _public_key(_bytes(one, "DERKey")):
            found.append(StoredKey(one.text("InstanceID"), key))
    return found


async def generate_key(session: Session, *, bits: int) -> str:
    """Have the device make a key pair; return its handle. The key may be ready only later.

    Raises:
        AmtReturnValue: 2062 for a length that it does not take, 23 when it has no room.
        AmtFault: some firmware answers with a fault for lack of random numbers.
    """
    arguments = {"KeyAlgorithm": RSA, "KeyLength": bits}
    output = await session.invoke(SERVICE, "GenerateKeyPair", arguments)
    return handle_in(output, "KeyPair")


async def add_key(session: Session, key: bytes) -> str:
    """Give the device a private key (PKCS#1, DER); return its handle. It is never read back.

    Raises:
        AmtReturnValue: 2058 where it has the key already, 23 when it has no room.
    """
    return handle_in(await session.invoke(SERVICE, "AddKey", {"KeyBlob": key}), "CreatedKey")


async def add_certificate(session: Session, der: bytes) -> str:
    """Give the device a certificate for one of its keys; return its handle.

    Raises:
        AmtReturnValue: 2058 where it has it already, 2063 for one that it does not take.
    """
    output = await session.invoke(SERVICE, "AddCertificate", {"CertificateBlob": der})
    return handle_in(output, "CreatedCertificate")


async def delete_certificate(session: Session, handle: str) -> None:
    """Remove a certificate that is not in use."""
    await session.delete(CERTIFICATE, {"InstanceID": handle})


async def delete_key(session: Session, handle: str) -> None:
    """Remove a key pair that no certificate uses."""
    await session.delete(KEY_PAIR, {"InstanceID": handle})


def handle_in(output: Instance, name: str) -> str:
    """Return the InstanceID in the reference that a method gave back."""
    reference = output.get(name)
    handle = reference.selectors.get("InstanceID") if isinstance(reference, Reference) else None
    if not isinstance(handle, str) or not handle:
        raise unexpected(SERVICE, f"no InstanceID in {name}", may_have_been_obeyed=True)
    return handle


def _bytes(instance: Instance, name: str) -> bytes:
    value = instance.get(name, b"")
    if isinstance(value, bytes):
        return value
    try:
        return binascii.a2b_base64(str(value))
    except (binascii.Error, ValueError):
        raise unexpected(instance.class_name, f"{name} is not base64") from None


def _public_key(der: bytes) -> rsa.RSAPublicKey | None:
    """Return a key of PKCS#1, as AMT shows it, or of the usual form; None if it is neither."""
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPublicKey) else None
