"""Keys and certificates of the device, and the service that puts them there (7.7)."""

import base64
import binascii
import time
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ..audit_log import CERTIFICATE_REMOVED, ROOT_ADDED, ROOT_REMOVED, SECURITY
from ..credential_store import (
    BUILT_IN,
    MAX_CERTIFICATES,
    MAX_KEYS,
    StoredCertificate,
    public_der,
)
from ..der import bit_string, sequence
from ..device import Device
from ..envelope import Properties, Reference
from ..keys import GENERATED
from ..resource import (
    FOUR_KEYS,
    INSTANCE_ID,
    Arguments,
    Output,
    Resource,
    done,
    handle_of,
    number,
    service,
    target,
    text,
)
from ..setup_faults import SetupFault
from ..soap_fault import SoapFault
from ..x509_reading import UNREADABLE, read_certificate

CERTIFICATE, KEY = "Intel(r) AMT Certificate: Handle: {}", "Intel(r) AMT Key: Handle: {}"
CERTIFICATE_CLASS, KEY_CLASS = "AMT_PublicKeyCertificate", "AMT_PublicPrivateKeyPair"
MAX_LIMIT, INVALID_PARAMETER, DUPLICATE = 23, 36, 2058
MISSING_KEYS, GENERATING_KEYS, INVALID_KEY, INVALID_CERTIFICATE, NO_MATCH = range(2060, 2065)
RSA_ALGORITHM = 0
LENGTHS_OLD, LENGTHS_NEW, FIRST_NEW = (1024, 1536, 2048), (2048, 3072), 15
SIGNATURES: dict[int, tuple[hashes.HashAlgorithm, bytes]] = {  # with the algorithm as DER
    0: (hashes.SHA1(), bytes.fromhex("300d06092a864886f70d0101050500")),  # noqa: S303
    1: (hashes.SHA256(), bytes.fromhex("300d06092a864886f70d01010b0500")),
}


def certificate_reference(handle: int) -> Reference:
    """Return the address of a certificate."""
    return Reference(CERTIFICATE_CLASS, (("InstanceID", CERTIFICATE.format(handle)),))


def _key_reference(handle: int) -> Reference:
    return Reference(KEY_CLASS, (("InstanceID", KEY.format(handle)),))


def _certificates(device: Device) -> list[Properties]:
    held = device.credentials.certificates
    built_in = [_built_in(device)] if _has_built_in(device) else []
    return [*built_in, *(_shown(handle, held[handle]) for handle in sorted(held))]


def _has_built_in(device: Device) -> bool:
    """Return whether the firmware has signed a certificate: when set-up begins, or TLS is on."""
    return device.spec.tls or device.has_tls


def _built_in(device: Device) -> Properties:
    return {
        "ElementName": "Intel(r) AMT Certificate",
        "InstanceID": CERTIFICATE.format(BUILT_IN),
        "Issuer": device.certificate.subject,
        "ReadOnlyCertificate": True,
        "Subject": device.certificate.subject,
        "TrustedRootCertficate": False,  # misspelt by firmware
        "X509Certificate": base64.b64encode(device.certificate.own).decode(),
    }


def _shown(handle: int, stored: StoredCertificate) -> Properties:
    certificate = stored.x509
    return {
        "ElementName": "Intel(r) AMT Certificate",
        "InstanceID": CERTIFICATE.format(handle),
        "Issuer": _written(certificate.issuer),
        "ReadOnlyCertificate": False,
        "Subject": _written(certificate.subject),
        "TrustedRootCertficate": stored.is_root,
        "X509Certificate": base64.b64encode(stored.der).decode(),
    }


def _written(name: x509.Name) -> str:
    return ",".join(f"{one.rfc4514_attribute_name}={one.value!s}" for one in name)


def _keys(device: Device) -> list[Properties]:
    shown = {BUILT_IN: device.certificate.public_key} if _has_built_in(device) else {}
    shown |= {handle: public_der(key) for handle, key in device.credentials.keys.items()}
    return [
        {
            "DERKey": base64.b64encode(shown[handle]).decode(),
            "ElementName": "Intel(r) AMT Key",
            "InstanceID": KEY.format(handle),
        }
        for handle in sorted(shown)
    ]


def _handle(properties: Properties) -> int:
    return int(str(properties["InstanceID"]).rpartition(" ")[2])


def _delete_certificate(device: Device, properties: Properties) -> None:
    handle, held = _handle(properties), device.credentials
    is_last_root = handle != BUILT_IN and held.roots == [held.certificates[handle].der]
    is_needed = device.active_tls.is_mutual and is_last_root
    if handle in (BUILT_IN, held.bound, held.active) or is_needed:
        raise SoapFault("c:AccessDenied", "The certificate is in use.")
    is_root = held.certificates.pop(handle).is_root
    device.audit(SECURITY, ROOT_REMOVED if is_root else CERTIFICATE_REMOVED)


def _delete_key(device: Device, properties: Properties) -> None:
    handle = _handle(properties)
    if device.credentials.is_key_in_use(handle):
        raise SoapFault("c:AccessDenied", "The key is in use.")
    del device.credentials.keys[handle]


def _key_service(device: Device) -> list[Properties]:
    name = "Intel(r) AMT Public Key Management Service"
    more: Properties = {
        "ElementName": "Intel(r) AMT Certificate Store Service",
        "EnabledDefault": 5,
    }
    return [
        {
            **service("AMT_PublicKeyManagementService", name, EnabledState=5, RequestedState=12),
            **more,
        }
    ]


def _generate(device: Device, arguments: Arguments) -> Output:
    """Make a key pair; where that takes its time, say so until it is there."""
    lengths = LENGTHS_NEW if device.profile.major_minor[0] >= FIRST_NEW else LENGTHS_OLD
    length = number(arguments, "KeyLength")
    if number(arguments, "KeyAlgorithm") != RSA_ALGORITHM:
        return done(INVALID_PARAMETER)
    if length not in lengths:
        return done(INVALID_KEY)
    if len(device.credentials.keys) >= MAX_KEYS:
        return done(MAX_LIMIT)
    if _is_generating(device):
        return done(GENERATING_KEYS)
    device.key_ready_at = None
    handle = device.credentials.add_key(GENERATED.next(length, device.credentials.has_key))
    return done(KeyPair=_key_reference(handle))


def _is_generating(device: Device) -> bool:
    if SetupFault.KEYS_NEVER_READY in device.setup_faults:
        return True
    if not device.spec.key_ms:
        return False
    if device.key_ready_at is None:
        device.key_ready_at = time.monotonic() + device.spec.key_ms / 1000
    return time.monotonic() < device.key_ready_at


def _blob(arguments: Arguments, name: str) -> bytes:
    try:
        return base64.b64decode("".join(text(arguments, name).split()), validate=True)
    except binascii.Error:
        return b""


def _add_key(device: Device, arguments: Arguments) -> Output:
    held = device.credentials
    try:
        key = serialization.load_der_private_key(_blob(arguments, "KeyBlob"), None)
    except UNREADABLE:
        return done(INVALID_KEY)
    if not isinstance(key, rsa.RSAPrivateKey) or not 1024 <= key.key_size <= 4096:
        return done(INVALID_KEY)
    if held.has_key(key):
        return done(DUPLICATE)
    if len(held.keys) >= MAX_KEYS:
        return done(MAX_LIMIT)
    return done(CreatedKey=_key_reference(held.add_key(key)))


def _adding(*, is_root: bool) -> Callable[[Device, Arguments], Output]:
    def add(device: Device, arguments: Arguments) -> Output:
        held, der = device.credentials, _blob(arguments, "CertificateBlob")
        if read_certificate(der) is None:
            return done(INVALID_CERTIFICATE)
        if any(one.der == der for one in held.certificates.values()):
            return done(DUPLICATE)
        if len(held.certificates) >= MAX_CERTIFICATES:
            return done(MAX_LIMIT)
        handle = held.add_certificate(StoredCertificate(der, is_root))
        if is_root:
            device.audit(SECURITY, ROOT_ADDED)
        return done(CreatedCertificate=certificate_reference(handle))

    return add


def _sign_request(device: Device, arguments: Arguments) -> Output:
    """Sign a request (PKCS#10) that has the right key in it and any signature."""
    handle = handle_of(target(arguments, "KeyPair"), KEY_CLASS)
    key = device.credentials.keys.get(-1 if handle is None else handle)
    if not isinstance(key, rsa.RSAPrivateKey):
        return done(MISSING_KEYS)
    way = SIGNATURES.get(number(arguments, "SigningAlgorithm"))
    if way is None:
        return done(INVALID_PARAMETER)
    try:
        null_signed = x509.load_der_x509_csr(_blob(arguments, "NullSignedCertificateRequest"))
        public = null_signed.public_key()
    except UNREADABLE:
        return done(INVALID_PARAMETER)
    if not isinstance(public, rsa.RSAPublicKey) or public_der(public) != public_der(key):
        return done(NO_MATCH)
    kind, algorithm = way
    wanted = null_signed.tbs_certrequest_bytes
    signature = key.sign(wanted, padding.PKCS1v15(), kind)
    signed = sequence(wanted, algorithm, bit_string(signature))
    return done(SignedCertificateRequest=base64.b64encode(signed).decode())


CLASSES = (
    Resource(CERTIFICATE_CLASS, INSTANCE_ID, _certificates, delete=_delete_certificate),
    Resource(KEY_CLASS, INSTANCE_ID, _keys, delete=_delete_key),
    Resource(
        "AMT_PublicKeyManagementService",
        FOUR_KEYS,
        _key_service,
        methods={
            "GenerateKeyPair": _generate,
            "AddKey": _add_key,
            "AddCertificate": _adding(is_root=False),
            "AddTrustedRootCertificate": _adding(is_root=True),
            "GeneratePKCS10RequestEx": _sign_request,
        },
    ),
)
