"""The answers recorded from real devices: where they are, and which of them say what."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from amt.constants import NS_SOAP
from tests.fixtures.required import require

HERE = Path(__file__).resolve()
FOLDER = Path(os.environ.get("ZCC_CAPTURES", HERE.parents[4] / "shared" / "captures")) / "responses"


def required() -> None:
    """Skip, or fail where everything is required, when the recorded answers are absent."""
    require("the recorded answers of ../shared/captures", FOLDER.is_dir())


def recorded() -> list[Path]:
    return sorted(FOLDER.rglob("*.xml"))


def objects(path: Path) -> Iterator[etree._Element]:
    """Yield each instance or method output in a recorded answer, read without our codec."""
    body = etree.fromstring(path.read_bytes()).find(f"{{{NS_SOAP}}}Body")
    for child in body if body is not None else ():
        if child.tag.endswith("}PullResponse"):
            for items in child.iterfind("{*}Items"):
                yield from items
        else:
            yield child
