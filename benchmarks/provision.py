"""Provision 200 devices from their hello to the first sign-in, and what it costs the console.

PostgreSQL, Redis, one worker in a process of its own, simulated devices in others. Beside it, what
cannot be saved: one TLS handshake with our chain, one certificate signed, one handshake more to
look at the device once it is back. The last line is JSON; ``ratio`` is the worker's processor time
to that of the bare minimum.
"""

import asyncio
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from uuid import uuid4

from benchmarks import services
from benchmarks.power import cpu_seconds, started, worker

DEVICES = int(os.environ.get("ZCC_BENCH_DEVICES", "200"))
LATENCY_MS = 30
FIRST, BARE = "127.80.0.1", "127.81.0.1"
SUFFIX = "bench.example"


def main() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    credential = make_zone()
    with tempfile.NamedTemporaryFile(suffix=".pem") as root:
        root.write(ssl.DER_cert_to_PEM_cert(root_of_zone()).encode())
        root.flush()
        with simulator(FIRST, root.name), worker(1000) as process:
            found = provision(process, credential)
        with simulator(BARE, root.name):
            bare = asyncio.run(bare_minimum())
    found |= {"bare_cpu_ms_per_device": bare}
    found["ratio"] = round(found["worker_cpu_ms_per_device"] / bare, 2)
    print(json.dumps(found))


def make_zone():
    """Write the rows: a server with a management certificate, an administrator, a credential."""
    from amt.services import certificates
    from devices.models import Server
    from tests import factories

    server = Server.objects.create(name="bench", queue="zcc.bench")
    certificates.create_management(server=server, by=None, common_name=f"amt.{SUFFIX}")
    factories.person()
    return factories.credential(password="Bench-P@ss-1")


def root_of_zone() -> bytes:
    from amt.models import Certificate

    return bytes(Certificate.objects.internal().get().der)


def simulator(first: str, root: str):
    """Return simulated devices that trust the zone and wait, in processes of their own."""
    command = [sys.executable, "-m", "amt.simulator", "--devices", str(DEVICES), "--first", first]
    command += ["--activated", "--trust", root, "--dhcp-suffix", SUFFIX, "--no-rmcp"]
    command += ["--latency-ms", str(LATENCY_MS), "--no-redirection"]
    return Ready(command)


class Ready:
    """A process that says ``ready``."""

    def __init__(self, command: list[str]) -> None:
        self._started = started(command, env={})

    def __enter__(self) -> subprocess.Popen[str]:
        process = self._started.__enter__()
        for line in process.stdout:
            if line.strip() == "ready":
                return process
        sys.exit("The simulator did not start.")

    def __exit__(self, *exc_info: object) -> None:
        self._started.__exit__(*exc_info)


def provision(process: subprocess.Popen[str], credential) -> dict[str, float]:
    """Take the hellos, ask for *Provision* as a person does, and wait for the end of the task."""
    from amt.models import AmtSettings, DiscoveredDevice
    from amt.services.provisioning import provision as ask
    from devices.models import Folder, User

    hear()
    cpu, began = cpu_seconds(process.pid), time.monotonic()
    job = ask(
        entries=list(DiscoveredDevice.objects.select_related("device")),
        credential=credential,
        folder=Folder.objects.get(name="Workstations"),
        intent=uuid4(),
        asked_by=User.objects.get(),
    )
    while not job.is_finished:
        time.sleep(0.1)
        job.refresh_from_db(fields=["finished_at"])
        if time.monotonic() - began > 600:
            sys.exit(f"The task did not end: {job.items.counts()}")
    seconds, cpu = time.monotonic() - began, cpu_seconds(process.pid) - cpu
    done = job.items.filter(status="done").count()
    if done != DEVICES or AmtSettings.objects.count() != DEVICES:
        sys.exit(f"Only {done} of {DEVICES} devices were provisioned: {job.items.counts()}")
    return {
        "devices": done,
        "seconds": round(seconds, 1),
        "devices_per_s": round(done / seconds, 2),
        "worker_cpu_ms_per_device": round(cpu * 1000 / done, 2),
    }


def hear() -> None:
    """Write down the hello of each device, as the listener does."""
    from django.utils import timezone

    from amt.protocol.hello import read
    from amt.services.discovery import Heard, record_hellos
    from amt.simulator import DeviceSpec, addresses, hello
    from amt.simulator.device import Device
    from amt.simulator.set_up import trusted_hashes
    from devices.models import Server

    like = {"is_factory": True, "is_activated": True}
    like["hashes"] = trusted_hashes(root_of_zone(), (16, 1))
    devices = [Device(DeviceSpec(address, **like)) for address in addresses(FIRST, DEVICES)]
    told = [Heard(read(hello.message(d, 0)), d.address, timezone.now()) for d in devices]
    record_hellos(told, server=Server.objects.get())


async def bare_minimum() -> float:
    """Return the processor time, in ms a device, of two handshakes and one certificate."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    from amt.protocol.http.tls import Tls
    from amt.provisioning.proofs import proofs
    from amt.simulator import addresses

    (ours,) = await asyncio.to_thread(lambda: next(iter(proofs([1]).values())))
    await asyncio.to_thread(ours.context, Tls.MODERN)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    began = time.process_time()
    for address in addresses(BARE, DEVICES):
        for _ in range(2):
            with suppress(OSError):
                context = ours.context(Tls.MODERN)
                _, writer = await asyncio.open_connection(address, 16993, ssl=context)
                writer.transport.abort()
        ours.issue("pc.bench.example", key)
    return round((time.process_time() - began) * 1000 / DEVICES, 2)


if __name__ == "__main__":
    with services.zone():
        main()
