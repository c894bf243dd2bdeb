"""The port that pages are served at."""

from django.core.management.base import CommandError

LAST = 65_535


def check(port: int) -> int:
    """Return ``port`` if it can be listened at; CommandError ends the command with one line."""
    if not 1 <= port <= LAST:
        raise CommandError(f"--port {port}: ports go from 1 to {LAST}.", returncode=2)
    return port
