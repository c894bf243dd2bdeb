"""IPS_HostBasedSetupService: control taken by a program on the host, or widened (7.5)."""

import base64
import binascii
import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .. import provisioning
from ..client_chain import MAX_LENGTH, refusal_of
from ..device import Device
from ..envelope import Properties
from ..host_setup import NONCE_BYTES
from ..resource import (
    FOUR_KEYS,
    Arguments,
    Output,
    Resource,
    done,
    is_true,
    number,
    service,
    text,
)
from ..set_up import ControlMode, State

HOST_SETUP = "Intel(r) AMT Host Based Setup Service"
# Return values of Setup, AdminSetup and UpgradeClientToAdmin
INVALID_STATE, INVALID_PARAMETER, METHOD_DISABLED, NOT_PROVEN = 2, 3, 4, 5
# Return values of AddNextCertInChain
CHAIN_PARAMETER, CHAIN_STATE, CHAIN_REFUSED, CHAIN_TOO_LONG = 1, 3, 4, 5
HTTP_DIGEST, RSA_SHA256 = 2, 2
NOT_STARTED, IN_PROGRESS, COMPLETE = range(3)


def _host_setup(device: Device) -> list[Properties]:
    shown = device.host_setup
    status = COMPLETE if shown.is_chain_complete else IN_PROGRESS if shown.chain else NOT_STARTED
    return [
        service(
            "IPS_HostBasedSetupService",
            HOST_SETUP,
            AllowedControlModes=[2, 1] if shown.allows_client_control else [2],
            CertChainStatus=status,
            ConfigurationNonce=base64.b64encode(shown.new_nonce()).decode(),
            CurrentControlMode=int(device.set_up.control_mode),
        )
    ]


def _setup(device: Device, arguments: Arguments) -> Output:
    """Give the host's own administrator client control: no certificate is needed."""
    if not device.host_setup.allows_client_control:
        return done(METHOD_DISABLED)
    if device.set_up.state is not State.PRE or not device.is_local:
        return done(INVALID_STATE)
    secret = _secret(arguments)
    if not secret:
        return done(INVALID_PARAMETER)
    _take_over(device, ControlMode.CLIENT, secret)
    return done()


def _admin_setup(device: Device, arguments: Arguments) -> Output:
    if device.set_up.state is not State.PRE or not device.is_local:
        return done(INVALID_STATE)
    secret = _secret(arguments)
    if not secret or number(arguments, "SigningAlgorithm") != RSA_SHA256:
        return done(INVALID_PARAMETER)
    refused = _proof(device, arguments)
    if refused:
        return done(refused)
    _take_over(device, ControlMode.ADMIN, secret)
    return done()


def _upgrade(device: Device, arguments: Arguments) -> Output:
    if device.set_up.control_mode is not ControlMode.CLIENT:
        return done(INVALID_STATE)
    if number(arguments, "SigningAlgorithm") != RSA_SHA256:
        return done(INVALID_PARAMETER)
    refused = _proof(device, arguments)
    if not refused:
        provisioning.upgrade(device)
    return done(refused)


def _take_over(device: Device, mode: ControlMode, secret: str) -> None:
    device.gatekeeper.set_secret(device.gatekeeper.admin, secret)
    provisioning.enter(device, mode)
    device.restart_network()


def _secret(arguments: Arguments) -> str:
    """Return the MD5 of ``admin:realm:password``, empty where something else was sent."""
    secret = text(arguments, "NetworkAdminPassword")
    is_digest = number(arguments, "NetAdminPassEncryptionType") == HTTP_DIGEST
    return secret if is_digest and re.fullmatch("[0-9a-f]{32}", secret) else ""


def _proof(device: Device, arguments: Arguments) -> int:
    """Return 0 if the caller has the leaf's key, else why not; an attempt uses the chain up."""
    shown = device.host_setup
    if not shown.is_chain_complete:
        return INVALID_STATE
    nonces, leaf = list(shown.nonces), x509.load_der_x509_certificate(shown.chain[0])
    shown.reset()
    try:
        mine = base64.b64decode(text(arguments, "McNonce"), validate=True)
        signature = base64.b64decode(text(arguments, "DigitalSignature"), validate=True)
    except binascii.Error:
        return INVALID_PARAMETER
    if len(mine) != NONCE_BYTES:
        return INVALID_PARAMETER
    key = leaf.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return NOT_PROVEN
    is_right = any(_is_signed(key, signature, nonce + mine) for nonce in nonces)
    return 0 if is_right else NOT_PROVEN


def _is_signed(key: rsa.RSAPublicKey, signature: bytes, data: bytes) -> bool:
    for kind in (hashes.SHA256(), hashes.SHA1()):  # noqa: S303 - MeshCentral, on old firmware
        try:
            key.verify(signature, data, padding.PKCS1v15(), kind)
        except InvalidSignature:
            continue
        return True
    return False


def _add_certificate(device: Device, arguments: Arguments) -> Output:
    """Take the next certificate of a chain, the leaf first; any error has it begin anew."""
    shown = device.host_setup
    is_client = device.set_up.control_mode is ControlMode.CLIENT
    if not (is_client or device.set_up.state is State.PRE) or shown.is_chain_complete:
        return done(CHAIN_STATE)
    try:
        der = base64.b64decode(text(arguments, "NextCertificate"), validate=True)
    except binascii.Error:
        der = b""
    is_leaf, is_root = (
        is_true(arguments, "IsLeafCertificate"),
        is_true(arguments, "IsRootCertificate"),
    )
    if not der or is_leaf is bool(shown.chain):
        shown.reset()
        return done(CHAIN_PARAMETER)
    if len(shown.chain) >= MAX_LENGTH:
        shown.reset()
        return done(CHAIN_TOO_LONG)
    shown.chain.append(der)
    is_root = is_true(arguments, "IsRootCertificate")
    return done(_close_chain(device) if is_root else 0)


def _close_chain(device: Device) -> int:
    shown = device.host_setup
    device.last_refusal = refusal_of(shown.chain, device.trust)
    if device.last_refusal:
        shown.reset()
        return CHAIN_REFUSED
    shown.is_chain_complete = True
    return 0


def _disable(device: Device, arguments: Arguments) -> Output:
    if device.set_up.control_mode is ControlMode.CLIENT:
        return done(INVALID_STATE)
    device.host_setup.allows_client_control = False
    return done()


CLASSES = (
    Resource(
        "IPS_HostBasedSetupService",
        FOUR_KEYS,
        _host_setup,
        methods={
            "Setup": _setup,
            "AdminSetup": _admin_setup,
            "UpgradeClientToAdmin": _upgrade,
            "AddNextCertInChain": _add_certificate,
            "DisableClientControlMode": _disable,
        },
    ),
)
