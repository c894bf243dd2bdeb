"""The program: one process, or a parent with several where sockets run short."""

import asyncio
import resource
import signal
import sys
from collections.abc import Sequence

from .fleet import Fleet
from .options import Options, read_options
from .parts import READY, Parts

SOCKETS_PER_DEVICE = 8  # five to listen, and some connections
SPARE_SOCKETS = 100
MAX_DEVICES = 2000  # of one process


def main(argv: Sequence[str] | None = None) -> int:
    """Run the fleet until SIGINT or SIGTERM; return the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = read_options(arguments)
    limit = raise_socket_limit()
    processes = options.processes or processes_for(len(options.specs), limit)
    if options.part is None and processes > 1:
        if options.key and not options.key.exists():
            Fleet([], key=options.key)  # one key for all parts
        return Parts(arguments, options.specs[0].password, processes).run()
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
        if options.stick:
            for device in fleet:
                print(f"{device.address}: {device.boot_from(options.stick)}", flush=True)
        print(READY, flush=True)
        await stop.wait()
    return 0
