"""Requests to bytes and bytes to answers, with zeep and our schema. No sockets here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree

from amt.constants import ANONYMOUS, NS_ENUMERATION, NS_EVENTING, NS_SOAP
from amt.protocol.errors import AmtBadAnswer, AmtFault
from amt.protocol.safe_xml import MAX_BYTES, html, looks_like_html, parse
from amt.protocol.wsman.decoder import plain, read_element, read_reference
from amt.protocol.wsman.envelope import MESSAGE_ID, Selectors, append_to_body, headers
from amt.protocol.wsman.instance import Instance, Reference, Value, resource_uri
from amt.protocol.wsman.schema import schema

Arguments = Mapping[str, Value]

_SOAP = f"{{{NS_SOAP}}}"
_ENUMERATION = f"{{{NS_ENUMERATION}}}"


@dataclass(frozen=True, slots=True)
class Page:
    """What one Pull brought: some instances, and where to go on unless this was the end."""

    items: tuple[Instance, ...]
    context: str
    is_last: bool


def encode(
    operation: str,
    class_name: str = "",
    *,
    selectors: Selectors | None = None,
    arguments: Arguments | None = None,
    more_headers: Sequence[etree._Element] = (),
    message_id: str = "1",
    reusable: bool = False,
) -> bytes:
    """Return the envelope of one request.

    ``operation``: Identify, Get, Put, Create, Delete, Enumerate, Pull, Release, Subscribe,
    Unsubscribe or a method's name.
    ``reusable`` keeps the rendered request for the next caller: never for one with a secret in it.
    """
    if reusable:
        chosen = tuple((selectors or {}).items())
        body = _kept(operation, class_name, chosen, tuple((arguments or {}).items()))
    else:
        body = _render(operation, class_name, selectors or {}, arguments or {}, more_headers)
    return body.replace(MESSAGE_ID.encode(), message_id.encode(), 1)


@lru_cache(maxsize=256)
def _kept(
    operation: str,
    class_name: str,
    selectors: tuple[tuple[str, str | Reference], ...],
    arguments: tuple[tuple[str, Value], ...],
) -> bytes:
    return _render(operation, class_name, dict(selectors), dict(arguments))


def _render(
    operation: str,
    class_name: str,
    selectors: Selectors,
    arguments: Arguments,
    more_headers: Sequence[etree._Element] = (),
) -> bytes:
    known = schema()
    values = {"_soapheaders": [*headers(operation, class_name, selectors), *more_headers]}
    by_hand = ""  # the body's element, where no WSDL of ours can describe it
    port, name = known.ports["WsMan"], operation
    if operation in ("Put", "Create"):
        by_hand = class_name
    elif operation in known.methods["WsMan"]:
        values |= arguments
    elif operation in known.methods.get(class_name, ()):
        port = known.ports[class_name]
        values |= {key: _for_zeep(value) for key, value in arguments.items()}
    else:
        name, by_hand = "Get", f"{operation}_INPUT"
    envelope = known.client.create_message(port, name, **values)
    if by_hand:
        append_to_body(envelope, class_name, by_hand, arguments)
    return b'<?xml version="1.0" encoding="UTF-8"?>' + etree.tostring(envelope)


def _for_zeep(value: Value) -> Any:
    """Return a value as zeep takes it: a reference as nested dictionaries."""
    if isinstance(value, tuple | list):
        return [_for_zeep(item) for item in value]
    if not isinstance(value, Reference):
        return value
    selectors = [{"Name": name, "_value_1": key} for name, key in value.selectors.items()]
    return {
        "Address": value.address or ANONYMOUS,
        "ReferenceParameters": {
            "ResourceURI": resource_uri(value.class_name),
            "SelectorSet": {"Selector": selectors},
        },
    }


def decode(body: bytes, *, max_bytes: int = MAX_BYTES) -> Instance | Reference | Page | None:
    """Return what an answer holds: an instance, a reference, a page of instances or nothing.

    Raises:
        AmtFault: the answer is a SOAP fault.
        AmtBadAnswer: it is not an answer of WS-Management.
    """
    root = parse(body, max_bytes=max_bytes)
    content = root.find(_SOAP + "Body")
    if root.tag != _SOAP + "Envelope" or content is None:
        raise html(body) if looks_like_html(body) else not_soap(root)
    if len(content) == 0:
        return None
    return _read_content(content[0])


def _read_content(element: etree._Element) -> Instance | Reference | Page:
    name = etree.QName(element).localname
    if name == "Fault":
        raise read_fault(element)
    if name == "PullResponse":
        return read_page(element)
    if name == "ResourceCreated":
        return read_reference(element)
    return read_element(element)


def read_page(element: etree._Element) -> Page:
    items = element.find(_ENUMERATION + "Items")
    found = () if items is None else tuple(read_element(item) for item in items)
    return Page(
        found,
        element.findtext(_ENUMERATION + "EnumerationContext") or "",
        element.find(_ENUMERATION + "EndOfSequence") is not None,
    )


def read_fault(element: etree._Element) -> AmtFault:
    code = element.find(_SOAP + "Code")
    value = None if code is None else code.findtext(f"{_SOAP}Subcode/{_SOAP}Value")
    if value is None and code is not None:
        value = code.findtext(_SOAP + "Value")
    reason = element.find(_SOAP + "Reason")
    return AmtFault(
        _prefixed(element, value or "unknown"), plain(reason) if reason is not None else ""
    )


# The prefix a device chooses means nothing; these are the usual ones of each namespace.
PREFIXES = {
    "http://schemas.xmlsoap.org/ws/2004/08/addressing": "wsa",
    "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd": "wsman",
    "http://schemas.xmlsoap.org/ws/2004/09/enumeration": "wsen",
    "http://schemas.xmlsoap.org/ws/2004/09/transfer": "wxf",
    NS_EVENTING: "wse",
    NS_SOAP: "s",
}


def _prefixed(element: etree._Element, code: str) -> str:
    prefix, _, name = code.strip().rpartition(":")
    space = element.nsmap.get(prefix or None, "")
    return f"{PREFIXES.get(space, prefix)}:{name}".lstrip(":")[:80]


def not_soap(root: etree._Element) -> AmtBadAnswer:
    return AmtBadAnswer(
        "The answer is XML, but not AMT's: another server at this address?",
        reason="not-amt",
        detail=f"root element {root.tag}",
    )
