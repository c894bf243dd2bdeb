"""SOAP envelopes: what a request says, and how a device writes its answers.

The answers have the prefixes, the order and the density of real firmware, because programs in the
field search them as text.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from amt.constants import (
    ANONYMOUS,
    BASE_AMT,
    BASE_CIM,
    BASE_IPS,
    NS_ADDRESSING,
    NS_CIM_BINDING,
    NS_CIM_COMMON,
    NS_SECEXT,
    NS_SOAP,
    NS_TRUST,
    NS_WSMAN,
    NS_XSI,
)

from .soap_fault import SoapFault

BASES = {"AMT": BASE_AMT, "CIM": BASE_CIM, "IPS": BASE_IPS}
FAULT_ACTION = f"{NS_ADDRESSING}/fault"
MESSAGE_ID = "uuid:00000000-8086-8086-8086-{:012X}"
MIN_ENVELOPE_SIZE = 50_000
UNDERSTOOD = {NS_ADDRESSING, NS_WSMAN, NS_TRUST}

START = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<a:Envelope xmlns:a="{NS_SOAP}" xmlns:b="{NS_ADDRESSING}" xmlns:c="{NS_WSMAN}"'
    f' xmlns:d="{NS_TRUST}" xmlns:e="{NS_SECEXT}" xmlns:f="{NS_CIM_BINDING}"'
)
HEADER = f' xmlns:xsi="{NS_XSI}"><a:Header><b:To>{ANONYMOUS}</b:To><b:RelatesTo>'


@dataclass(frozen=True, slots=True)
class Reference:
    """An endpoint reference: the address of one instance."""

    class_name: str
    selectors: tuple[tuple[str, "str | Reference"], ...]


Value = str | int | bool | datetime | Reference | Sequence[str] | Sequence[int]
Properties = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Request:
    """One WS-Management request, taken apart."""

    action: str
    resource_uri: str
    message_id: str
    selectors: Mapping[str, str | Reference]
    body: Element | None
    header: Element

    @property
    def class_name(self) -> str:
        """Return the last part of the resource URI."""
        return self.resource_uri.rpartition("/")[2]


def uri_of(class_name: str) -> str:
    """Return the resource URI, which is the namespace, of a class."""
    return BASES.get(class_name[:3], BASE_CIM) + class_name


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def parse(data: bytes) -> Element:
    """Return the envelope; a document type is refused, as it is of no use but to attack."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise SoapFault("c:SchemaValidationError", "A document type is not allowed.")
    try:
        return ElementTree.fromstring(data)  # noqa: S314 - no DTD gets here
    except (ElementTree.ParseError, ValueError, LookupError):
        pass
    try:  # MeshCentral sends Latin-1 and calls it UTF-8
        return ElementTree.fromstring(data.decode("latin-1").encode())  # noqa: S314
    except (ElementTree.ParseError, ValueError, LookupError):
        raise SoapFault("c:SchemaValidationError", "This is not XML.") from None


def read_request(envelope: Element) -> Request:
    """Return what the envelope asks for."""
    if envelope.tag != f"{{{NS_SOAP}}}Envelope":
        raise SoapFault("c:SchemaValidationError", "This is not a SOAP 1.2 envelope.")
    header = envelope.find(f"{{{NS_SOAP}}}Header")
    body = envelope.find(f"{{{NS_SOAP}}}Body")
    if header is None or body is None:
        raise SoapFault("c:SchemaValidationError", "Header and Body are required.")
    _check_header(header)
    return Request(
        action=_text(header, NS_ADDRESSING, "Action"),
        resource_uri=_text(header, NS_WSMAN, "ResourceURI"),
        message_id=_text(header, NS_ADDRESSING, "MessageID"),
        selectors=_selectors(header),
        body=body[0] if len(body) else None,
        header=header,
    )


def read_reference(element: Element) -> Reference:
    """Return the endpoint reference held by ``element``; its address says nothing on AMT."""
    parameters = element.find(f"{{{NS_ADDRESSING}}}ReferenceParameters")
    if parameters is None:
        raise SoapFault("c:InvalidParameter", f"{local_name(element)} is no reference.")
    selectors = ((name, element.text or "") for name, element in _named_selectors(parameters))
    return Reference(
        _text(parameters, NS_WSMAN, "ResourceURI").rpartition("/")[2], tuple(selectors)
    )


def _check_header(header: Element) -> None:
    for name in ("Action", "MessageID", "ReplyTo"):
        if header.find(f"{{{NS_ADDRESSING}}}{name}") is None:
            raise SoapFault("b:MessageInformationHeaderRequired", f"The header {name} is missing.")
    for element in header:
        _check_understood(element)
    to = _text(header, NS_ADDRESSING, "To")
    if to and to != ANONYMOUS and not to.startswith(("/wsman", "http://", "https://")):
        raise SoapFault.unreachable()
    size = _text(header, NS_WSMAN, "MaxEnvelopeSize")
    if size and (not size.isdecimal() or int(size) < MIN_ENVELOPE_SIZE):
        raise SoapFault("c:EncodingLimit", "The maximum envelope size is too small.")


def _check_understood(element: Element) -> None:
    if element.get(f"{{{NS_SOAP}}}mustUnderstand") not in ("true", "1"):
        return
    namespace = element.tag.rpartition("}")[0].lstrip("{")
    if namespace not in UNDERSTOOD or local_name(element) == "OptionSet":
        raise SoapFault("a:MustUnderstand", f"{local_name(element)} is not understood.")


def _text(parent: Element, namespace: str, name: str) -> str:
    return (parent.findtext(f"{{{namespace}}}{name}") or "").strip()


def _named_selectors(parent: Element) -> Iterator[tuple[str, Element]]:
    for selector in parent.iterfind(f"{{{NS_WSMAN}}}SelectorSet/{{{NS_WSMAN}}}Selector"):
        # PyPI amt writes the attribute with a namespace
        yield selector.get("Name") or selector.get(f"{{{NS_WSMAN}}}Name") or "", selector


def _selectors(header: Element) -> dict[str, str | Reference]:
    found: dict[str, str | Reference] = {}
    for name, selector in _named_selectors(header):
        nested = selector.find(f"{{{NS_ADDRESSING}}}EndpointReference")
        found[name] = read_reference(nested) if nested is not None else selector.text or ""
    return found


class Writer:
    """Writes one answer's body, giving out prefixes g, h, i, … in the order of first need."""

    def __init__(self) -> None:
        self.prefixes: dict[str, str] = {}

    def prefix(self, namespace: str) -> str:
        """Return the prefix of ``namespace``."""
        if namespace not in self.prefixes:
            self.prefixes[namespace] = chr(ord("g") + len(self.prefixes))
        return self.prefixes[namespace]

    def instance(self, class_name: str, properties: Properties) -> str:
        """Write one instance, its properties in alphabetical order."""
        prefix = self.prefix(uri_of(class_name))
        inner = self.properties(prefix, sorted(properties.items()))
        return f"<{prefix}:{class_name}>{inner}</{prefix}:{class_name}>"

    def properties(self, prefix: str, items: Iterable[tuple[str, Value]]) -> str:
        """Write properties or out parameters; a list is one element per member."""
        written = []
        for name, value in items:
            tag = f"{prefix}:{name}"
            for one in value if isinstance(value, (list, tuple)) else (value,):
                written.append(f"<{tag}>{self.value(one)}</{tag}>")
        return "".join(written)

    def value(self, value: object) -> str:
        """Write one value as firmware does."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime):
            common = self.prefix(NS_CIM_COMMON)
            stamp = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return f"<{common}:Datetime>{stamp}</{common}:Datetime>"
        if isinstance(value, Reference):
            return reference(value)
        return escape(str(value))


def reference(to: Reference) -> str:
    """Write the inside of an endpoint reference."""
    selectors = "".join(
        f'<c:Selector Name="{name}">{_key(value)}</c:Selector>' for name, value in to.selectors
    )
    return (
        f"<b:Address>{ANONYMOUS}</b:Address><b:ReferenceParameters>"
        f"<c:ResourceURI>{uri_of(to.class_name)}</c:ResourceURI>"
        f"<c:SelectorSet>{selectors}</c:SelectorSet></b:ReferenceParameters>"
    )


def _key(value: str | Reference) -> str:
    if isinstance(value, Reference):
        return f"<b:EndpointReference>{reference(value)}</b:EndpointReference>"
    return escape(value)


def write(
    *,
    number: int,
    relates_to: str,
    action: str,
    body: str,
    prefixes: Mapping[str, str],
    resource_uri: str = "",
) -> bytes:
    """Return a whole envelope around ``body``."""
    declared = "".join(f' xmlns:{prefix}="{uri}"' for uri, prefix in prefixes.items())
    resource = f"<c:ResourceURI>{escape(resource_uri)}</c:ResourceURI>" if resource_uri else ""
    return (
        f"{START}{declared}{HEADER}{escape(relates_to)}</b:RelatesTo>"
        f'<b:Action a:mustUnderstand="true">{escape(action)}</b:Action>'
        f"<b:MessageID>{MESSAGE_ID.format(number)}</b:MessageID>{resource}</a:Header>"
        f"<a:Body>{body}</a:Body></a:Envelope>"
    ).encode()
