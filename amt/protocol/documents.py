"""Our WSDL and XSD documents, read into zeep from this package and from nowhere else."""

from __future__ import annotations

import logging
from importlib import resources
from pathlib import Path
from typing import Any, cast

from zeep import Client, Settings, Transport

FOLDER = Path(str(resources.files("amt.protocol"))) / "wsdl"

# zeep logs a traceback for each value that does not fit its type; whoever decodes sees to such a
# value and says which one it is, so the log would only repeat it.
logging.getLogger("zeep.xsd.types.simple").setLevel(logging.CRITICAL)


class PackageFiles(Transport):
    """Read our own documents from disk and nothing from anywhere else."""

    def __init__(self) -> None:  # no requests.Session: zeep never sends anything here
        self.cache = None
        self.logger = logging.getLogger(__name__)

    def load(self, url: str) -> bytes:
        path = Path(url)
        if path.parent != FOLDER:
            raise ValueError(f"{url} is not one of our own schema documents.")
        return path.read_bytes()

    def __del__(self) -> None:
        """Close nothing: there is no session."""


def load(name: str) -> Any:
    """Return a zeep client for one of our WSDL documents; elements may come in any order."""
    settings = Settings(
        strict=False,
        xsd_ignore_sequence_order=True,
        forbid_dtd=True,
        forbid_external=True,
    )
    return cast(Any, Client)(str(FOLDER / name), transport=PackageFiles(), settings=settings)
