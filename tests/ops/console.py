"""Start the console's commands as processes and use them as a browser would."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import requests

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds
OURS = re.compile(r"^(ZCC_|DJANGO_|PYTEST_)")


def environment(**ours: str) -> dict[str, str]:
    """Return the environment without what this test run has set for itself."""
    kept = {name: text for name, text in os.environ.items() if not OURS.match(name)}
    return {**kept, "PYTHONUNBUFFERED": "1", **ours}


class Started:
    """A process whose words are kept in a file; it ends with the ``with`` block."""

    def __init__(self, command: list[str], env: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    @property
    def said(self) -> str:
        """Return what the process has written so far."""
        return self.log.read_text()

    def wait_for(self, text: str) -> str:
        """Wait until the process has written ``text``; return all it wrote."""

        def wrote() -> bool:
            assert self.process.poll() is None or text in self.said, self.said
            return text in self.said

        until(wrote, f"{text!r} was not written:\n{self.said}")
        return self.said

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, float]:
        """Send a signal; return exit status and the seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        return status, time.monotonic() - begun


def manage(*arguments: str, env: Mapping[str, str], log: Path) -> Started:
    """Start a management command."""
    return Started([sys.executable, "manage.py", *arguments], env, log)


def until(true: Callable[[], object], complaint: str, seconds: float = PATIENCE) -> None:
    """Wait until ``true()``."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, complaint
        time.sleep(0.1)


def link_in(text: str) -> str:
    """Return the sign-in link in ``text``."""
    found = re.search(r"http://\S+/sign-in/\S+", text)
    assert found, text
    return found[0]


def address_of(link: str) -> str:
    """Return the address of the console that a link belongs to."""
    return link.partition("/sign-in/")[0]


def signed_in(link: str) -> requests.Session:
    """Return a session that has followed a sign-in link."""
    session = requests.Session()
    session.trust_env = False
    answer = session.get(link, timeout=20)
    assert answer.ok, answer.status_code
    assert "sessionid" in session.cookies, answer.text[:500]
    return session


def is_ready(address: str) -> bool:
    """Return whether the console says that it may get requests."""
    try:
        return requests.get(f"{address}/readyz", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False
