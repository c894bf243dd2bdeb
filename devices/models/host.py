"""What is known of the inside of a PC: what its agent reported, and how that changed (S90)."""

from typing import ClassVar

from django.db import models

from devices.marks import dashed_mac
from devices.models.device import Device


class HostReport(models.Model):
    """What the agent on a PC said of it last. A device without one was never inventoried (S90)."""

    device = models.OneToOneField(Device, models.CASCADE, related_name="host_report")
    uuid = models.UUIDField("UUID", null=True, db_index=True)
    serial_number = models.CharField(max_length=100, blank=True)
    host_name = models.CharField("Host name", max_length=255, blank=True)
    manufacturer = models.CharField(max_length=100, blank=True)
    model = models.CharField(max_length=100, blank=True)
    macs = models.JSONField("MAC addresses", default=list)  # twelve lower case hex digits each
    addresses = models.JSONField("Addresses", default=list)
    os_name = models.CharField("Operating system", max_length=100, blank=True)
    os_version = models.CharField("Version of it", max_length=100, blank=True)
    agent_version = models.CharField("Agent", max_length=20, blank=True)
    software = models.JSONField(default=list)  # [name, version] of each
    reported_at = models.DateTimeField(db_index=True)

    objects: ClassVar = models.Manager["HostReport"]()

    def __str__(self) -> str:
        return self.host_name or str(self.uuid or self.device_id)

    def texts(self) -> dict[str, str]:
        """Return what was told of the PC itself, by the name that people read."""
        told = {
            "Operating system": f"{self.os_name} {self.os_version}".strip(),
            "Host name": self.host_name,
            "UUID": str(self.uuid or ""),
            "Manufacturer": self.manufacturer,
            "Model": self.model,
            "Serial number": self.serial_number,
            "MAC addresses": ", ".join(map(dashed_mac, self.macs)),
            "Addresses": ", ".join(self.addresses),
            "Agent": self.agent_version,
        }
        return {name: text for name, text in told.items() if text}

    def programs(self) -> dict[str, str]:
        """Return the version of each program, by a name that says that it is one."""
        return {f"Software: {name}": version for name, version in self.software}


class InventoryChange(models.Model):
    """One value that is not what it was when it was read before."""

    class Source(models.TextChoices):
        AGENT = "agent", "Agent"
        AMT = "amt", "Intel AMT"

    device = models.ForeignKey(Device, models.CASCADE, related_name="inventory_changes")
    at = models.DateTimeField()
    source = models.CharField(max_length=5, choices=Source)
    part = models.CharField(max_length=100)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)

    objects: ClassVar = models.Manager["InventoryChange"]()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["device", "-at"], name="inventory_change_by_device")]

    def __str__(self) -> str:
        return f"{self.part}: {self.before or 'nothing'}, now {self.after or 'nothing'}"
