"""What inventories tell, one value a row, so that a filter is a plain look-up (S90)."""

from typing import ClassVar

from django.db import models

from devices.models.device import Device
from devices.models.host import InventoryChange


class InventoryFact(models.Model):
    """A value of a device's newest inventory. Several of one name - memory modules - are rows."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="inventory_facts")
    source = models.CharField(max_length=5, choices=InventoryChange.Source)
    key = models.CharField(max_length=220)  # its name in lower case: "memory: size"
    text = models.CharField(max_length=500, blank=True)  # in lower case
    number = models.FloatField(null=True)  # of a text with a unit or a date, else none
    version = models.CharField(max_length=60, blank=True)  # its numbers, to compare by

    objects: ClassVar = models.Manager["InventoryFact"]()

    class Meta:
        indexes = [models.Index(fields=["key", "device"], name="inventory_fact_by_key")]

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


class FactName(models.Model):
    """A name that facts have or had, as it was written first: what a filter offers.

    No row points here: a name may go or come back while a reading is being written.
    """

    key = models.CharField(max_length=220, unique=True)
    name = models.CharField(max_length=220)

    objects: ClassVar = models.Manager["FactName"]()

    def __str__(self) -> str:
        return self.name
