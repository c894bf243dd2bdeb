"""Orders survive a Redis that is away; a worker that was held up sends nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def story(name: str, database: str, broker: str, **more: str) -> dict[str, object]:
    """Run one story of tests.crash.stories in a process of its own; return what it saw."""
    environment = {
        **os.environ,
        "ZCC_DATABASE_URL": database,
        "ZCC_BROKER_URL": broker,
        **more,
    }
    run = subprocess.run(
        [sys.executable, "-m", "tests.crash.stories", name],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.services
def test_an_order_placed_while_redis_is_down_waits_and_then_runs(postgres_url, redis_server):
    redis_server.stop()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.stories", "redis-away"],
        cwd=ROOT,
        env={**os.environ, "ZCC_DATABASE_URL": postgres_url, "ZCC_BROKER_URL": redis_server.url},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        placed = json.loads(process.stdout.readline())
        redis_server.start()
        ended = json.loads(process.stdout.readline())
        process.wait(60)

    assert placed["page"] == 200
    assert placed["status"] == "waiting"
    assert placed["seconds"] < 5
    assert ended == {"status": "done", "executed": 1}


@pytest.mark.services
def test_an_order_placed_while_redis_stays_away_expires(postgres_url):
    seen = story("redis-never", postgres_url, "redis://127.0.0.1:1/0")

    assert seen["page"] == 200
    assert (seen["status"], seen["code"], seen["executed"]) == ("expired", "server-silent", 0)


@pytest.mark.services
def test_a_worker_stopped_past_its_lease_and_continued_sends_nothing(postgres_url, redis_url):
    seen = story("held-up", postgres_url, redis_url)

    assert seen["running_when_stopped"] > 0
    assert seen["executed_by_the_stopped_worker"] == 0
    assert seen["unfinished"] == 0
    assert seen["done_but_not_once"] == 0
    assert seen["reset_twice"] == 0


@pytest.mark.services
def test_a_schedule_that_comes_while_redis_is_down_runs_once_it_is_back(postgres_url, redis_server):
    redis_server.stop()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.stories", "schedule-redis-away"],
        cwd=ROOT,
        env={**os.environ, "ZCC_DATABASE_URL": postgres_url, "ZCC_BROKER_URL": redis_server.url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        come = json.loads(process.stdout.readline())
        redis_server.start()
        process.stdin.write("back\n")
        process.stdin.flush()
        ended = json.loads(process.stdout.readline())
        process.wait(60)

    assert come == {"run": "started", "status": "waiting"}
    assert ended == {"status": "done", "code": "", "executed": 1}


@pytest.mark.services
def test_a_schedule_whose_grace_time_ends_without_redis_ends_unsent(postgres_url):
    seen = story("schedule-redis-never", postgres_url, "redis://127.0.0.1:1/0")

    assert (seen["status"], seen["code"], seen["executed"]) == ("expired", "server-silent", 0)
