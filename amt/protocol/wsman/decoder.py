"""From an element of an answer to an Instance.

zeep loads the schema and types each value. Its reader of whole elements is not used: it searches
all that is left for each property (a hostile answer would take minutes), drops a scalar that is
repeated, and turns text that does not fit its type into None. Here nothing is lost.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from lxml import etree

from amt.constants import NS_ADDRESSING, NS_WSMAN
from amt.protocol.wsman.instance import Instance, Reference, Value
from amt.protocol.wsman.schema import Property, schema

_ADDRESSING = f"{{{NS_ADDRESSING}}}"
_WSMAN = f"{{{NS_WSMAN}}}"
_PARAMETERS = _ADDRESSING + "ReferenceParameters"
_FALSE = ("false", "0")


def read_element(element: etree._Element) -> Instance:
    """Return the instance or method output that an element holds."""
    known = schema().shapes.get(element.tag, {})
    values: dict[str, list[Value]] = {}
    for child in element:
        name = local(child)
        kind = known.get(name)
        value = read_any(child) if kind is None else read_typed(child, kind)
        values.setdefault(name, []).append(value)
    properties = {
        name: tuple(found) if len(found) > 1 or (name in known and known[name].many) else found[0]
        for name, found in values.items()
    }
    return Instance(local(element), properties, frozenset(values.keys() - known.keys()))


def read_typed(element: etree._Element, kind: Property) -> Value:
    """Return the value of a property that our schema knows, or its text if it does not fit."""
    if len(element):
        return read_moment(element, kind) if kind.is_moment else read_any(element)
    text = element.text or ""
    if not text or kind.is_moment:
        return text
    value = kind.type.parse_xmlelement(element, schema().types)
    fits = value is not None and not (value is False and text.strip() not in _FALSE)
    return value if fits else text


def read_moment(element: etree._Element, kind: Property) -> Value:
    """Return what is in the wrapper that CIM puts around a moment or a length of time."""
    wrapper: Any = kind.type.parse_xmlelement(element, schema().types)
    found = [wrapper[name] for name in wrapper] if wrapper is not None else []
    for value in found:
        if isinstance(value, datetime):
            return value if value.tzinfo is None else value.astimezone(UTC)
        if isinstance(value, date | time | timedelta):
            return value
    return plain(element)


def read_any(element: etree._Element) -> Value:
    """Return a value without a schema: text, a reference, or a structure as a dictionary."""
    if len(element) == 0:
        return element.text or ""
    if element.find(_PARAMETERS) is not None:
        return read_reference(element)
    values: dict[str, list[Value]] = {}
    for child in element:
        values.setdefault(local(child), []).append(read_any(child))
    return {name: tuple(found) if len(found) > 1 else found[0] for name, found in values.items()}


def read_reference(element: etree._Element) -> Reference:
    """Return an endpoint reference; a selector may hold another one."""
    parameters = element.find(_PARAMETERS)
    if parameters is None:
        return Reference("", {}, element.findtext(_ADDRESSING + "Address") or "")
    uri = parameters.findtext(_WSMAN + "ResourceURI") or ""
    selectors: dict[str, str | Reference] = {}
    for selector in parameters.iterfind(f"{_WSMAN}SelectorSet/{_WSMAN}Selector"):
        name = selector.get("Name") or selector.get(_WSMAN + "Name") or ""
        nested = selector.find(_ADDRESSING + "EndpointReference")
        selectors[name] = (selector.text or "") if nested is None else read_reference(nested)
    address = element.findtext(_ADDRESSING + "Address") or ""
    return Reference(uri.strip().rpartition("/")[2], selectors, address)


def plain(element: etree._Element) -> str:
    """Return all text inside an element."""
    return "".join(str(part) for part in element.itertext()).strip()


def local(element: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]
