"""Read the environment; a wrong value names itself."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """Return NAME, or the content of the file named by NAME_FILE (a Docker secret)."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE.")
    return value


def number(name: str, default: int) -> int:
    """Return NAME as a whole number."""
    raw = text(name, str(default))
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None


def flag(name: str, default: bool = False) -> bool:
    """Return NAME as a switch: 0, 1, true or false."""
    raw = text(name, "1" if default else "0").lower()
    if raw not in {"0", "1", "true", "false"}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {raw!r}.")
    return raw in {"1", "true"}


def words(name: str, default: str = "") -> list[str]:
    """Return NAME split at commas, empty parts left out."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def address(name: str) -> str:
    """Return NAME, the beginning of a web address without the last slash; empty if it is not set.

    It is short enough for an address that firmware takes.
    """
    raw = text(name, "").rstrip("/")
    parts = urlsplit(raw)
    is_one = parts.scheme in {"http", "https"} and parts.hostname and not parts.query
    if raw and (not is_one or parts.username or len(raw) > 150 or not raw.isascii()):
        raise ImproperlyConfigured(f"{name} must be like http://console.example.org:8000.")
    return raw
