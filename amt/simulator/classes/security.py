"""TLS of the device: its settings, and which certificate it shows (7.7)."""

from dataclasses import replace
from typing import Any

from ..credential_store import BUILT_IN
from ..device import Device
from ..envelope import Properties, Reference, Value
from ..resource import INSTANCE_ID, Arguments, Resource, handle_of, target
from ..setup_faults import SetupFault
from ..soap_fault import SoapFault
from ..tls_settings import LOCAL, REMOTE
from .credentials import CERTIFICATE_CLASS, certificate_reference

COLLECTION = "TLSProtocolEndpoint Instances Collection"
COLLECTION_CLASS = "AMT_TLSProtocolEndpointCollection"
COLLECTIONS = (COLLECTION, "TLSProtocolEndpointInstances Collection")  # clients write the second
FIELDS = {
    "Enabled": "is_enabled",
    "MutualAuthentication": "is_mutual",
    "AcceptNonSecureConnections": "accepts_plain",
    "TrustedCN": "trusted_names",
}


def _settings(device: Device) -> list[Properties]:
    return [_instance(device, instance_id) for instance_id in (REMOTE, LOCAL)]


def _instance(device: Device, instance_id: str) -> Properties:
    held = device.tls[instance_id]
    shown: dict[str, Value] = {
        "AcceptNonSecureConnections": held.accepts_plain,
        "ElementName": instance_id,
        "Enabled": held.is_enabled,
        "InstanceID": instance_id,
        "MutualAuthentication": held.is_mutual,
        "NonSecureConnectionsSupported": device.supports_plain or instance_id == LOCAL,
    }
    if held.trusted_names:
        shown["TrustedCN"] = list(held.trusted_names)
    return shown


def _put_settings(device: Device, present: Properties, changed: dict[str, Any]) -> dict[str, Value]:
    """Keep settings until they are committed."""
    instance_id = str(present["InstanceID"])
    taken = {FIELDS[name]: value for name, value in changed.items()}
    taken["trusted_names"] = tuple(name for name in taken.get("trusted_names", ()) if name)
    wanted = replace(device.tls[instance_id], **taken)
    is_plain_changed = wanted.accepts_plain != device.tls[instance_id].accepts_plain
    if is_plain_changed and not device.supports_plain and instance_id == REMOTE:
        raise SoapFault("c:InvalidRepresentation", "Connections without TLS are not supported.")
    if SetupFault.TLS_NOT_TAKEN not in device.setup_faults:
        device.tls[instance_id] = wanted
    return {}


def _binding(device: Device) -> list[Properties]:
    bound = device.credentials.bound
    if bound is None:
        return []
    return [
        {
            "ElementInContext": certificate_reference(bound),
            "ElementProvidingContext": Reference(COLLECTION_CLASS, (("ElementName", COLLECTION),)),
        }
    ]


def _create_binding(device: Device, given: Arguments) -> Reference:
    """Bind a certificate, whose key has to be here, to TLS: there is one at most."""
    if device.credentials.bound is not None:
        raise SoapFault("c:AlreadyExists", "TLS has a certificate already.")
    _bind(device, target(given, "ElementInContext"), target(given, "ElementProvidingContext"))
    (made,) = _binding(device)
    return BINDING.reference(made)


def _put_binding(device: Device, present: Properties, changed: dict[str, Any]) -> Properties:
    _bind(device, changed.get("ElementInContext"), changed.get("ElementProvidingContext"))
    return _binding(device)[0]


def _bind(device: Device, certificate: object, collection: object) -> None:
    handle = handle_of(
        certificate if isinstance(certificate, Reference) else None, CERTIFICATE_CLASS
    )
    held = device.credentials
    if handle is None or (handle != BUILT_IN and handle not in held.certificates):
        raise SoapFault("c:InvalidRepresentation", "There is no such certificate.")
    if isinstance(collection, Reference) and not _is_collection(collection):
        raise SoapFault("c:InvalidRepresentation", "There is no such collection.")
    if held.key_of(handle) is None or (
        handle in held.certificates and held.certificates[handle].is_root
    ):
        raise SoapFault("c:InvalidRepresentation", "The certificate's key is not here.")
    held.bound = handle


def _is_collection(collection: Reference) -> bool:
    name = dict(collection.selectors).get("ElementName")
    return collection.class_name == COLLECTION_CLASS and name in COLLECTIONS


def _delete_binding(device: Device, properties: Properties) -> None:
    if device.active_tls.is_enabled or device.tls[REMOTE].is_enabled:
        raise SoapFault("c:AccessDenied", "TLS is on and needs its certificate.")
    device.credentials.bound = None


BINDING = Resource(
    "AMT_TLSCredentialContext",
    ("ElementInContext", "ElementProvidingContext"),
    _binding,
    writable=frozenset({"ElementInContext", "ElementProvidingContext"}),
    put=_put_binding,
    create=_create_binding,
    delete=_delete_binding,
    is_sole=True,
)
CLASSES = (
    Resource(
        "AMT_TLSSettingData",
        INSTANCE_ID,
        _settings,
        writable=frozenset(FIELDS),
        optional={"TrustedCN": [""]},
        put=_put_settings,
    ),
    BINDING,
    Resource(COLLECTION_CLASS, ("ElementName",), lambda device: [{"ElementName": COLLECTION}]),
)
