"""At most once, proven: a worker killed in mid-reset twenty times (real PostgreSQL and Redis)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLS, DEVICES = 20, 200


@pytest.mark.services
@pytest.mark.timeout(900)
def test_worker_killed_while_resetting_resets_nothing_twice(postgres_url, redis_url):
    environment = {**os.environ, "ZCC_DATABASE_URL": postgres_url, "ZCC_BROKER_URL": redis_url}
    command = [sys.executable, "-m", "tests.crash.campaign", str(KILLS), str(DEVICES)]

    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=800
    )

    print(run.stdout)
    assert run.returncode == 0, run.stderr[-2000:]
    sums = json.loads(run.stdout.splitlines()[-1])
    assert sums["kills"] == KILLS
    assert sums["kills_while_sending"] >= 15
    for wrong in (
        "reset_twice",
        "done_but_not_once",
        "unknown_but_not_sending",
        "not_sent_but_executed",
        "unfinished",
        "unfinished_jobs",
    ):
        assert sums[wrong] == 0, sums
    assert sums["done"] > 0
    assert sums["unknown"] > 0
    assert sums["waiting_at_kill"] > 0
