"""What a machine lacks is skipped and named at the end, or fails the run."""

import subprocess
import sys
from pathlib import Path

from tests.ops import console

LACKING = """
from tests.fixtures.required import require

def test_one():
    require("a harp", False, "apt-get install harp")

def test_two():
    require("a harp", False, "apt-get install harp")

def test_three():
    require("air", True)
"""


def run(place: Path, **ours: str) -> "subprocess.CompletedProcess[str]":
    (place / "test_lacking.py").write_text(LACKING)
    options = ["-c", "/dev/null", "--rootdir", place, "-p", "no:randomly", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-p", "tests.fixtures.required", place],
        cwd=console.ROOT,
        env=console.environment(**ours),
        capture_output=True,
        text=True,
    )


def test_missing_things_are_named_in_the_last_lines(tmp_path):
    done = run(tmp_path)
    last = done.stdout.splitlines()[-3:]
    assert done.returncode == 0
    assert "2 tests need a harp: apt-get install harp" in last
    assert "1 passed, 2 skipped" in last[-1]


def test_missing_things_fail_the_run_where_all_is_required(tmp_path):
    done = run(tmp_path, ZCC_TEST_REQUIRE="all")
    assert done.returncode == 1
    assert "2 failed, 1 passed" in done.stdout
    assert "This test needs a harp" in done.stdout
