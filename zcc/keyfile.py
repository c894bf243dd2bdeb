"""Keep a key that is made at the first start in a file only its owner can read."""

import os
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key


def make_private(folder: Path) -> None:
    """Make ``folder`` if it is not there, and close it to all but its owner.

    Databases, sessions and keys lie in it; a folder that is somebody else's stays as it is.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"ZCC_DATA_DIR {folder}: {error.strerror}.") from None
    with suppress(PermissionError):
        folder.chmod(0o700)


def read_or_make(path: Path) -> str:
    """Return the key in ``path``; make the file (mode 0600) if there is none."""
    make_private(path.parent)
    try:
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(file, "w") as out:
        out.write(key := get_random_secret_key())
    return key
