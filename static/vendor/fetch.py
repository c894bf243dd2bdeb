#!/usr/bin/env python3
"""Bring the third-party browser files that VERSIONS.json names into this folder.

Run `./run vendor` after a change there and commit what it wrote. npm is needed for that alone.
"""

import base64
import hashlib
import io
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SPRITE = HERE.parent / "icons.svg"
SOURCE_MAP = re.compile(rb"\n?(//|/\*)# sourceMappingURL=[^\n*]*(\*/)?")


def main() -> None:
    """Fetch, check and unpack each package; build the icon sprite."""
    for name, pin in json.loads((HERE / "VERSIONS.json").read_text()).items():
        package = unpacked(name, pin)
        copy(package, folder(name, pin), pin["files"])
        if icons := pin.get("icons"):
            SPRITE.write_text(sprite(package, icons))


def unpacked(name: str, pin: dict[str, Any]) -> tarfile.TarFile:
    """Return the package's archive after comparing its hash with the pinned one."""
    with tempfile.TemporaryDirectory() as place:
        command = ["npm", "pack", "--silent", f"{name}@{pin['version']}"]
        subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own list
        archive = next(Path(place).glob("*.tgz")).read_bytes()
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != pin["integrity"]:
        raise SystemExit(f"{name} {pin['version']} is {found}, not {pin['integrity']}.")
    return tarfile.open(fileobj=io.BytesIO(archive))


def folder(name: str, pin: dict[str, Any]) -> Path:
    """Return the folder of one version, e.g. ``tabler-core-1.6.1``."""
    return HERE / f"{name.strip('@').replace('/', '-')}-{pin['version']}"


def read(package: tarfile.TarFile, path: str) -> bytes:
    """Return one file of the package."""
    file = package.extractfile(f"package/{path}")
    if file is None:
        raise SystemExit(f"{path} is no file of the package.")
    return file.read()


def copy(package: tarfile.TarFile, to: Path, paths: list[str]) -> None:
    """Write the files flat, without the pointer to a source map that is not shipped."""
    to.mkdir(exist_ok=True)
    for path in paths:
        (to / Path(path).name).write_bytes(SOURCE_MAP.sub(b"", read(package, path)))


def sprite(package: tarfile.TarFile, icons: list[str]) -> str:
    """Return one SVG with a symbol for each icon; colour and stroke come from the page's CSS."""
    symbols = []
    for name in icons:
        svg = read(package, f"icons/outline/{name}.svg").decode()
        shapes = re.findall(r"<(?:path|circle|rect|line|polyline)\b[^>]*/>", svg)
        drawn = "".join(" ".join(shape.split()) for shape in shapes if "M0 0h24v24H0z" not in shape)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{drawn}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


if __name__ == "__main__":
    main()
