"""Read the inventories of 200 devices as a task, against MeshCentral's AMT stack doing the same.

The same classes, event log and audit log over TLS, 200 devices at once, alternating; ours also
writes rows, facts and changes to PostgreSQL. Needs PostgreSQL, Redis, Node and the third-party
programs of the conformance tests. The last line is JSON: medians of RUNS runs; ``ratio`` is our
devices a second to the peer's.
"""

import json
import os
import subprocess
import sys
import time
from uuid import uuid4

os.environ.setdefault("ZCC_BENCH_DEVICES", "200")  # of what follows
os.environ.setdefault("ZCC_BENCH_RUNS", "3")

from benchmarks import services
from benchmarks.power import (
    DEVICES,
    ROOT,
    RUNS,
    SHARED,
    cpu_seconds,
    make_zone,
    median,
    simulator,
    worker,
)

AT_ONCE = 200  # amt.work.inventory
FIRST = "127.70.0.1"  # of the TLS devices of the benchmark of power


def main() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    ours, theirs = [], []
    with simulator("tls"), worker(AT_ONCE) as process:
        make_zone("tls")
        read(process.pid)  # imports, connections, first use of each certificate
        for _ in range(RUNS):
            ours.append(read(process.pid))
            theirs.append(peer())
    speed, their_speed = median(ours, "devices_per_s"), median(theirs, "devices_per_s")
    found = {
        "devices_per_s": speed,
        "peer_devices_per_s": their_speed,
        "ratio": round(speed / their_speed, 2),
        "worker_cpu_ms_per_device": median(ours, "cpu_ms_per_device"),
        "peer_cpu_ms_per_device": median(theirs, "cpu_ms_per_device"),
    }
    print(json.dumps(found))


def read(worker_pid: int) -> dict[str, float]:
    """Have all inventories read, and wait until the task is finished."""
    from amt.services.inventory import read_all
    from devices.models import User

    cpu, began = cpu_seconds(worker_pid), time.monotonic()
    job = read_all(by=User.objects.get(), intent=uuid4())
    while not job.is_finished:
        time.sleep(0.05)
        job.refresh_from_db(fields=["finished_at"])
        if time.monotonic() - began > 300:
            sys.exit(f"The task did not end: {job.items.counts()}")
    seconds, cpu = time.monotonic() - began, cpu_seconds(worker_pid) - cpu
    if job.items.filter(status="done").count() != DEVICES:
        sys.exit(f"Not all devices were read: {job.items.counts()}")
    return {"devices_per_s": DEVICES / seconds, "cpu_ms_per_device": cpu * 1000 / DEVICES}


def peer() -> dict[str, float]:
    """Let MeshCentral's stack read the same."""
    from amt.protocol.wsman.inventory import MANY, SINGLE

    classes = [*(f"*{name}" for name in SINGLE), *MANY]
    program = [str(ROOT / "benchmarks" / "inventory.js"), str(SHARED / "conformance" / "peers")]
    command = ["node", *program, FIRST, str(DEVICES), str(AT_ONCE), *classes]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found = json.loads(run.stdout)
    if found["bad"]:
        sys.exit(f"The peer failed on {found['bad']} devices.")
    return found


if __name__ == "__main__":
    with services.zone():
        main()
