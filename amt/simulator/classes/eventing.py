"""Live alerts: what may be subscribed to, who has, and the two verbs of WS-Eventing."""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from amt.constants import (
    DELIVERY_PUSH,
    DELIVERY_PUSH_WITH_ACK,
    LONGEST_LISTENER,
    NS_ADDRESSING,
    NS_EVENTING,
    NS_SECEXT,
    NS_TRUST,
)

from ..audit_log import EVENT_MANAGER, SUBSCRIBED, UNSUBSCRIBED
from ..device import Device
from ..envelope import Properties, Reference, Request
from ..faults import Fault
from ..resource import ENGINE, FOUR_KEYS, INSTANCE_ID, Resource
from ..soap_fault import SoapFault
from ..subscriptions import COLLECTIONS, Subscription

COLLECTION, SUBSCRIPTION = "CIM_FilterCollection", "CIM_FilterCollectionSubscription"
LISTENER = "CIM_ListenerDestinationWSManagement"
LISTENER_KEY = "CIM_ListenerDestinationWSMAN"  # its CreationClassName is not its class
PUSH, PUSH_WITH_ACK = 2, 3
FIRST_WITH_HTTPS = (11, 0)
LONGEST_PARAMETERS = 256
MODES = {DELIVERY_PUSH: False, DELIVERY_PUSH_WITH_ACK: True}


def _collections(device: Device) -> list[Properties]:
    return [
        {"CollectionName": name.partition(":")[2], "ElementName": name, "InstanceID": name}
        for name in COLLECTIONS
    ]


def _listeners(device: Device) -> list[Properties]:
    return [
        {
            "CreationClassName": LISTENER_KEY,
            "DeliveryMode": PUSH_WITH_ACK if one.is_acked else PUSH,
            "Destination": one.address,
            "ElementName": one.name,
            "Name": one.name,
            "PersistenceType": 2,
            "Protocol": 3,
            "SystemCreationClassName": "CIM_ComputerSystem",
            "SystemName": ENGINE,
        }
        for one in device.subscriptions
    ]


def _subscriptions(device: Device) -> list[Properties]:
    return [
        {
            "FailureTriggerTimeInterval": 0,
            "Filter": Reference(COLLECTION, (("InstanceID", one.collection),)),
            "Handler": _handler(one.name),
            "OnFatalErrorPolicy": 2,
            "RepeatNotificationPolicy": 2,
            "SubscriptionState": 2,
        }
        for one in device.subscriptions
    ]


def _handler(name: str) -> Reference:
    keys = (LISTENER_KEY, name, "CIM_ComputerSystem", ENGINE)
    return Reference(LISTENER, tuple(zip(FOUR_KEYS, keys, strict=True)))


def _subscribe(device: Device, properties: Properties, request: Request) -> Reference:
    wanted = _read(device, str(properties["InstanceID"]), request)
    # Firmware passes over addresses that are too long, and says nothing
    is_kept = len(wanted.address) <= LONGEST_LISTENER
    if is_kept and Fault.ACCEPTS_AND_IGNORES not in device.faults:
        if device.subscriptions.is_full:
            raise SoapFault(
                "g:EventSourceUnableToProcess", "There is no room for it.", space=NS_EVENTING
            )
        device.subscriptions.add(wanted)
        device.audit(EVENT_MANAGER, SUBSCRIBED)
    filter_ = Reference(COLLECTION, (("InstanceID", wanted.collection),))
    keys = (("Filter", filter_), ("Handler", _handler(wanted.name)))
    return Reference(SUBSCRIPTION, keys)


def _read(device: Device, collection: str, request: Request) -> Subscription:
    """Return what a request asks for, or refuse it."""
    delivery = None
    if request.body is not None and request.body.tag == f"{{{NS_EVENTING}}}Subscribe":
        delivery = request.body.find(f"{{{NS_EVENTING}}}Delivery")
    to = None if delivery is None else delivery.find(f"{{{NS_EVENTING}}}NotifyTo")
    if delivery is None or to is None:
        raise SoapFault("c:SchemaValidationError", "Delivery or NotifyTo is missing.")
    mode = delivery.get("Mode", DELIVERY_PUSH)
    if mode not in MODES:
        raise SoapFault(
            "g:DeliveryModeRequestedUnavailable", "It delivers by push only.", space=NS_EVENTING
        )
    address = (to.findtext(f"{{{NS_ADDRESSING}}}Address") or "").strip()
    schemes = ("http://", "https://")[: 1 + (device.profile.major_minor >= FIRST_WITH_HTTPS)]
    if not address.startswith(schemes):
        raise SoapFault("c:InvalidParameter", f"Events go to {' and '.join(schemes)} only.")
    return Subscription(
        collection,
        address,
        MODES[mode],
        _token(request.header, "Username"),
        _token(request.header, "Password"),
        _parameters(to),
        device.subscriptions.next_number,
    )


def _token(header: Element, name: str) -> str:
    path = "/".join(
        f"{{{space}}}{step}"
        for space, step in (
            (NS_TRUST, "IssuedTokens"),
            (NS_TRUST, "RequestSecurityTokenResponse"),
            (NS_TRUST, "RequestedSecurityToken"),
            (NS_SECEXT, "UsernameToken"),
            (NS_SECEXT, name),
        )
    )
    return (header.findtext(path) or "").strip()


def _parameters(to: Element) -> str:
    held = to.find(f"{{{NS_ADDRESSING}}}ReferenceParameters")
    inside = () if held is None else held
    written = "".join(ElementTree.tostring(one, "unicode") for one in inside)
    if len(written) > LONGEST_PARAMETERS:
        raise SoapFault("c:InvalidParameter", "The reference parameters are too long.")
    return written


def _unsubscribe(device: Device, properties: Properties) -> None:
    if Fault.ACCEPTS_AND_IGNORES in device.faults:
        return
    handler = properties["Handler"]
    if isinstance(handler, Reference):
        device.subscriptions.remove(str(dict(handler.selectors)["Name"]))
        device.audit(EVENT_MANAGER, UNSUBSCRIBED)


CLASSES = (
    Resource(COLLECTION, INSTANCE_ID, _collections, subscribe=_subscribe),
    Resource(LISTENER, FOUR_KEYS, _listeners),
    Resource(SUBSCRIPTION, ("Filter", "Handler"), _subscriptions, unsubscribe=_unsubscribe),
)
