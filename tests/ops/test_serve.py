"""The console in one process, on SQLite alone and with PostgreSQL and Redis."""

import signal

import pytest

from tests.fixtures.services import free_port
from tests.ops import console


@pytest.mark.timeout(180)
def test_owner_chooses_a_password_at_the_first_start_only(tmp_path):
    env = console.environment(ZCC_DATA_DIR=str(tmp_path / "zone"))
    port = str(free_port())
    with console.manage("serve", "--port", port, env=env, log=tmp_path / "1.log") as first:
        said = first.wait_for("The console is at")
        link = console.link_in(said)
        assert console.is_ready(console.address_of(link))
        assert first.stop(signal.SIGTERM)[0] == 0
    with console.manage("serve", "--port", port, env=env, log=tmp_path / "2.log") as second:
        said = second.wait_for("The console is at")
        assert second.stop()[0] == 0

    assert "choose a password" in first.said
    assert "sign-in" not in said


@pytest.mark.services
@pytest.mark.timeout(180)
def test_serve_uses_postgresql_and_redis_where_they_are_set(tmp_path, postgres_url, redis_url):
    env = console.environment(
        ZCC_DATA_DIR=str(tmp_path / "zone"),
        ZCC_DATABASE_URL=postgres_url,
        ZCC_DATABASE_POOL="20",
        ZCC_BROKER_URL=redis_url,
    )
    port = str(free_port())
    with console.manage("serve", "--port", port, env=env, log=tmp_path / "log") as running:
        link = console.link_in(running.wait_for("The console is at"))
        assert console.is_ready(console.address_of(link))
        status, seconds = running.stop()

    assert status == 0
    assert seconds < 15
    assert "Traceback" not in running.said
    assert not (tmp_path / "zone" / "zcc.sqlite3").exists()
