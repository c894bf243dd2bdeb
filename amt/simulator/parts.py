"""A fleet in several processes, for more devices than one process has sockets or time for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from .options import PASSWORD_VARIABLE

POLL_SECONDS = 0.2
READY = "ready"
CLEAN = {0, -signal.SIGTERM}  # a second signal may find a process on its way out


class Parts:
    """The processes that serve one part of the devices each; they end together."""

    def __init__(self, arguments: Sequence[str], password: str, total: int) -> None:
        self._command = [sys.executable, "-m", "amt.simulator", *_without_password(arguments)]
        self._environment = {**os.environ, PASSWORD_VARIABLE: password}
        self._total = total
        self._processes: list[subprocess.Popen[str]] = []
        self._is_stopped = False

    def run(self) -> int:
        """Start them, say ready when all are, wait for a signal; return the exit status."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._stop)
        self._processes = [self._start(number) for number in range(self._total)]
        waited = [_wait_ready(process) for process in self._processes]  # each may miss something
        if all(waited):
            print(READY, flush=True)
            while all(process.poll() is None for process in self._processes):
                time.sleep(POLL_SECONDS)
        if not self._is_stopped:
            print("a process of the simulator ended by itself", file=sys.stderr)
        for process in self._processes:
            process.terminate()
        statuses = {process.wait() for process in self._processes}
        return 0 if self._is_stopped and statuses <= CLEAN else 1

    def _start(self, number: int) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603 - ourselves, with checked arguments
            [*self._command, "--part", f"{number}/{self._total}"],
            stdin=subprocess.PIPE,  # its end tells them that we were killed
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
            start_new_session=True,  # a Ctrl-C reaches us, and we pass it on
        )

    def _stop(self, number: int, frame: object) -> None:
        self._is_stopped = True
        for process in self._processes:
            process.terminate()


def _wait_ready(process: "subprocess.Popen[str]") -> bool:
    assert process.stdout is not None  # noqa: S101 - it is piped
    for line in process.stdout:
        if line.strip() == READY:
            return True
        print(line, end="", flush=True)
    return False


def _without_password(arguments: Sequence[str]) -> list[str]:
    kept, skip = [], False
    for argument in arguments:
        if not skip and not argument.startswith("--password"):
            kept.append(argument)
        skip = argument in ("--password", "--password-file")
    return kept
