"""The door: every command it lists is there, and what is missing is said."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ops.console import ROOT

BENCHMARKS = "Benchmarks: discovery hello inventory pages power provision reconcile schedules\n"


def run(*arguments: str, place: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [place / "run", *arguments], capture_output=True, text=True, env={**os.environ, **env}
    )


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a checkout without an environment, on a machine with next to nothing."""
    (tmp_path / "bin").mkdir()
    for name in ("sh", "dirname", "cmp", "grep", "env"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    for name in ("run", "manage.py", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_help_lists_every_command():
    listed = set(re.findall(r"^  ([a-z]+) ", run("help").stdout, re.M))
    cases = (ROOT / "run").read_text().rpartition("case $command in")[2]
    there = set(re.findall(r"^([a-z]+)(?=\)| \|)", cases, re.M)) - {"help"}
    assert listed == there


def test_unknown_command_is_refused():
    done = run("nonsense")
    assert done.returncode == 1
    assert "There is no command nonsense." in done.stderr


@pytest.mark.parametrize("name", ["nonsense", "services", "__init__", ".*"])
def test_what_is_no_benchmark_is_refused_with_those_there_are(name):
    done = run("bench", name)
    assert done.returncode == 2
    assert done.stderr == f"There is no benchmark {name}.\n{BENCHMARKS}"


def test_benchmarks_are_listed():
    done = run("bench")
    assert (done.returncode, done.stderr) == (
        0,
        "Benchmarks: discovery hello inventory pages power provision reconcile schedules\n",
    )


def test_simulate_refuses_a_log_that_has_no_place_in_one_line(tmp_path):
    done = run("simulate", "--log", str(tmp_path / "none" / "x"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "x cannot be written: there is no folder" in done.stderr


@pytest.mark.parametrize("port", ["99999", "0", "-1"])
@pytest.mark.parametrize("command", ["demo", "serve"])
def test_ports_that_do_not_exist_are_refused_in_one_line(command, port, tmp_path):
    done = run(command, f"--port={port}", ZCC_DATA_DIR=str(tmp_path), ZCC_PRACTICE="0")
    assert done.returncode == 2
    assert done.stderr == f"CommandError: --port {port}: ports go from 1 to 65535.\n"


def test_machine_without_python_is_told_what_to_install(bare):
    done = run("demo", place=bare, PATH=str(bare / "bin"))
    assert done.returncode == 1
    assert "apt-get install python3 python3-venv" in done.stderr


def test_python_without_venv_is_told_what_to_install(bare):
    fake = bare / "bin" / "python3"
    fake.write_text(
        f'#!/bin/sh\ncase $2 in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"\n'
    )
    fake.chmod(0o755)
    done = run("demo", place=bare, PATH=str(bare / "bin"))
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_old_python_is_not_taken(bare):
    fake = bare / "bin" / "python3"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    assert "Python 3.11 or newer" in run("demo", place=bare, PATH=str(bare / "bin")).stderr


def test_secrets_are_made_once(tmp_path):
    shutil.copy(ROOT / "run", tmp_path / "run")
    assert run("secrets", place=tmp_path).returncode == 0
    before = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert run("secrets", place=tmp_path).returncode == 0

    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == before
    assert set(before) == {"secret_key", "database_password", "vault_keys"}
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_script_keeps_to_posix():
    shell = shutil.which("dash") or "sh"
    assert subprocess.run([shell, "-n", ROOT / "run"]).returncode == 0
    assert not re.search(r"\[\[|\blocal\b|\bfunction\b", (ROOT / "run").read_text())


def test_locks_hold_versions_and_hashes_but_no_addresses():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert all("--hash=sha256:" in part for part in re.split(r"\n(?=\S)", text) if "==" in part)


def test_locks_satisfy_the_project():
    done = subprocess.run(
        [sys.executable, ROOT / ".ci/locks.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_development_lock_holds_the_other_one():
    pin = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.M)
    runtime = dict(pin.findall((ROOT / "requirements.lock").read_text()))
    development = dict(pin.findall((ROOT / "requirements-dev.lock").read_text()))
    assert {name: development.get(name) for name in runtime} == runtime
