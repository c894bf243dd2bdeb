"""Turn one address, ``sqlite:///PATH`` or ``postgresql://…``, into Django's DATABASES entry."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SQLITE_OPTIONS = {
    # A read that turns into a write cannot wait for the lock: take it at the start.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}

# Compiling a statement takes PostgreSQL longer than running one of ours
POSTGRES_OPTIONS = {"options": "-c jit=off"}


def from_url(url: str, password: str = "", pool: int = 0) -> dict[str, Any]:
    """Return the settings of one database; ``password`` is used where the address has none.

    ``pool`` is the number of PostgreSQL connections that the threads of this process share.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        name = parts.path.removeprefix("/") if parts.path.startswith("//") else parts.path
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": SQLITE_OPTIONS}
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("ZCC_DATABASE_URL must begin with sqlite:// or postgresql://.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or "") or password,
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        **(_pooled(pool) if pool else _kept()),
    }


def _kept() -> dict[str, Any]:
    return {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": dict(POSTGRES_OPTIONS)}


def _pooled(size: int) -> dict[str, Any]:
    pool = {"min_size": min(4, size), "max_size": size, "timeout": 10}
    return {"OPTIONS": {**POSTGRES_OPTIONS, "pool": pool}}
