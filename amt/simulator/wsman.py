"""The WS-Management service of a device: one envelope in, one status and envelope out."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from amt.constants import (
    NS_ENUMERATION,
    NS_EVENTING,
    NS_IDENTITY,
    NS_SOAP,
    NS_TRANSFER,
    NS_WSMAN,
)

from .classes import CLASSES, DERIVED
from .device import Device
from .envelope import (
    FAULT_ACTION,
    Properties,
    Reference,
    Request,
    Writer,
    parse,
    read_request,
    reference,
    uri_of,
    write,
)
from .execution import execute
from .faults import Fault
from .faulty_call import call_of, returned_by_fault, unless_faulty
from .permissions import require_administrator
from .representation import read_arguments, read_instance, read_properties
from .resource import Arguments, Output, Resource
from .soap_fault import SoapFault

NS_DASH = "http://schemas.dmtf.org/wbem/dash/1/dash.xsd"
SECURITY_PROFILE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/digest"
IDENTIFY = f"{{{NS_SOAP}}}Body/{{{NS_IDENTITY}}}Identify"
SOAP_FAULTS: Mapping[Fault, tuple[str, str, int]] = {
    Fault.FAULT_ACCESS_DENIED: ("c:AccessDenied", "The sender was not authorized.", 400),
    Fault.FAULT_INTERNAL_ERROR: ("c:InternalError", "The request failed within.", 500),
    Fault.FAULT_TIMED_OUT: ("c:TimedOut", "The operation has timed out.", 400),
}
POWER = "CIM_AssociatedPowerManagementService"
CONTEXT_TAIL = "-0000-0000-0000-000000000000"
CONTEXT_SECONDS = 60
MAX_CONTEXTS = 8

Found = tuple[Resource, Properties]


@dataclass(slots=True)
class Enumeration:
    """What is left of an enumeration."""

    resource_uri: str
    mode: str
    left: list[Found]
    one_per_pull: bool
    started_at: float


class WsmanService:
    """Answers for one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._answers = 0x2E0
        self._contexts = 0x14
        self._enumerations: dict[str, Enumeration] = {}
        self._verbs: dict[str, Callable[[Request, Writer], str]] = {
            f"{NS_TRANSFER}/Get": self._get,
            f"{NS_TRANSFER}/Put": self._put,
            f"{NS_TRANSFER}/Create": self._create,
            f"{NS_TRANSFER}/Delete": self._delete,
            f"{NS_ENUMERATION}/Enumerate": self._enumerate,
            f"{NS_ENUMERATION}/Pull": self._pull,
            f"{NS_ENUMERATION}/Release": self._release,
            f"{NS_EVENTING}/Subscribe": self._subscribe,
            f"{NS_EVENTING}/Unsubscribe": self._unsubscribe,
        }

    def answer(self, data: bytes) -> tuple[int, bytes]:
        """Return the HTTP status and the answer to one request body.

        Raises:
            Dropped: a fault of this device ends the exchange instead.
        """
        relates_to = ""
        try:
            envelope = parse(data)
            if envelope.find(IDENTIFY) is not None:
                return 200, self.identify()
            request = read_request(envelope)
            relates_to = request.message_id
            if fault := next((f for f in SOAP_FAULTS if f in self._device.faults), None):
                raise SoapFault(*SOAP_FAULTS[fault])
            with self._device.lock:
                return 200, self._dispatch(request)
        except SoapFault as fault:
            writer = Writer()
            if fault.space:
                writer.prefix(fault.space)
            return fault.status, self._write(relates_to, FAULT_ACTION, fault.body, writer)

    def identify(self) -> bytes:
        """Return the answer to wsmid:Identify."""
        major, minor = self._device.profile.major_minor
        writer = Writer()
        g, h = writer.prefix(NS_IDENTITY), writer.prefix(NS_DASH)
        body = (
            f"<{g}:IdentifyResponse><{g}:ProtocolVersion>{NS_WSMAN}</{g}:ProtocolVersion>"
            f"<{g}:ProductVendor>Intel(r)</{g}:ProductVendor>"
            f"<{g}:ProductVersion>AMT {major}.{minor}</{g}:ProductVersion>"
            f"<{h}:DASHVersion>1.0.0</{h}:DASHVersion><{g}:SecurityProfiles>"
            f"<{g}:SecurityProfileName>{SECURITY_PROFILE}</{g}:SecurityProfileName>"
            f"</{g}:SecurityProfiles></{g}:IdentifyResponse>"
        )
        return self._write("", "", body, writer)

    def _dispatch(self, request: Request) -> bytes:
        name = request.class_name
        if (
            (name not in CLASSES and name not in DERIVED)
            or name in self._device.profile.absent_classes
            or request.resource_uri != uri_of(name)
        ):
            raise SoapFault.unreachable()
        writer = Writer()
        verb = self._verbs.get(request.action, self._invoke)
        body = unless_faulty(self._device, call_of(request), lambda: verb(request, writer))
        return self._write(
            request.message_id, f"{request.action}Response", body, writer, request.resource_uri
        )

    def _write(
        self,
        relates_to: str,
        action: str,
        body: str,
        writer: Writer,
        resource_uri: str = "",
    ) -> bytes:
        self._answers += 1
        return write(
            number=self._answers,
            relates_to=relates_to,
            action=action,
            body=body,
            prefixes=writer.prefixes,
            resource_uri=resource_uri,
        )

    # Reading

    def _instances(self, class_name: str) -> list[Found]:
        """Return the instances of a class, or of those derived from it."""
        absent = self._device.profile.absent_classes
        return [
            (CLASSES[name], properties)
            for name in DERIVED.get(class_name, (class_name,))
            if name not in absent
            for properties in CLASSES[name].present(self._device)
        ]

    def _find(self, request: Request) -> Found:
        """Return the one instance that the selectors, or none of them, point at."""
        found = self._instances(request.class_name)
        for name, value in request.selectors.items():
            found = [one for one in found if _matches(one, name, value)]
        if len(found) != 1:
            raise SoapFault("c:InvalidSelectors", "The selectors do not name one instance.")
        return found[0]

    def _get(self, request: Request, writer: Writer) -> str:
        resource, properties = self._find(request)
        if resource.name == POWER and Fault.ANSWERS_ANOTHER_CLASS in self._device.faults:
            resource, properties = self._instances("CIM_Chassis")[0]
        return writer.instance(resource.name, properties)

    def _enumerate(self, request: Request, writer: Writer) -> str:
        mode = ""
        if request.body is not None:  # OptimizeEnumeration is ignored, as firmware does
            mode = request.body.findtext(f"{{{NS_WSMAN}}}EnumerationMode") or ""
        resource = CLASSES.get(request.class_name)
        self._contexts += 1
        context = self._contexts.to_bytes(4, "little").hex().upper() + CONTEXT_TAIL
        self._forget_old_contexts()
        self._enumerations[context] = Enumeration(
            request.resource_uri,
            mode.strip(),
            self._instances(request.class_name),
            resource is not None and resource.one_per_pull,
            time.monotonic(),
        )
        g = writer.prefix(NS_ENUMERATION)
        return (
            f"<{g}:EnumerateResponse><{g}:EnumerationContext>{context}"
            f"</{g}:EnumerationContext></{g}:EnumerateResponse>"
        )

    def _pull(self, request: Request, writer: Writer) -> str:
        context, enumeration = self._context_of(request)
        asked = ""
        if request.body is not None:
            asked = request.body.findtext(f"{{{NS_ENUMERATION}}}MaxElements") or ""
        count = max(int(asked), 1) if asked.strip().isdecimal() else 1
        if enumeration.one_per_pull:
            count = 1
        now, enumeration.left = enumeration.left[:count], enumeration.left[count:]
        g = writer.prefix(NS_ENUMERATION)
        items = "".join(self._item(one, enumeration.mode, writer) for one in now)
        before, after = f"<{g}:EnumerationContext>{context}</{g}:EnumerationContext>", ""
        if not enumeration.left:
            del self._enumerations[context]
            before, after = "", f"<{g}:EndOfSequence></{g}:EndOfSequence>"
        return f"<{g}:PullResponse>{before}<{g}:Items>{items}</{g}:Items>{after}</{g}:PullResponse>"

    def _release(self, request: Request, writer: Writer) -> str:
        context, _ = self._context_of(request)
        del self._enumerations[context]
        return ""

    def _context_of(self, request: Request) -> tuple[str, Enumeration]:
        context = ""
        if request.body is not None:
            tag = f"{{{NS_ENUMERATION}}}EnumerationContext"
            context = (request.body.findtext(tag) or "").strip()
        self._forget_old_contexts()
        enumeration = self._enumerations.get(context)
        if enumeration is None or enumeration.resource_uri != request.resource_uri:
            raise SoapFault(
                "g:InvalidEnumerationContext",
                "The enumeration is not known.",
                space=NS_ENUMERATION,
            )
        return context, enumeration

    def _forget_old_contexts(self) -> None:
        limit = time.monotonic() - CONTEXT_SECONDS
        for context, enumeration in list(self._enumerations.items()):
            if enumeration.started_at < limit or len(self._enumerations) > MAX_CONTEXTS:
                del self._enumerations[context]

    def _item(self, found: Found, mode: str, writer: Writer) -> str:
        resource, properties = found
        written = writer.instance(resource.name, properties) if mode != "EnumerateEPR" else ""
        if mode not in ("EnumerateEPR", "EnumerateObjectAndEPR"):
            return written
        address = reference(resource.reference(properties))
        written += f"<b:EndpointReference>{address}</b:EndpointReference>"
        return f"<c:Item>{written}</c:Item>" if mode == "EnumerateObjectAndEPR" else written

    # Ordering

    def _invoke(self, request: Request, writer: Writer) -> str:
        uri, _, method = request.action.rpartition("/")
        resource = CLASSES.get(request.class_name)
        if resource is None or uri != request.resource_uri or method not in resource.methods:
            raise SoapFault("b:ActionNotSupported", "The action is not supported.")
        require_administrator(self._device, resource.name)
        if request.selectors:
            self._find(request)
        arguments = read_arguments(request, method)
        output = self._output(request, resource, method, arguments)
        g = writer.prefix(request.resource_uri)
        inner = writer.properties(g, output.items())
        return f"<{g}:{method}_OUTPUT>{inner}</{g}:{method}_OUTPUT>"

    def _output(
        self, request: Request, resource: Resource, method: str, arguments: Arguments
    ) -> Output:
        call, device = resource.methods[method], self._device
        if method in resource.reads:
            return returned_by_fault(device) or call(device, arguments)
        if Fault.ACCEPTS_AND_IGNORES in device.faults:
            return {"ReturnValue": 0}
        output = execute(
            device,
            request.class_name,
            method,
            lambda: returned_by_fault(device) or call(device, arguments),
            requested=resource.requested_by(arguments),
            is_executed=lambda output: output.get("ReturnValue") == 0,
        )
        return _returned(output, device.faults)

    def _put(self, request: Request, writer: Writer) -> str:
        resource, properties = self._to_put(request)
        require_administrator(self._device, resource.name)
        strict = self._device.profile.strict_put
        changed = read_properties(request, resource, properties, strict=strict)

        def store() -> Properties:
            if resource.put:
                return resource.put(self._device, properties, changed)
            key = (resource.name, resource.key_of(properties))
            self._device.stored.setdefault(key, {}).update(changed)
            return {}

        shown = execute(self._device, resource.name, "Put", store)
        return writer.instance(resource.name, {**properties, **changed, **shown})

    def _to_put(self, request: Request) -> Found:
        """Return what is to be put: MeshCentral's selectors may be what it wants to put there."""
        resource = CLASSES.get(request.class_name)
        if resource is not None and resource.is_sole:
            found = self._instances(request.class_name)
            if found:
                return found[0]
        return self._find(request)

    def _create(self, request: Request, writer: Writer) -> str:
        resource = CLASSES.get(request.class_name)
        create = resource.create if resource else None
        if create is None:
            raise SoapFault("b:ActionNotSupported", "Nothing of this class can be created.")
        require_administrator(self._device, request.class_name)
        given = read_instance(request)
        made = execute(
            self._device, request.class_name, "Create", lambda: create(self._device, given)
        )
        g = writer.prefix(NS_TRANSFER)
        return f"<{g}:ResourceCreated>{reference(made)}</{g}:ResourceCreated>"

    def _delete(self, request: Request, writer: Writer) -> str:
        resource, properties = self._find(request)
        delete = resource.delete
        if delete is None:
            raise SoapFault("c:AccessDenied", "This may not be deleted.")
        require_administrator(self._device, resource.name)
        execute(self._device, resource.name, "Delete", lambda: delete(self._device, properties))
        return ""

    def _subscribe(self, request: Request, writer: Writer) -> str:
        resource, properties = self._find(request)
        subscribe = resource.subscribe
        if subscribe is None:
            raise SoapFault("b:ActionNotSupported", "It sends no events.")
        made = execute(
            self._device,
            resource.name,
            "Subscribe",
            lambda: subscribe(self._device, properties, request),
        )
        g = writer.prefix(NS_EVENTING)
        return (
            f"<{g}:SubscribeResponse><{g}:SubscriptionManager>{reference(made)}"
            f"</{g}:SubscriptionManager><{g}:Expires>PT0.000000S</{g}:Expires>"
            f"</{g}:SubscribeResponse>"
        )

    def _unsubscribe(self, request: Request, writer: Writer) -> str:
        resource, properties = self._find(request)
        end = resource.unsubscribe
        if end is None:
            raise SoapFault("b:ActionNotSupported", "This is no subscription.")
        execute(self._device, resource.name, "Unsubscribe", lambda: end(self._device, properties))
        return ""


def _returned(output: Output, faults: frozenset[Fault]) -> Output:
    """Return what an order answers, as the faults have it."""
    if Fault.RETURN_VALUE_MISSING in faults:
        return {name: value for name, value in output.items() if name != "ReturnValue"}
    if Fault.RETURN_VALUE_IN_WORDS in faults:
        return {**output, "ReturnValue": "yes"}
    return output


def _matches(found: Found, name: str, value: str | Reference) -> bool:
    resource, properties = found
    if name not in resource.keys:
        return False
    actual = properties.get(name)
    if isinstance(value, Reference) and isinstance(actual, Reference):
        return value.class_name == actual.class_name and set(value.selectors) <= set(
            actual.selectors
        )
    return str(actual) == value
