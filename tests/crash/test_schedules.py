"""Simulated time, three dispatchers, one killed: the runs are those of a plain reference."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices.schedules import Rule
from tests.devices.test_schedules import reference

ROOT = Path(__file__).parents[2]
ON_TIME = timedelta(minutes=1)
END = timedelta(days=800)


def times(rule: dict, after: datetime, until: datetime) -> list[datetime]:
    """Return all times of a rule in a span, by the calendar alone."""
    if rule.get("repeat") == "interval":
        anchor = datetime(2020, 1, 1, 1, 0, tzinfo=UTC)
        step = timedelta(minutes=rule["interval_minutes"])
        first = anchor + ((after - anchor) // step + 1) * step
        return [first + n * step for n in range((until - first) // step + 1)]
    tz = ZoneInfo(rule["zone"])
    found = reference(Rule.from_json(rule), after, tz, days=(until - after).days + 6)
    return [moment for moment in found if moment <= until]


def outcome(rule: dict, moment: datetime, looked_at: datetime) -> str:
    """Return what becomes of the last time before a look, by the words of the specification."""
    late = looked_at - moment
    window = timedelta(minutes=20) if "end" in rule else timedelta(0)
    grace = {"skip": timedelta(0), "once": END}.get(rule.get("missed"), timedelta(minutes=30))
    return "started" if late <= max(ON_TIME, window, grace) else "missed"


def expected(rules: dict, moments: list[datetime]) -> list[tuple[str, datetime, str]]:
    """Return each time that came and what becomes of it, given when somebody looked."""
    found = []
    for name, rule in rules.items():
        all_times = times(rule, moments[0], moments[-1])
        for before, looked_at in pairwise(moments):
            come = [moment for moment in all_times if before < moment <= looked_at]
            found += [(name, moment, "missed") for moment in come[:-1]]
            found += [(name, moment, outcome(rule, moment, looked_at)) for moment in come[-1:]]
    return sorted(found, key=lambda run: (run[1], run[0]))


@pytest.mark.services
@pytest.mark.timeout(600)
def test_runs_of_a_simulated_year_are_those_of_the_reference(postgres_url):
    run = subprocess.run(
        [sys.executable, "-m", "tests.crash.schedules"],
        cwd=ROOT,
        env={**os.environ, "ZCC_DATABASE_URL": postgres_url},
        capture_output=True,
        text=True,
        timeout=550,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    seen = json.loads(run.stdout.splitlines()[-1])
    moments = [datetime.fromisoformat(text) for text in seen["moments"]]
    runs = [(name, datetime.fromisoformat(at), status) for name, at, status in seen["runs"]]

    wanted = expected(seen["rules"], moments)
    assert sorted(runs, key=lambda each: (each[1], each[0])) == wanted
    started = [each for each in runs if each[2] == "started"]
    assert len(set(runs)) == len(runs)
    assert seen["jobs"] == seen["runs_with_job"] == len(started)
    assert seen["items"] == 3 * len(started)
    assert len(started) > 250
    assert len(runs) - len(started) > 500
    leap = datetime(2028, 2, 29, 11, 0, tzinfo=UTC)
    assert ("Europe/Berlin leap", leap, "started") in runs
