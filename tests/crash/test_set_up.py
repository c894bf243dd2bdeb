"""A worker killed at thirty points of a set-up: each device ends set up, and its password known."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.services
@pytest.mark.timeout(300)
def test_worker_killed_at_every_call_loses_no_device_and_no_password(postgres_url, redis_url):
    environment = {**os.environ, "ZCC_DATABASE_URL": postgres_url, "ZCC_BROKER_URL": redis_url}
    command = [sys.executable, "-m", "tests.crash.set_up"]

    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280
    )

    print(run.stdout)
    assert run.returncode == 0, run.stderr[-2000:]
    sums = json.loads(run.stdout.splitlines()[-1])
    assert sums["hanging"] == sums["points"] == 30
    assert sums["done"] == sums["set_up"] == 30, run.stdout
    for wrong in (
        "lost_at_kill",
        "passwords_unknown",
        "not_the_active_one",
        "done_but_not_set_up",
        "set_up_but_not_managed",
        "other_certificate",
        "several_passwords",
        "unfinished",
    ):
        assert sums[wrong] == 0, sums
