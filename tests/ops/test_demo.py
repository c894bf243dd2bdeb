"""The practice zone starts, keeps its data, starts over, and stays apart from earnest zones."""

import signal
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.ops import console

STATES = "SELECT count(*) FROM devices_device WHERE power_state IS NOT NULL"


@pytest.fixture
def demo(tmp_path: Path) -> Callable[..., console.Started]:
    """Return a function that starts the practice zone of this test."""

    def start(*options: str) -> console.Started:
        env = console.environment(ZCC_DATA_DIR=str(tmp_path / "demo"), ZCC_PRACTICE="1")
        return console.manage("demo", *options, env=env, log=tmp_path / "demo.log")

    return start


def rows(tmp_path: Path, question: str) -> int:
    with closing(sqlite3.connect(tmp_path / "demo" / "zcc.sqlite3")) as database:
        return int(database.execute(question).fetchone()[0])


@pytest.mark.timeout(180)
def test_demo_serves_24_devices_whose_states_are_read(demo, tmp_path):
    with demo() as running:
        link = console.link_in(running.wait_for("Ctrl-C"))
        session = console.signed_in(link)

        assert console.is_ready(console.address_of(link))
        assert rows(tmp_path, "SELECT count(*) FROM devices_device WHERE is_simulated") == 24
        console.until(lambda: rows(tmp_path, STATES) == 24, "The states were not read.")
        assert session.get(console.address_of(link), timeout=20).status_code == 200
        status, seconds = running.stop()

    assert (status, "Traceback" in running.said) == (0, False), running.said
    assert seconds < 10


@pytest.mark.timeout(180)
def test_demo_keeps_its_zone_until_reset(demo, tmp_path):
    with demo("--devices", "3") as first:
        old = console.link_in(first.wait_for("Ctrl-C"))
        first.stop(signal.SIGTERM)
    with demo() as second:
        new = console.link_in(second.wait_for("Ctrl-C"))
        second.stop()
    assert old != new
    assert rows(tmp_path, "SELECT count(*) FROM devices_device") == 3

    with demo("--reset", "--devices", "5") as third:
        third.wait_for("Ctrl-C")
        third.stop()
    assert rows(tmp_path, "SELECT count(*) FROM devices_device") == 5


def test_demo_takes_the_next_port_when_8000_is_taken(demo):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", 8000))
            other.listen()
        except OSError:
            pass  # somebody else has it: as good
        with demo("--devices", "1") as running:
            link = console.link_in(running.wait_for("Ctrl-C"))

    assert not link.startswith("http://127.0.0.1:8000/")


def test_zone_that_runs_is_neither_started_again_nor_reset(demo, tmp_path):
    with demo("--devices", "1") as running:
        running.wait_for("Ctrl-C")
        env = console.environment(ZCC_DATA_DIR=str(tmp_path / "demo"), ZCC_PRACTICE="1")
        for options in ([], ["--reset"]):
            log = tmp_path / "second.log"
            with console.manage("demo", *options, env=env, log=log) as second:
                assert second.process.wait(console.PATIENCE) == 1
            assert "runs already" in second.said
    assert rows(tmp_path, "SELECT count(*) FROM devices_device") == 1


def test_serve_refuses_a_practice_zone_and_demo_an_earnest_one(demo, tmp_path):
    place = tmp_path / "demo"
    place.mkdir()
    (place / "fleet.json").write_text("{}")
    env = console.environment(ZCC_DATA_DIR=str(place))
    with console.manage("serve", "--port", "0", env=env, log=tmp_path / "serve.log") as serve:
        assert serve.process.wait(console.PATIENCE) == 1
    assert "is a practice zone" in serve.said

    (place / "fleet.json").unlink()
    (place / "zcc.sqlite3").touch()
    with demo() as running:
        assert running.process.wait(console.PATIENCE) == 1
    assert "not for practice" in running.said
