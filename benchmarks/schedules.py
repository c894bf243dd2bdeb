"""Schedules of a large zone: 100,000 devices, 2,000 folders, 300 overrides, on PostgreSQL.

How long one zone-wide time takes to become a task with its lines, beside the same task ordered by a
person; whether its queries grow with devices; and, with a dispatcher in a process of its own, how
late 500 schedules that are due in the same second start. The last line is JSON.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

from benchmarks import pages, services

ROOT = Path(__file__).parents[1]
OVERRIDES = 300  # folders and devices with a list of their own
AT_ONCE = 500  # schedules due in the same second
ROUNDS = 3
SET_UP = 0.9  # share of devices that have AMT settings
NOON = {"kind": "recurring", "weekdays": [0, 1, 2, 3, 4, 5, 6], "start": "12:00:00"}


def main() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print("Making rows …", flush=True)
    folders = make_zone()
    few = zone_wide(folders[0])
    resolved = [zone_wide(None) for _ in range(ROUNDS)]
    resolve_s = statistics.median(seconds for seconds, _, _ in resolved)
    lines = resolved[-1][2]
    quick_s = quick_task(10_000) * lines / 10_000
    print(f"A zone-wide time: {lines:,} lines in {resolve_s:.2f} s, {resolved[-1][1]} queries")
    print(f"{few[2]:,} lines take {few[1]} queries")
    print(f"Ordered by a person, by that number of lines: {quick_s:.2f} s")
    lag = start_lag(folders)
    print(f"{AT_ONCE} schedules of the same second: the last starts {lag:.2f} s after its time")
    print(
        json.dumps(
            {
                "resolve_s": round(resolve_s, 3),
                "queries": resolved[-1][1],
                "queries_of_few": few[1],
                "lines": lines,
                "ratio_to_quick_task": round(resolve_s / quick_s, 3),
                "start_lag_s": round(lag, 3),
            }
        )
    )


def make_zone() -> list:
    """Write devices, folders, settings and overrides; return the folders that override."""
    from amt.models import AmtSettings
    from devices.models import Device, Folder, Setting
    from tests import factories

    workstations = Folder.objects.get(name="Workstations", is_fixed=True)
    buildings = [factories.folder(f"Building {n:02}", workstations) for n in range(40)]
    rooms = [
        factories.folder(f"Room {b:02}-{n:02}", building)
        for b, building in enumerate(buildings)
        for n in range(pages.FOLDERS // 40 - 1)
    ]
    pages.make_devices(rooms)
    chance, login = random.Random(3), factories.credential()
    sites = [factories.server() for _ in range(3)]
    AmtSettings.objects.bulk_create(
        (
            AmtSettings(
                device_id=pk,
                mode="smb",
                address="127.0.0.1",
                credential=login,
                server=chance.choice(sites),
            )
            for pk in Device.objects.values_list("pk", flat=True)
            if chance.random() < SET_UP
        ),
        batch_size=2000,
    )
    chosen = chance.sample(rooms, OVERRIDES - 50)
    for folder in chosen:
        Setting.objects.create(key="power.schedules", folder=folder, value=[])
    for device in Device.objects.order_by("?")[:50]:
        Setting.objects.create(key="power.schedules", device=device, value=[])
    analyse()
    return chosen


def clear() -> None:
    """Forget all tasks and runs."""
    with django.db.connection.cursor() as cursor:
        cursor.execute("TRUNCATE devices_job, devices_jobitem, power_scheduledrun CASCADE")
    analyse()


def analyse() -> None:
    with django.db.connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def zone_wide(folder) -> tuple[float, int, int]:
    """Let one time of the zone (or of ``folder``) come; return seconds, queries and lines."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from devices.models import Setting
    from power.models import PowerSchedule, ScheduledRun
    from power.services import due

    now = datetime.now(UTC)
    save(folder, 1)
    PowerSchedule.objects.update(next_at=now)
    began = time.perf_counter()
    due.tick(now)
    seconds = time.perf_counter() - began
    run = ScheduledRun.objects.select_related("job").latest("pk")
    count, lines = 0, run.job.device_count
    clear()
    PowerSchedule.objects.update(next_at=now)
    with CaptureQueriesContext(connection) as captured:
        due.tick(now)
        count = len(captured)
    clear()
    if folder is None:
        Setting.objects.filter(key="power.schedules", folder=None, device=None).delete()
    else:
        save(folder, 0)
    analyse()
    return seconds, count, lines


def save(folder, number: int) -> None:
    """Save a list of ``number`` schedules for a folder or the zone."""
    from devices.levels import Place
    from devices.models import Setting
    from devices.services.settings import Wish, save_settings
    from power.levels import POWER_SCHEDULES
    from tests import factories

    entries = [
        {"id": "", "action": "on", "rule": NOON, "enabled": True, "leave_out": False}
    ] * number
    row = Setting.objects.filter(key=POWER_SCHEDULES.name, folder=folder, device=None).first()
    wish = Wish(POWER_SCHEDULES, True, entries, row.version if row else 0)
    save_settings(place=Place(folder), wishes=[wish], asked_by=factories.person())


def quick_task(number: int) -> float:
    """Order the same of ``number`` devices as a person does; return the seconds."""
    from uuid import uuid4

    from devices.models import Device
    from power.models import PowerAction
    from power.services.orders import order_power
    from tests import factories

    chosen = list(Device.objects.values_list("pk", flat=True)[:number])
    admin = factories.person()
    began = time.perf_counter()
    order_power(
        devices=Device.objects.filter(pk__among=chosen),
        action=PowerAction.ON,
        intent=uuid4(),
        asked_by=admin,
    )
    seconds = time.perf_counter() - began
    clear()
    return seconds


def start_lag(folders) -> float:
    """Let AT_ONCE schedules come in the same second; return how late the last one started."""
    from power.models import PowerSchedule, ScheduledRun

    for number, folder in enumerate(folders):
        save(folder, AT_ONCE // len(folders) + (number < AT_ONCE % len(folders)))
    analyse()
    command = [sys.executable, "manage.py", "dispatcher"]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            time.sleep(5)  # until it has started
            at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
            PowerSchedule.objects.update(next_at=at)
            give_up = time.monotonic() + 60
            while ScheduledRun.objects.filter(starts_at=at).count() < AT_ONCE:
                if time.monotonic() > give_up:
                    sys.exit("The schedules did not start.")
                time.sleep(0.05)
            return max(0.0, (datetime.now(UTC) - at).total_seconds())
        finally:
            process.terminate()


def run() -> None:
    """Make a database of our own, measure, and drop it."""
    with services.postgres() as database, tempfile.TemporaryDirectory(prefix="zcc-bench-") as place:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="zcc.settings",
            ZCC_DATABASE_URL=database,
            ZCC_BROKER_URL="memory://",
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
