"""Write down who did what. Every service ends here."""

from contextvars import ContextVar
from typing import Any

from django.db import models

from devices.models import AuditEntry, User

CONSOLE = "the console"  # who acts when no person does
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)
acting_name: ContextVar[str] = ContextVar("acting_name", default=CONSOLE)  # of a command line


def record(
    user: User | None,
    verb: str,
    target: models.Model | None = None,
    *,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add one line to the audit. ``old`` and ``new`` hold changed values, never a secret."""
    return AuditEntry.objects.create(
        user=user,
        user_name=user.get_username() if user else acting_name.get(),
        address=client_address.get(),
        verb=verb,
        target_type=target._meta.model_name or "" if target else "",
        target_id=str(target.pk) if target else "",
        target_name=str(target)[:255] if target else "",
        old=old,
        new=new,
    )


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values that differ, as they were and as they are."""
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}
