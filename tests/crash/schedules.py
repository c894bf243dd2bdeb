"""Three dispatchers on one simulated clock, one of them killed: which times were run, which missed?

Run as ``python -m tests.crash.schedules`` with ZCC_DATABASE_URL pointing at an empty PostgreSQL
database. The clock goes from one time that is due to the next, through the changes of clocks of
three time zones, a leap day and the ends of months; it jumps over days and months, once over an
hour, as if nobody had been there. Prints the schedules, the moments at which was looked, and what
became of each time, as JSON.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney")
SPANS = [  # in which the clock goes step by step
    ("2027-03-12T00:00:00+00:00", "2027-03-16T00:00:00+00:00"),
    ("2027-03-26T00:00:00+00:00", "2027-03-28T00:50:00+00:00"),
    ("2027-03-28T01:50:00+00:00", "2027-04-06T00:00:00+00:00"),  # an hour later
    ("2027-10-01T00:00:00+00:00", "2027-10-05T00:00:00+00:00"),
    ("2027-10-29T00:00:00+00:00", "2027-11-09T00:00:00+00:00"),
    ("2028-02-27T00:00:00+00:00", "2028-03-02T00:00:00+00:00"),
]
DISPATCHERS = 3
KILL_AT = 60  # the step in whose middle one dispatcher is killed
DAILY = list(range(7))


def rules() -> dict[str, dict]:
    """Return the rules by name, as a setting keeps them."""
    found: dict[str, dict] = {
        "interval": {"repeat": "interval", "interval_minutes": 360, "start": "01:00:00"}
    }
    for zone in ZONES:
        one = {
            "gap": {"weekdays": DAILY, "start": "02:30:00", "missed": "once"},
            "evening": {
                "weekdays": [0, 1, 2, 3, 4],
                "start": "18:00:00",
                "end": "18:20:00",
                "missed": "skip",
            },
            "month-end": {"repeat": "last-day", "start": "23:30:00"},
            "leap": {"repeat": "month-day", "month_day": 29, "start": "12:00:00"},
            "nth": {"repeat": "nth-weekday", "nth": -1, "weekdays": [6], "start": "03:15:00"},
        }
        found |= {f"{zone} {name}": {**rule, "zone": zone} for name, rule in one.items()}
    return {name: {"kind": "recurring", **rule} for name, rule in found.items()}


def main() -> None:
    """Run the simulation and print what came of it."""
    place = Path(tempfile.mkdtemp())
    names = make_zone()
    running = [start(place) for _ in range(DISPATCHERS)]
    moments: list[str] = []
    try:
        for begin, end in SPANS:
            go_on(
                datetime.fromisoformat(begin), datetime.fromisoformat(end), place, running, moments
            )
    finally:
        for process in running:
            process.kill()
            process.wait()
    print(json.dumps({"rules": rules(), "moments": moments, **found(names)}))


def make_zone() -> dict[str, str]:
    """Make devices and schedules as of the first moment; return the names by entry."""
    from django.core.management import call_command

    from devices.levels import Place
    from devices.models import Setting
    from devices.services.settings import Wish, save_settings
    from power.levels import POWER_SCHEDULES
    from power.models import PowerSchedule
    from power.services import due
    from tests import factories

    call_command("migrate", verbosity=0)
    for _ in range(3):
        factories.device()
    entries = [
        {"id": "", "action": "on", "rule": rule, "enabled": True, "leave_out": False}
        for rule in rules().values()
    ]
    wish = Wish(POWER_SCHEDULES, True, entries, 0)
    save_settings(place=Place(), wishes=[wish], asked_by=factories.person())
    row = Setting.objects.get(key=POWER_SCHEDULES.name)
    begin = datetime.fromisoformat(SPANS[0][0])
    from power.schedule_entries import read_entries

    for entry in read_entries(row.value):
        PowerSchedule.objects.filter(entry=entry.id).update(next_at=due.next_time(entry, begin))
    return dict(zip((each["id"] for each in row.value), rules(), strict=True))


def go_on(
    now: datetime, end: datetime, place: Path, running: list[subprocess.Popen], moments: list[str]
) -> None:
    """Let the clock go from ``now`` to ``end``, from one time that is due to the next."""
    from power.models import PowerSchedule

    chance = random.Random(len(moments))
    while now < end:
        look(now, place, running, moments)
        while PowerSchedule.objects.filter(next_at__lte=now).exists():  # the killed one held it
            look(now, place, running, moments)
        coming = PowerSchedule.objects.filter(next_at__gt=now).order_by("next_at").first()
        if coming is None:
            return
        now = coming.next_at + timedelta(seconds=chance.randrange(50))


def look(now: datetime, place: Path, running: list[subprocess.Popen], moments: list[str]) -> None:
    """Let all dispatchers look at one moment; kill one meanwhile, if it is its time."""
    moments.append(now.isoformat())
    publish(place, len(moments), now)
    if len(moments) == KILL_AT:
        time.sleep(0.002)
        running.pop().send_signal(signal.SIGKILL)
    await_all(place, len(moments), running)


def publish(place: Path, step: int, now: datetime) -> None:
    """Tell all dispatchers what time it is."""
    fresh = place / "fresh"
    fresh.write_text(json.dumps([step, now.isoformat()]))
    fresh.rename(place / "clock")


def await_all(place: Path, step: int, running: list[subprocess.Popen]) -> None:
    """Wait until each dispatcher that lives has looked at this moment."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        seen = [place / f"seen-{process.pid}" for process in running]
        if all(each.exists() and each.read_text() == str(step) for each in seen):
            return
        time.sleep(0.002)
    raise TimeoutError(f"A dispatcher did not come to step {step}.")


def start(place: Path) -> subprocess.Popen:
    """Start a dispatcher in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "tests.crash.schedules", str(place)])


def dispatcher(place: Path) -> None:
    """Look at each moment that is published, until killed."""
    from power.services import due

    done = 0
    while True:
        try:
            step, now = json.loads((place / "clock").read_text())
        except FileNotFoundError:
            step = 0
        if step == done:
            time.sleep(0.002)
            continue
        due.tick(datetime.fromisoformat(now))
        done = step
        (place / f"part-{os.getpid()}").write_text(str(step))
        (place / f"part-{os.getpid()}").rename(place / f"seen-{os.getpid()}")


def found(names: dict[str, str]) -> dict[str, object]:
    """Return what became of each time, and how many tasks there are."""
    from devices.models import Job, JobItem
    from power.models import ScheduledRun

    runs = ScheduledRun.objects.order_by("starts_at", "pk")
    return {
        "runs": [
            [names[str(run.entry)], run.starts_at.astimezone(UTC).isoformat(), run.status]
            for run in runs
        ],
        "jobs": Job.objects.count(),
        "runs_with_job": runs.filter(job__isnull=False).count(),
        "items": JobItem.objects.count(),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zcc.settings")
    os.environ.setdefault("ZCC_DATA_DIR", tempfile.mkdtemp(prefix="zcc-schedules-"))
    os.environ.setdefault("ZCC_STATIC_FROM_SOURCE", "1")
    django.setup()
    if len(sys.argv) > 1:
        dispatcher(Path(sys.argv[1]))
    else:
        main()
