"""Collect the static files when the sources have changed since the last time."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

STAMP = ".collected"


class StaticFiles(StaticFilesConfig):
    """Leave out what lies among the static files but is no business of a browser."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "*.py", "VERSIONS.json"]


def collect_if_stale() -> bool:
    """Bring STATIC_ROOT up to date; return whether there was something to do."""
    stamp, now = Path(settings.STATIC_ROOT) / STAMP, fingerprint()
    if stamp.exists() and stamp.read_text() == now:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(now)
    return True


def fingerprint() -> str:
    """Return a digest of the names, times and sizes of all sources."""
    digest = hashlib.sha256()
    for finder in get_finders():
        sources = finder.list(StaticFiles.ignore_patterns)
        for name, storage in sorted(sources, key=lambda source: source[0]):
            about = Path(storage.path(name)).stat()
            digest.update(f"{name} {about.st_mtime_ns} {about.st_size}\n".encode())
    return digest.hexdigest()
