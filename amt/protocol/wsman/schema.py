"""Our WSDL and XSD, loaded once a process into zeep, and what decoding needs to know of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from zeep.xsd import ComplexType, Element

from amt.constants import NS_ADDRESSING, NS_WSMAN
from amt.protocol.documents import load

PREFIXES = {"a": NS_ADDRESSING, "w": NS_WSMAN}  # declared once an envelope: half the bytes
MOMENT = "cimDateTime"  # the wrapper type of common.xsd
PARALLEL = threading.Lock()
_loaded: Schema | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a class: zeep's type for it and what else decoding asks."""

    type: Any
    many: bool
    is_moment: bool


class Schema:
    """The loaded client, its ports and the properties of its elements. Read only after building."""

    def __init__(self) -> None:
        self.client = load("wsman.wsdl")
        for prefix, space in PREFIXES.items():
            self.client.set_ns_prefix(prefix, space)
        self.types = self.client.wsdl.types
        ports = self.client.wsdl.services["Device"].ports
        self.ports = {name: self.client.bind("Device", name) for name in ports}
        self.methods = {name: set(port.binding._operations) for name, port in ports.items()}
        self.shapes = {
            element.qname.text: properties_of(element)
            for element in self.types.elements
            if isinstance(element, Element) and isinstance(element.type, ComplexType)
        }


def properties_of(element: Any) -> dict[str, Property]:
    """Return what decoding needs to know of a global element."""
    return {
        name: Property(child.type, bool(child.accepts_multiple), child.type.name == MOMENT)
        for name, child in element.type.elements
        if isinstance(child, Element)
    }


def schema() -> Schema:
    """Return the schema, loading it at the first call (about 50 ms), once for all threads."""
    global _loaded
    if _loaded is None:
        with PARALLEL:
            if _loaded is None:
                _loaded = Schema()
    return _loaded
