"""What opened a Management Engine whose device, or settings, were deleted here: by its UUID."""

from typing import ClassVar

from django.db import models

from devices.models import Device, Folder, Server
from vault.models import Credential


class FormerSettings(models.Model):
    """How an engine was reached that may still be set up: offered when its UUID is seen again.

    Passwords of one engine alone are kept in the vault by the same UUID, as are those before.
    """

    uuid = models.UUIDField(unique=True)
    mode = models.CharField(max_length=10, choices=Device.Mode)
    address = models.CharField(max_length=255)
    credential = models.ForeignKey(Credential, models.CASCADE, related_name="+")
    server = models.ForeignKey(Server, models.SET_NULL, null=True, related_name="+")
    pin = models.CharField(max_length=64, blank=True)
    realm = models.CharField(max_length=100, blank=True)
    firmware = models.CharField(max_length=20, blank=True)
    folder = models.ForeignKey(Folder, models.SET_NULL, null=True, related_name="+")
    device_name = models.CharField(max_length=100)
    ended_at = models.DateTimeField()

    objects: ClassVar = models.Manager["FormerSettings"]()

    def __str__(self) -> str:
        return self.device_name
