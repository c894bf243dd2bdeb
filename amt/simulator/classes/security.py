"""Certificates, keys and TLS settings of the device."""

import base64

from ..device import Device
from ..envelope import Properties, Reference
from ..resource import FOUR_KEYS, INSTANCE_ID, Resource, service

CERTIFICATE = "Intel(r) AMT Certificate: Handle: 0"
KEY = "Intel(r) AMT Key: Handle: 0"
COLLECTION = "TLSProtocolEndpoint Instances Collection"
REMOTE, LOCAL = "Intel(r) AMT 802.3 TLS Settings", "Intel(r) AMT LMS TLS Settings"


def _certificates(device: Device) -> list[Properties]:
    if not device.spec.tls:
        return []
    return [
        {
            "ElementName": "Intel(r) AMT Certificate",
            "InstanceID": CERTIFICATE,
            "Issuer": device.certificate.subject,
            "Subject": device.certificate.subject,
            "TrustedRootCertficate": False,  # misspelt by firmware
            "X509Certificate": base64.b64encode(device.certificate.der).decode(),
        }
    ]


def _keys(device: Device) -> list[Properties]:
    if not device.spec.tls:
        return []
    return [
        {
            "DERKey": base64.b64encode(device.certificate.public_key).decode(),
            "ElementName": "Intel(r) AMT Key",
            "InstanceID": KEY,
        }
    ]


def _settings(device: Device) -> list[Properties]:
    spec = device.spec
    accepts_plain = {REMOTE: spec.plain, LOCAL: True}
    return [
        {
            "AcceptNonSecureConnections": accepts_plain[instance_id],
            "ElementName": instance_id,
            "Enabled": spec.tls and instance_id == REMOTE,
            "InstanceID": instance_id,
            "MutualAuthentication": False,
            "NonSecureConnectionsSupported": True,
        }
        for instance_id in (REMOTE, LOCAL)
    ]


def _binding(device: Device) -> list[Properties]:
    if not device.spec.tls:
        return []
    certificate = Reference("AMT_PublicKeyCertificate", (("InstanceID", CERTIFICATE),))
    collection = Reference("AMT_TLSProtocolEndpointCollection", (("ElementName", COLLECTION),))
    return [{"ElementInContext": certificate, "ElementProvidingContext": collection}]


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


def _authorization(device: Device) -> list[Properties]:
    name = "Intel(r) AMT Authorization Service"
    return [
        service(
            "AMT_AuthorizationService",
            name,
            AllowHttpQopAuthOnly=1,
            EnabledState=5,
            RequestedState=12,
        )
    ]


CLASSES = (
    Resource("AMT_PublicKeyCertificate", INSTANCE_ID, _certificates),
    Resource("AMT_PublicPrivateKeyPair", INSTANCE_ID, _keys),
    Resource("AMT_TLSSettingData", INSTANCE_ID, _settings),
    Resource("AMT_TLSCredentialContext", ("ElementInContext", "ElementProvidingContext"), _binding),
    Resource(
        "AMT_TLSProtocolEndpointCollection",
        ("ElementName",),
        lambda device: [{"ElementName": COLLECTION}],
    ),
    Resource("AMT_PublicKeyManagementService", FOUR_KEYS, _key_service),
    Resource("AMT_AuthorizationService", FOUR_KEYS, _authorization),
)
