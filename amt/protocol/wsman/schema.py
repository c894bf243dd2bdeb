"""Our WSDL and XSD, loaded once a process into zeep, and what decoding needs to know of them."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, cast

from zeep import Client, Settings, Transport
from zeep.xsd import ComplexType, Element

from amt.constants import NS_ADDRESSING, NS_WSMAN

PREFIXES = {"a": NS_ADDRESSING, "w": NS_WSMAN}  # declared once an envelope: half the bytes
WSDL = Path(str(resources.files("amt.protocol"))) / "wsdl" / "wsman.wsdl"
MOMENT = "cimDateTime"  # the wrapper type of common.xsd
PARALLEL = threading.Lock()
_loaded: Schema | None = None

# zeep logs a traceback for each value that does not fit its type; the decoder keeps such a value
# as text and says which one it is, so the log would only repeat it.
logging.getLogger("zeep.xsd.types.simple").setLevel(logging.CRITICAL)


class PackageFiles(Transport):
    """Read our own documents from disk and nothing from anywhere else."""

    def __init__(self) -> None:  # no requests.Session: zeep never sends anything here
        self.cache = None
        self.logger = logging.getLogger(__name__)

    def load(self, url: str) -> bytes:
        path = Path(url)
        if path.parent != WSDL.parent:
            raise ValueError(f"{url} is not one of our own schema documents.")
        return path.read_bytes()

    def __del__(self) -> None:
        """Close nothing: there is no session."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a class: zeep's type for it and what else decoding asks."""

    type: Any
    many: bool
    is_moment: bool


class Schema:
    """The loaded client, its ports and the properties of its elements. Read only after building."""

    def __init__(self) -> None:
        settings = Settings(
            strict=False,
            xsd_ignore_sequence_order=True,
            forbid_dtd=True,
            forbid_external=True,
        )
        self.client: Any = cast(Any, Client)(str(WSDL), transport=PackageFiles(), settings=settings)
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
