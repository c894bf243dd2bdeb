"""Read docker-compose.yml and start its very commands here, as local processes."""

import re
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.ops import console

FILE = console.ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::-([^}]*))?\})")


def read() -> dict[str, Any]:
    """Return the compose file with its anchors resolved."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


@dataclass
class Here:
    """What this machine has in place of the containers' names, ports and mounts."""

    place: Path  # for secrets, logs and what is in /tmp there
    port: int
    services: Mapping[str, str]  # environment variable -> value that names a real service
    variables: Mapping[str, str] = field(default_factory=dict)  # what .env would hold

    def text(self, text: object) -> str:
        """Return ``text`` of the compose file as it reads on this machine."""

        def value(found: re.Match[str]) -> str:
            return self.variables.get(found[1], found[2] or "") if found[1] else "$"

        said = VARIABLE.sub(value, str(text))
        return re.sub(r"/run/(?=secrets/)|/tmp/", f"{self.place}/", said)

    def command(self, service: Mapping[str, Any]) -> list[str]:
        """Return the service's command: the same words, but for program paths, host and port."""
        words = [self.text(word) for word in service["command"]]
        ours = {"8000": str(self.port), "0.0.0.0": "127.0.0.1"}
        programs = Path(sys.executable).parent
        return [str(programs / words[0]), *(ours.get(word, word) for word in words[1:])]

    def environment(self, service: Mapping[str, Any]) -> dict[str, str]:
        """Return the service's environment; a name that stands for a service is the real one."""
        named = {name: self.text(value) for name, value in service["environment"].items()}
        named.update({name: value for name, value in self.services.items() if name in named})
        programs = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        extra = {
            "PATH": programs,
            "HOSTNAME": socket.gethostname(),
            "ZCC_DATA_DIR": f"{self.place}/var",
            "ZCC_STATIC_ROOT": f"{self.place}/static",
            "ZCC_PRACTICE": "1",  # the devices are simulated
        }
        return console.environment(**named, **extra)

    def start(self, name: str) -> console.Started:
        """Start the service ``name``."""
        service = read()["services"][name]
        log = self.place / f"{name}.log"
        return console.Started(self.command(service), self.environment(service), log)

    def health_command(self, name: str) -> list[str]:
        """Return the health check of ``name`` as a command of this machine."""
        kind, *words = read()["services"][name]["healthcheck"]["test"]
        said = [self.text(word) for word in words]
        return ["sh", "-c", said[0]] if kind == "CMD-SHELL" else said
