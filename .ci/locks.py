"""Make the lock files from pyproject.toml, or see whether they still satisfy it.

They hold versions and hashes but no addresses, so that any mirror can serve them.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
UV = "uv==0.13.9"
LOCKS: dict[str, list[str]] = {
    "requirements.lock": [],
    "requirements-dev.lock": ["--group", "dev", "--constraint", "requirements.lock"],
}


def main() -> int:
    """Write the locks with ``--write``; else name each requirement that a lock does not meet."""
    if "--write" in sys.argv:
        for lock, groups in LOCKS.items():
            compile_lock(lock, groups)
        return 0
    complaints = [line for lock, groups in LOCKS.items() for line in unmet(lock, bool(groups))]
    print("\n".join(complaints))
    return 1 if complaints else 0


def compile_lock(lock: str, groups: list[str]) -> None:
    """Resolve pyproject.toml; what is locked already stays as it is where it may."""
    options = ["--universal", "--python-version", "3.11", "--generate-hashes"]
    quiet = ["--no-header", "--no-annotate", "--quiet", "--output-file", lock]
    command = [uv(), "pip", "compile", *options, *quiet, *groups, "pyproject.toml"]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603


def uv() -> str:
    """Return uv's path; where there is none, put one into a place of its own."""
    if found := shutil.which("uv"):
        return found
    place = ROOT / "var" / "tools"
    if not (place / "bin" / "uv").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--target", str(place), UV], check=True)  # noqa: S603
    return str(place / "bin" / "uv")


def unmet(lock: str, dev: bool) -> Iterator[str]:
    """Yield a sentence for each requirement that ``lock`` does not meet."""
    pins = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", (ROOT / lock).read_text(), re.M))
    for text in required(dev):
        need = Requirement(text)
        version = pins.get(canonicalize_name(need.name))
        if version is None or not need.specifier.contains(version, prereleases=True):
            yield f"{lock} has {need.name} {version or 'not at all'}, wanted {text}: ./run lock"


def required(dev: bool) -> list[str]:
    """Return what pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return project["project"]["dependencies"] + (project["dependency-groups"]["dev"] if dev else [])


if __name__ == "__main__":
    sys.exit(main())
