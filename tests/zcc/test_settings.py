"""The environment is read so that a wrong value names itself."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from zcc import databases, env, keyfile


def test_value_comes_from_the_file_that_is_named(tmp_path, monkeypatch):
    (tmp_path / "password").write_text("from a file\n")
    monkeypatch.setenv("ZCC_X", "from the environment")
    monkeypatch.setenv("ZCC_X_FILE", str(tmp_path / "password"))
    assert env.text("ZCC_X") == "from a file"


@pytest.mark.parametrize(
    ("read", "value", "words"),
    [
        (lambda: env.number("ZCC_X", 1), "many", "ZCC_X must be a whole number"),
        (lambda: env.flag("ZCC_X"), "perhaps", "ZCC_X must be 0 or 1"),
        *[
            (lambda: env.address("ZCC_X"), wrong, "ZCC_X must be like http://")
            for wrong in ("console:8000", "ftp://x", "http://", "http://x/?a", "http://u@x")
        ],
        (lambda: env.address("ZCC_X"), "http://" + "x" * 150, "ZCC_X must be like http://"),
    ],
)
def test_wrong_value_names_itself(read, value, words, monkeypatch):
    monkeypatch.setenv("ZCC_X", value)
    with pytest.raises(ImproperlyConfigured, match=words):
        read()


def test_an_address_is_kept_without_its_last_slash(monkeypatch):
    assert env.address("ZCC_X") == ""
    monkeypatch.setenv("ZCC_X", "http://console.example.org:8000/")
    assert env.address("ZCC_X") == "http://console.example.org:8000"


def test_missing_value_and_missing_file_name_the_variable(monkeypatch):
    with pytest.raises(ImproperlyConfigured, match="Set ZCC_X or ZCC_X_FILE"):
        env.text("ZCC_X")
    monkeypatch.setenv("ZCC_X_FILE", "/nowhere/at/all")
    with pytest.raises(ImproperlyConfigured, match="ZCC_X_FILE cannot be read"):
        env.text("ZCC_X")


def test_postgresql_address_is_taken_apart_and_the_password_comes_from_elsewhere():
    found = databases.from_url("postgresql://z%40c@db.example:5433/zone", password="s3cret")
    assert found["ENGINE"].endswith("postgresql")
    assert [found[name] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")] == [
        "db.example",
        "5433",
        "zone",
        "z@c",
        "s3cret",
    ]
    assert found["CONN_HEALTH_CHECKS"] is True


def test_pool_is_shared_instead_of_connections_kept_by_threads():
    found = databases.from_url("postgresql://zcc@db/zone", pool=2)
    assert found["OPTIONS"]["pool"]["max_size"] == 2
    assert found["OPTIONS"]["pool"]["min_size"] == 2
    assert "CONN_MAX_AGE" not in found


@pytest.mark.parametrize(
    ("url", "name"),
    [("sqlite:////var/lib/zcc.sqlite3", "/var/lib/zcc.sqlite3"), ("sqlite:///x.db", "/x.db")],
)
def test_sqlite_address_names_a_file(url, name):
    assert databases.from_url(url)["NAME"] == name


def test_other_databases_are_refused():
    with pytest.raises(ImproperlyConfigured, match="ZCC_DATABASE_URL"):
        databases.from_url("mysql://somewhere/zone")


def test_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    path = tmp_path / "var" / "secret.key"
    key = keyfile.read_or_make(path)
    assert keyfile.read_or_make(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
