"""Make one managed device of two: the PC that an agent knows, and its Management Engine."""

from typing import Any

from django.db import IntegrityError, models, transaction

from devices.models import Device, JobItem

COPIED = (
    *("mode", "amt_address", "amt_version", "connection"),
    *("power_state", "os_state", "power_seen_at", "power_source", "poll_due_at", "last_order_at"),
    *("unreadable_since", "unreadable_code", "held_until", "held_because"),
)


def can_be_joined(engine: Device, pc: Device) -> bool:
    """Return whether nothing is under way and only one of them is set up."""
    is_busy = JobItem.objects.filter(device__in=[engine, pc], finished_at=None).exists()
    return not is_busy and not hasattr(pc, "amt_settings")


def join(engine: Device, pc: Device) -> None:
    """Give all that belongs to ``engine`` to ``pc`` - settings, tasks, history - and delete it.

    What ``pc`` has itself and can have but once stays as it is.
    """
    for relation in Device._meta.get_fields(include_hidden=True):
        if isinstance(
            relation, models.ManyToOneRel
        ):  # one to one, and what joins many to many, too
            holder: Any = relation.related_model
            name = relation.field.name
            _give(holder._base_manager.filter(**{name: engine}), name, pc)
    for name in COPIED:
        setattr(pc, name, getattr(engine, name))
    pc.host_name = pc.host_name or engine.host_name
    pc.model = pc.model or engine.model
    pc.serial_number = pc.serial_number or engine.serial_number
    pc.save()
    Device.objects.get(pk=engine.pk).delete()


def _give(rows: models.QuerySet[models.Model], field: str, pc: Device) -> None:
    """Move rows at once; where one may not be there twice, each that can."""
    try:
        with transaction.atomic():
            rows.update(**{field: pc})
    except IntegrityError:
        for row in rows:
            try:
                with transaction.atomic():
                    rows.filter(pk=row.pk).update(**{field: pc})
            except IntegrityError:
                continue
