"""The protocol package stands alone: no Django, no Celery, no simulator, no side effects."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import amt.protocol

MODULES = [
    "amt.protocol",
    *(found.name for found in pkgutil.walk_packages(amt.protocol.__path__, "amt.protocol.")),
]
SCRIPT = """
import sys
for name in {names!r}:
    __import__(name)
tops = {{name.partition(".")[0] for name in sys.modules}}
print(sorted(tops & {{"django", "celery", "zcc", "vault", "devices", "power"}}))
print(sorted(name for name in sys.modules if name.startswith("amt.") and
             not name.startswith("amt.protocol")))
"""


def test_importing_everything_brings_nothing_of_the_console_along() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(names=MODULES)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == ["[]", "['amt.constants']"]


def test_the_schema_is_not_loaded_before_it_is_needed() -> None:
    script = "import amt.protocol.wsman.session, amt.protocol.wsman.schema as s; print(s._loaded)"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "None"
