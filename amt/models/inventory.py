"""What a Management Engine told of its PC, with the PC on or off."""

from typing import ClassVar, Self

from django.db import models

from devices.models import Device


class AmtInventoryQuerySet(models.QuerySet["AmtInventory"]):
    def deaf_while_off(self) -> Self:
        """Keep those whose power policy turns AMT off with the PC: nothing turns them on again."""
        return self.filter(works_while_off=False)


class AmtInventory(models.Model):
    """The newest reading; what was otherwise before is in ``devices.InventoryChange``."""

    device = models.OneToOneField(Device, models.CASCADE, related_name="amt_inventory")
    facts = models.JSONField(default=dict)  # section -> name -> text
    events = models.JSONField(default=list)  # [time or none, severity, text], newest first
    audit = models.JSONField(default=list)  # [time or none, who, from where, text], newest first
    # Whether AMT is on while the PC is off; none: the firmware does not say
    works_while_off = models.BooleanField(null=True)
    read_at = models.DateTimeField()

    objects: ClassVar = AmtInventoryQuerySet.as_manager()

    def __str__(self) -> str:
        return f"inventory of {self.device}"
