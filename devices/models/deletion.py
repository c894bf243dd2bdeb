"""Nothing is deleted while lines that name it are being written, and the other way round.

JobItem has no foreign keys in the database: checking three of them for each of 100,000 lines takes
longer than writing the lines. What they would keep is kept here, by one lock: whoever writes lines
shares it, whoever deletes devices or servers holds it alone. To be called first thing in a
transaction, which holds the lock until it ends. SQLite's transactions take turns anyway.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from devices.models.device import DeviceQuerySet

LOCK = 0x7A6363_01  # any number that no other program on this database locks


_before: list[Callable[["DeviceQuerySet"], None]] = []


def before(call: Callable[["DeviceQuerySet"], None]) -> None:
    """Have ``call`` told which devices are about to be deleted: what an app above keeps."""
    _before.append(call)


def announce(devices: "DeviceQuerySet") -> None:
    """Tell all who asked for it that ``devices`` are about to be deleted."""
    for call in _before:
        call(devices)


def writing_lines() -> None:
    """Keep devices and servers from being deleted until this transaction ends."""
    _lock("pg_advisory_xact_lock_shared")


def deleting() -> None:
    """Keep lines from being written until this transaction ends."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [LOCK])
