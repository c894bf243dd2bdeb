"""Kill a worker in the middle of resets, again and again, and compare rows with devices.

Run as ``python -m tests.crash.campaign KILLS DEVICES`` with ZCC_DATABASE_URL and ZCC_BROKER_URL
pointing at an empty PostgreSQL database and an empty Redis number. Prints one line per kill and,
last, the sums as JSON.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import django

LEASE_SECONDS = 3
WAIT_SECONDS = 90  # for a job to end
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "zcc.settings",
    "ZCC_PRACTICE": "1",
    "ZCC_ITEM_LEASE_SECONDS": str(LEASE_SECONDS),
    "ZCC_ITEMS_PER_CHUNK": "20",
    "ZCC_WORKER_THREADS": "3",
    "ZCC_SERVER_NAME": "crash",
    "ZCC_LOG_LEVEL": "ERROR",
    "ZCC_STATIC_FROM_SOURCE": "1",
}


class Worker:
    """A separate worker process that can be killed."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "zcc", "worker", "--loglevel", "ERROR"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self.process = subprocess.Popen(
            [*command, *quiet],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if os.geteuid() == 0 else None,  # Celery warns root
        )

    def kill(self) -> None:
        """Kill the process and its children with SIGKILL."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def main(kills: int, count: int) -> int:
    from devices.models import Device, Job, JobItem
    from power.models import PowerAction
    from power.services.orders import order_power

    sets, fleet = make_zone(count)
    rng, sums = random.Random(20), Counter()
    with fleet.running():
        stop = Event()
        Thread(target=dispatch, args=[stop], daemon=True).start()
        worker = Worker()
        for number in range(kills):
            person, devices = sets[number % len(sets)]
            before = {
                device.amt_address: len(fleet[device.amt_address].orders) for device in devices
            }
            job = order_power(
                devices=Device.objects.filter(pk__in=[device.pk for device in devices]),
                action=PowerAction.RESET,
                intent=uuid4(),
                asked_by=person,
            )
            aim(job, rng)
            worker.kill()
            sending = set(
                job.items.filter(status=JobItem.Status.SENDING).values_list("pk", flat=True)
            )
            waiting = job.items.filter(status=JobItem.Status.WAITING).count()
            worker = Worker()
            await_end(job)
            found = compare(job, fleet, before, sending)
            found["kills"], found["kills_while_sending"] = 1, int(bool(sending))
            found["waiting_at_kill"] = waiting
            sums.update(found)
            print(f"kill {number + 1}: {len(sending)} sending, {dict(found)}", flush=True)
        stop.set()
        worker.kill()
        sums["unfinished_jobs"] = Job.objects.unfinished().count()
    print(json.dumps(sums, sort_keys=True), flush=True)
    return 0


def make_zone(count: int):
    """Return two sets of devices, so that one rests while the other is reset, and the fleet."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from amt.models import AmtSettings
    from amt.simulator import DeviceSpec, Fleet, addresses
    from devices.models import Device, Server
    from tests import factories

    server = Server.objects.create(name="crash", queue="zcc.crash")
    credential = factories.credential(password="P@ssw0rd")
    person = factories.person()
    names = addresses(f"127.{100 + os.getpid() % 60}.0.1", 2 * count)
    specs = [DeviceSpec(a, password="P@ssw0rd", boot_ms=200, latency_ms=40) for a in names]
    devices = []
    for address in names:
        row = factories.device(mode="smb", amt_address=address, is_simulated=True)
        AmtSettings.objects.create(
            device=row,
            mode="smb",
            address=address,
            credential=credential,
            server=server,
            tls="plain",
        )
        devices.append(row)
    assert Device.objects.count() == 2 * count
    return [(person, devices[:count]), (person, devices[count:])], Fleet(specs)


def aim(job, rng: random.Random) -> None:
    """Wait until an item is being sent, and then for a random part of a second."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        if job.items.filter(status="sending").exists() or job.items.filter(sent_at__isnull=False):
            break
        time.sleep(0.003)
    time.sleep(rng.choice([0, 0.02, 0.05, 0.1, 0.2, 0.4]))


def await_end(job) -> None:
    """Wait until no item is unfinished."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until and job.items.all().unfinished().exists():
        time.sleep(0.1)


def compare(job, fleet, before: dict[str, int], sending: set[int]) -> Counter:
    """Count what rows and devices say of one job, and where they disagree."""
    found: Counter = Counter()
    for item in job.items.select_related("device"):
        executed = len(fleet[item.device_address].orders) - before[item.device_address]
        found[item.status] += 1
        found["reset_twice"] += executed > 1
        found["done_but_not_once"] += item.status == "done" and executed != 1
        found["unknown_but_not_sending"] += item.status == "unknown" and item.pk not in sending
        found["not_sent_but_executed"] += item.sent_at is None and executed > 0
        found["unfinished"] += not item.is_finished
    return found


def dispatch(stop: Event) -> None:
    """Run the dispatcher in this process: it is not the one that is killed."""
    from zcc import dispatch as dispatcher

    dispatcher.run(stop)


if __name__ == "__main__":
    os.environ.update(SETTINGS)
    with tempfile.TemporaryDirectory(prefix="zcc-crash-") as place:
        os.environ["ZCC_DATA_DIR"] = place
        Path(place).mkdir(exist_ok=True)
        django.setup()
        sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
