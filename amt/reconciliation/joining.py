"""Make one managed device of two: the PC that an agent knows, and its Management Engine."""

from typing import Any

from django.db import IntegrityError, models, transaction

from amt.reconciliation.matching import Doubt
from devices.models import Device, JobItem

COPIED = (
    *("mode", "amt_address", "amt_version", "connection"),
    *("power_state", "os_state", "power_seen_at", "power_source", "poll_due_at", "last_order_at"),
    *("unreadable_since", "unreadable_code", "held_until", "held_because"),
)
FILLED = ("host_name", "host_addressing", "model", "serial_number", "description")


def why_not(engine: Device, pc: Device) -> Doubt | None:
    """Return why the two cannot be made one now, None if they can."""
    if hasattr(engine, "amt_settings") and hasattr(pc, "amt_settings"):
        return Doubt.BOTH_SET_UP
    is_busy = JobItem.objects.filter(device__in=[engine, pc], finished_at=None).exists()
    return Doubt.BUSY if is_busy else None


def join(engine: Device, pc: Device) -> list[str]:
    """Give all that belongs to ``engine`` to ``pc`` - settings, tasks, history - and delete it.

    What ``pc`` has itself and can have but once stays as it is; return what was left behind. Both
    are rows that the caller holds locked.
    """
    left: list[str] = []
    is_set_up = hasattr(engine, "amt_settings")
    for relation in Device._meta.get_fields(include_hidden=True):
        # One to one is of this kind, too, and so is what joins many to many
        if isinstance(relation, models.ManyToOneRel):
            holder: Any = relation.related_model
            name = relation.field.name
            left += _give(holder._base_manager.filter(**{name: engine}), name, pc)
    for name in COPIED if is_set_up else ():
        setattr(pc, name, getattr(engine, name))
    for name in FILLED:
        setattr(pc, name, getattr(pc, name) or getattr(engine, name))
    pc.save(update_fields=[*COPIED, *FILLED])
    Device.objects.get(pk=engine.pk).delete()
    return left


def _give(rows: models.QuerySet[models.Model], field: str, pc: Device) -> list[str]:
    """Move rows at once; where one may not be there twice, each that can. Return the others."""
    try:
        with transaction.atomic():
            rows.update(**{field: pc})
    except IntegrityError:
        return [str(row) for row in rows if not _given(rows.filter(pk=row.pk), field, pc)]
    return []


def _given(row: models.QuerySet[models.Model], field: str, pc: Device) -> bool:
    try:
        with transaction.atomic():
            return bool(row.update(**{field: pc}))
    except IntegrityError:
        return False
