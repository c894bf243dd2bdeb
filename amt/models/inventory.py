"""What a Management Engine told of its PC, with the PC on or off."""

from typing import ClassVar

from django.db import models

from devices.models import Device


class AmtInventory(models.Model):
    """The newest reading; what was otherwise before is in ``devices.InventoryChange``."""

    device = models.OneToOneField(Device, models.CASCADE, related_name="amt_inventory")
    facts = models.JSONField(default=dict)  # section -> name -> text
    events = models.JSONField(default=list)  # [time or none, severity, text], newest first
    audit = models.JSONField(default=list)  # [time or none, who, from where, text], newest first
    read_at = models.DateTimeField()

    objects: ClassVar = models.Manager["AmtInventory"]()

    def __str__(self) -> str:
        return f"inventory of {self.device}"
