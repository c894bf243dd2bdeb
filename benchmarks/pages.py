"""Pages of a large zone: 100,000 devices in 2,000 folders on PostgreSQL, through uvicorn.

Signed in once as an Administrator and once as a Power Operator of three folders. The last line is
JSON: for each person and page p50 and p95 in milliseconds, and the number of queries. REQUESTS
requests each, one after the other, so the figures are what one person waits.
"""

import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import django

ROOT = Path(__file__).parents[1]
DEVICES = int(os.environ.get("ZCC_BENCH_DEVICES", "100000"))
FOLDERS = 2000
JOB_DEVICES = 10_000
JOBS = 200
REQUESTS = int(os.environ.get("ZCC_BENCH_REQUESTS", "40"))
WANTED_MS = 100


def main() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print("Making rows …", flush=True)
    people, pages = make_zone()
    result = {}
    with server() as port:
        for name, user in people.items():
            cookie = session_of(user)
            result[name] = {
                page: measure(port, cookie, user, path, headers)
                for page, (path, headers) in pages[name].items()
            }
            for page, figures in result[name].items():
                print(f"{name:14} {page:22} {figures}", flush=True)
    slow = [
        f"{name}: {page}"
        for name, found in result.items()
        for page, figures in found.items()
        if figures["p95_ms"] > WANTED_MS
    ]
    print(f"Above {WANTED_MS} ms: {', '.join(slow) or 'none'}")
    print(json.dumps(result))


def measure(port: int, cookie: str, user, path: str, headers: dict[str, str]) -> dict[str, float]:
    """Return p50 and p95 of one page, and the queries it makes."""
    times = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(REQUESTS + 3):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"sessionid={cookie}", **headers})
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 286):
            sys.exit(f"{path} answered {answer.status}")
        if number >= 3:  # the first ones load templates and open connections
            times.append((time.perf_counter() - began) * 1000)
    return {
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
        "queries": queries(user, path, headers),
    }


def queries(user, path: str, headers: dict[str, str]) -> int:
    """Return the number of queries of one request, counted in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="localhost")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    with CaptureQueriesContext(connection) as captured:
        client.get(path, headers=headers)
    return len(captured)


def make_zone():
    """Write the rows; return the people by name, and for each the pages to ask for."""
    from devices.models import Device, Folder
    from tests import factories

    admin = factories.person()
    workstations = Folder.objects.get(name="Workstations", is_fixed=True)
    buildings = [factories.folder(f"Building {n:02}", workstations) for n in range(40)]
    rooms = [
        factories.folder(f"Room {b:02}-{n:02}", building)
        for b, building in enumerate(buildings)
        for n in range(FOLDERS // 40 - 1)
    ]
    operator = factories.person("power-operator", *rooms[:3])
    make_devices(rooms)
    make_jobs(admin, Device.objects.all())
    return {"administrator": admin, "power_operator": operator}, {
        "administrator": pages(Device.objects.all(), rooms[0], JOB_DEVICES),
        "power_operator": pages(Device.objects.below(rooms[0]), rooms[0], JOB_DEVICES),
    }


def make_devices(rooms) -> None:
    from django.db import connection
    from django.utils import timezone

    from devices.models import Device

    rng, now = random.Random(1), timezone.now()
    rows = []
    for number in range(DEVICES):
        name = f"PC-{number:06}"
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        rows.append(
            Device(
                folder=rooms[number * 7919 % len(rooms)],
                name=name,
                host_name=f"{name.lower()}.campus.example",
                model=f"Model {number % 17}",
                serial_number=f"SN{rng.randrange(10**9):09}",
                mode=rng.choice(["smb", "smb", "enterprise", ""]),
                amt_address=address,
                amt_version=rng.choice(["9.5", "11.8", "16.1"]),
                connection=rng.choice(["TLS 1.2", "Plain"]),
                search_text=f"{name} {name}.campus.example {address} model {number % 17}".lower(),
                power_state=rng.choice([2, 2, 8, 4]),
                power_seen_at=now - timedelta(seconds=rng.randrange(900)),
                power_source="poll",
                poll_due_at=now + timedelta(days=1),
            )
        )
    Device.objects.bulk_create(rows, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def make_jobs(user, devices) -> None:
    from django.db import connection
    from django.utils import timezone

    from devices.models import Job, JobItem

    rng, now = random.Random(2), timezone.now()
    some = list(devices[:JOB_DEVICES])
    for number in range(JOBS + 1):
        chosen = some if number == JOBS else some[:20]
        job = Job.objects.create(
            kind="power",
            task="power.tasks.run_power_items",
            title="Power Off",
            is_order=True,
            asked_by=user,
            asked_by_name=user.username,
            expires_at=now + timedelta(days=1),
            device_count=len(chosen),
            finished_at=None if number == JOBS else now,
        )
        JobItem.objects.bulk_create(
            (
                JobItem(
                    job=job,
                    position=position,
                    device=device,
                    device_name=device.name,
                    device_address=device.amt_address,
                    status=rng.choice(["done", "done", "failed", "unknown", "waiting"])
                    if number == JOBS
                    else "done",
                    message="Off, seen 4 s after the order.",
                )
                for position, device in enumerate(chosen)
            ),
            batch_size=2000,
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def pages(devices, folder, count: int) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the pages to measure by name: address and headers."""
    from devices.models import Job

    job = Job.objects.get(device_count=count)
    rows = ",".join(str(pk) for pk in job.items.values_list("pk", flat=True)[:50])
    htmx = {"HX-Request": "true"}
    device = devices[0]
    return {
        "devices, first page": ("/devices/", {}),
        "devices, last page": ("/devices/?at=last", {}),
        "devices, search": (f"/devices/?q={device.name.lower()[:7]}", htmx),
        "devices, filter": ("/devices/?power=off&mode=smb", htmx),
        "folder": (folder.get_absolute_url(), {}),
        "device": (device.get_absolute_url(), {}),
        "tasks": ("/tasks/", {}),
        "task of 10,000": (job.get_absolute_url(), {}),
        "its poll": (f"{job.get_absolute_url()}?rows={rows}", htmx),
        "home": ("/", {}),
    }


def session_of(user) -> str:
    """Return the session cookie of ``user``, signed in."""
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


@contextmanager
def server() -> Iterator[int]:
    """Serve the console with one uvicorn process; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "zcc.asgi:application", "--port", str(port)]
    command += ["--lifespan", "off", "--log-level", "error", "--no-access-log"]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def run() -> None:
    """Make a database of our own, measure, and drop it."""
    from benchmarks import services

    with services.postgres() as database, tempfile.TemporaryDirectory(prefix="zcc-bench-") as place:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="zcc.settings",
            ZCC_DATABASE_URL=database,
            ZCC_DATA_DIR=place,
            ZCC_PRACTICE="1",
            ZCC_LOG_LEVEL="ERROR",
            ZCC_STATIC_FROM_SOURCE="1",
        )
        django.setup()
        main()
        django.db.connections.close_all()


if __name__ == "__main__":
    run()
