"""A whole Quick Task against MeshCentral's AMT stack, on the same simulated devices.

Rows, reading, order, reading back, rows: 1,000 devices that answer after 200 ms, plain and TLS,
at 250 and at 1,000 at once, alternating with ``wsman.js fleet`` (read, order, read). Needs
PostgreSQL, Redis, Node and the third-party programs of the conformance tests. The last line is
JSON: medians of RUNS runs; the figures without a number are those at 1,000 at once.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from benchmarks import services

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("ZCC_SHARED", ROOT.parent / "shared"))
DEVICES = int(os.environ.get("ZCC_BENCH_DEVICES", "1000"))
RUNS = int(os.environ.get("ZCC_BENCH_RUNS", "5"))
LATENCY_MS = 200
AT_ONCE = (250, 1000)
PASSWORD = "P@ssw0rd"
FIRST = {"plain": "127.60.0.1", "tls": "127.70.0.1"}
PEER_FIGURES = ("devices_per_s", "cpu_ms_per_device")


def main() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    result = {}
    for transport in ("plain", "tls"):
        with simulator(transport):
            make_zone(transport)
            for at_once in AT_ONCE:
                figures = measure(transport, at_once)
                print(f"{transport}, {at_once} at once: {figures}", flush=True)
                result[f"{transport}_{at_once}"] = figures
        result[transport] = result[f"{transport}_{max(AT_ONCE)}"]
    print(json.dumps(result))


def measure(transport: str, at_once: int) -> dict[str, float]:
    """Return the medians of alternating runs: ours switches off, the peer on again."""
    ours, theirs = [], []
    with worker(at_once) as process:
        quick_task(transport, process.pid)  # imports, connections, first use of each certificate
        peer(transport, at_once)
        for _ in range(RUNS):
            ours.append(quick_task(transport, process.pid))
            theirs.append(peer(transport, at_once))
    return {
        "devices_per_s": median(ours, "devices_per_s"),
        "peer_devices_per_s": median(theirs, "devices_per_s"),
        "worker_cpu_ms_per_device": median(ours, "cpu_ms_per_device"),
        "peer_cpu_ms_per_device": median(theirs, "cpu_ms_per_device"),
    }


def median(runs: list[dict[str, float]], name: str) -> float:
    return round(statistics.median(run[name] for run in runs), 2)


def quick_task(transport: str, worker_pid: int) -> dict[str, float]:
    """Switch all devices off as a person does, and wait until the task is finished."""
    from devices.models import Device, User
    from power.models import PowerAction
    from power.services.orders import order_power

    devices = Device.objects.filter(name__startswith=transport)
    devices.update(last_order_at=None)  # the pause between two orders is not what is measured
    cpu, began = cpu_seconds(worker_pid), time.monotonic()
    job = order_power(
        devices=devices, action=PowerAction.OFF, intent=uuid4(), asked_by=User.objects.get()
    )
    while not job.is_finished:
        time.sleep(0.02)
        job.refresh_from_db(fields=["finished_at"])
        if time.monotonic() - began > 120:
            sys.exit(f"The task did not end: {job.items.counts()}")
    seconds, cpu = time.monotonic() - began, cpu_seconds(worker_pid) - cpu
    counts = job.items.all().counts()
    sent = job.items.filter(attempt_count=1, status="done").count()
    if sent != DEVICES:
        sys.exit(f"Only {sent} of {DEVICES} devices were switched off: {counts}")
    return {"devices_per_s": DEVICES / seconds, "cpu_ms_per_device": cpu * 1000 / DEVICES}


def peer(transport: str, at_once: int) -> dict[str, float]:
    """Let MeshCentral's stack switch all devices on."""
    tls = ["--tls"] if transport == "tls" else []
    order = ["fleet", FIRST[transport], str(DEVICES), str(at_once), "2"]
    command = ["node", str(SHARED / "conformance" / "wsman.js"), "-w", PASSWORD, *tls, *order]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found = json.loads(run.stdout)
    if found["bad"]:
        sys.exit(f"The peer failed on {found['bad']} devices.")
    return {name: float(found[name]) for name in PEER_FIGURES}


def make_zone(transport: str) -> None:
    """Write the rows of the devices of one transport."""
    from amt.models import AmtSettings
    from amt.simulator import addresses
    from devices.models import Device, Server, User
    from tests import factories

    server, _ = Server.objects.get_or_create(name="bench", defaults={"queue": "zcc.bench"})
    if not User.objects.exists():
        factories.person()
    credential = factories.credential(password=PASSWORD)
    for number, address in enumerate(addresses(FIRST[transport], DEVICES)):
        device = Device.objects.create(
            name=f"{transport}-{number:05}",
            folder=factories.zone(),
            mode="smb",
            amt_address=address,
            is_simulated=True,
        )
        AmtSettings.objects.create(
            device=device,
            mode="smb",
            address=address,
            credential=credential,
            server=server,
            tls="plain" if transport == "plain" else "modern",
        )


@contextmanager
def simulator(transport: str) -> Iterator[None]:
    """Run the simulated devices in processes of their own."""
    command = [sys.executable, "-m", "amt.simulator", "--devices", str(DEVICES)]
    command += ["--first", FIRST[transport], "--latency-ms", str(LATENCY_MS), "--boot-ms", "0"]
    with started(command, env={"ZCC_SIMULATE_PASSWORD": PASSWORD}) as process:
        for line in process.stdout:
            if line.strip() == "ready":
                break
        yield


@contextmanager
def worker(at_once: int) -> Iterator[subprocess.Popen[str]]:
    """Run one worker that has ``at_once`` devices under way in one chunk."""
    from devices.models import Setting

    Setting.objects.update_or_create(
        key="power.devices_at_once", folder=None, device=None, defaults={"value": at_once}
    )
    command = [sys.executable, "-m", "celery", "-A", "zcc", "worker", "--loglevel", "ERROR"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat", "--concurrency", "1"]
    with started(command, env={}) as process:
        wait_until_ready()
        yield process


def wait_until_ready() -> None:
    """Wait for the sign of life that a worker gives once it consumes its queue."""
    from django.utils import timezone

    from devices.models import Server

    began = timezone.now()
    while not Server.objects.filter(heartbeat_at__gt=began).exists():
        time.sleep(0.1)
        if (timezone.now() - began).total_seconds() > 120:
            sys.exit("The worker did not start.")


@contextmanager
def started(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a process and end it, with all it started."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process and its ended children have used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    with services.zone():
        main()
