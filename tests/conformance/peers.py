"""MeshCentral's AMT programs, as functions: where they are, how they are called, what they say."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fixtures.required import require

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("ZCC_SHARED") or ROOT.parent / "shared") / "conformance"
PEERS = Path(os.environ.get("ZCC_PEERS") or Path.home() / ".cache" / "zcc-peers")
PASSWORD = "P@ssw0rd"
SECONDS = 60


def find() -> None:
    """Install the programs if only they are missing; skip, or fail, if more is."""
    require("Node.js", shutil.which("node"), "apt-get install nodejs")
    require(
        "../shared/conformance", (SHARED / "wsman.js").exists(), "or name ../shared in ZCC_SHARED"
    )
    if not (PEERS / "node_modules" / "meshcentral").exists():
        subprocess.run(["sh", SHARED / "setup.sh"], capture_output=True, timeout=300)
    found = (PEERS / "node_modules" / "meshcentral").exists()
    require("MeshCentral's programs", found, "../shared/conformance/setup.sh installs them")


@dataclass
class Answer:
    """What a program printed."""

    text: str
    error: str
    status: int

    @property
    def documents(self) -> list[Any]:
        """Return the JSON documents, one after the other."""
        found, rest = [], self.text.strip()
        while rest:
            document, end = json.JSONDecoder().raw_decode(rest)
            found.append(document)
            rest = rest[end:].strip()
        return found

    @property
    def document(self) -> Any:
        """Return the first JSON document."""
        return self.documents[0]


def node(program: str, *arguments: str) -> Answer:
    """Run one of the programs to its end."""
    done = subprocess.run(
        ["node", str(SHARED / program), *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, "ZCC_PEERS": str(PEERS), "TZ": "UTC"},
    )
    return Answer(done.stdout, done.stderr, done.returncode)


def amttool(address: str, *command: str, password: str = PASSWORD) -> Answer:
    """Run Debian's amttool, which speaks the older SOAP interface, and say yes to its question."""
    require("amttool", shutil.which("amttool"), "apt-get install amtterm")
    done = subprocess.run(
        ["amttool", f"{address}:16992", *command],
        input="y\n",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, "AMT_PASSWORD": password},
    )
    return Answer(done.stdout, done.stderr, done.returncode)


def amtterm(address: str, *, typed: str = "hi", password: str = PASSWORD) -> str:
    """Run Debian's amtterm on a terminal of its own, type, leave, and return what it showed."""
    require("amtterm", shutil.which("amtterm"), "apt-get install amtterm")
    keys = f"(sleep 1; printf '{typed}'; sleep 1; printf '\\035')"
    done = subprocess.run(
        ["sh", "-c", f"{keys} | script -qc 'amtterm {address} 16994' /dev/null"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, "AMT_PASSWORD": password, "TERM": "dumb"},
    )
    return done.stdout


@dataclass
class Wsman:
    """MeshCentral's AMT stack on one device."""

    address: str
    tls: bool = False
    password: str = PASSWORD

    def __call__(self, *command: str) -> Answer:
        options = ["-h", self.address, "-w", self.password, *(["--tls"] if self.tls else [])]
        return node("wsman.js", *options, *command)
