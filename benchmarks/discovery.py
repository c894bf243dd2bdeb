"""A scan of a /16 of loopback addresses with 5,000 simulated devices, beside MeshCentral's scanner.

MeshCentral's takes a /17 at most, so it gets the half with its share of the devices, in the same
run. Needs Node and the third-party programs of the conformance tests. The last line is JSON:
``found`` of ``expected`` in ``seconds`` with ``packets``, each one's ports looked at over TLS;
``peer_found`` in ``peer_seconds``, beside ours on that half with pings alone, as the peer has
them (``half_seconds``). ``default_seconds``: the pings at the rate that a new task has.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address
from pathlib import Path

from amt.protocol.ranges import read_ranges
from amt.protocol.scan import ScanPlan, scan
from benchmarks.power import started

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("ZCC_SHARED", ROOT.parent / "shared"))
DEVICES = int(os.environ.get("ZCC_BENCH_DEVICES", "5000"))
NETWORK, HALF = "127.90.0.0/16", "127.90.0.0/17"
GROUPS = 10  # of devices at consecutive addresses, spread over the range
RATE = 20_000  # pings a second
DEFAULT_RATE = ScanPlan().rate


def main() -> None:
    with simulated():
        ours = asyncio.run(ask(NETWORK))
        half = asyncio.run(ask(HALF, looks=False))
        peer_found, peer_seconds = peer()
    expected_half = DEVICES // 2
    print(
        json.dumps(
            {
                "found": ours["found"],
                "expected": DEVICES,
                "seconds": ours["seconds"],
                "packets": ours["packets"],
                "rate": RATE,
                "default_seconds": round(ours["packets"] / DEFAULT_RATE),
                "half_found": half["found"],
                "half_seconds": half["seconds"],
                "peer_expected": expected_half,
                "peer_found": peer_found,
                "peer_seconds": peer_seconds,
            }
        )
    )


@contextmanager
def simulated() -> Iterator[None]:
    """Run the devices in processes of their own; all they have is a ping and one port."""
    each = DEVICES // GROUPS
    with ExitStack() as running:
        for number in range(GROUPS):
            first = IPv4Address(int(IPv4Address("127.90.1.1")) + number * 65_536 // GROUPS)
            command = [sys.executable, "-m", "amt.simulator", "--devices", str(each)]
            command += ["--first", str(first), "--no-plain", "--no-redirection"]
            process = running.enter_context(started(command, env={}))
            for line in process.stdout:
                if line.strip() == "ready":
                    break
        yield


async def ask(network: str, *, looks: bool = True) -> dict[str, float]:
    """Scan ``network``; return what was found, in how many seconds, with how many packets.

    Without ``looks`` by pings alone, as the peer does.
    """
    found: set[str] = set()
    packets = [0]

    def note(asked: int, sent: int) -> None:
        packets[0] = sent

    began = time.monotonic()
    plan = ScanPlan(rate=RATE, looks=looks)
    async for batch in scan(read_ranges(network).from_index(0), plan, on_progress=note):
        found |= {one.address for one in batch}
    seconds = time.monotonic() - began
    return {"found": len(found), "seconds": round(seconds, 1), "packets": packets[0]}


def peer() -> tuple[int, float]:
    """Let MeshCentral's scanner do the half that it takes; return what it found, in seconds."""
    command = ["node", str(SHARED / "conformance" / "scan.js"), HALF]
    began = time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    seconds = time.monotonic() - began
    if run.returncode:
        sys.exit(f"The peer failed: {run.stderr[-500:]}")
    return len(json.loads(run.stdout)["results"]), round(seconds, 1)


if __name__ == "__main__":
    main()
