"""The program: one process, or a parent with several where sockets run short."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence

from .fleet import Fleet
from .options import PASSWORD_VARIABLE, Options, read_options

SOCKETS_PER_DEVICE = 6  # three to listen, and some connections
SPARE_SOCKETS = 100
MAX_DEVICES = 2000  # of one process
STOP_SECONDS = 10
READY = "ready"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the fleet until SIGINT or SIGTERM; return the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = read_options(arguments)
    limit = raise_socket_limit()
    processes = options.processes or processes_for(len(options.specs), limit)
    if options.part is None and processes > 1:
        return _parent(arguments, options, processes)
    return asyncio.run(_serve(options))


def raise_socket_limit() -> int:
    """Allow this process as many sockets as it may ask for; return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return 1_000_000 if hard == resource.RLIM_INFINITY else hard


def processes_for(devices: int, limit: int) -> int:
    """Return how many processes it takes to serve so many devices."""
    most = max(1, min(MAX_DEVICES, (limit - SPARE_SOCKETS) // SOCKETS_PER_DEVICE))
    return -(-devices // most)


async def _serve(options: Options) -> int:
    specs = options.specs
    if options.part:
        number, total = options.part
        specs = specs[len(specs) * number // total : len(specs) * (number + 1) // total]
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    if options.part:
        loop.add_reader(sys.stdin, stop.set)  # end of file: the parent was killed
    async with Fleet(specs, log=options.log, key=options.key) as fleet:
        for unbound in fleet.unbound:
            print(f"not bound: {unbound}", flush=True)
        print(READY, flush=True)
        await stop.wait()
    return 0


def _parent(arguments: list[str], options: Options, processes: int) -> int:
    """Start the parts, say ready when all are, pass a signal on, wait for them."""
    stopped = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopped
        stopped = True
        for part in parts:
            part.terminate()

    if options.key and not options.key.exists():
        Fleet([], key=options.key)  # one key for all parts
    environment = {**os.environ, PASSWORD_VARIABLE: options.specs[0].password}
    parts: list[subprocess.Popen[str]] = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
    for number in range(processes):
        parts.append(_start_part(arguments, number, processes, environment))
    waited = [_wait_ready(part) for part in parts]  # each, so that all may say what they miss
    are_ready = all(waited)
    if are_ready:
        print(READY, flush=True)
    elif not stopped:
        stop(0, None)
    statuses = [part.wait() for part in parts]
    return 0 if stopped and are_ready and not any(statuses) else 1


def _start_part(
    arguments: list[str], number: int, total: int, environment: dict[str, str]
) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "amt.simulator", *_without_password(arguments)]
    return subprocess.Popen(  # noqa: S603 - ourselves, with checked arguments
        [*command, "--part", f"{number}/{total}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,  # a Ctrl-C reaches the parent, who passes it on
    )


def _wait_ready(part: "subprocess.Popen[str]") -> bool:
    assert part.stdout is not None  # noqa: S101 - it is piped
    for line in part.stdout:
        if line.strip() == READY:
            return True
        print(line, end="", flush=True)
    return False


def _without_password(arguments: list[str]) -> list[str]:
    kept, skip = [], False
    for argument in arguments:
        if not skip and not argument.startswith("--password"):
            kept.append(argument)
        skip = argument in ("--password", "--password-file")
    return kept
