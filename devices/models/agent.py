"""The agents on PCs, and the tokens by which they enrol (S27, S83)."""

from datetime import timedelta
from typing import ClassVar
from uuid import uuid4

from django.db import models

from devices.models.device import Device
from devices.models.folder import Folder
from devices.models.user import User


class EnrolmentToken(models.Model):
    """Lets one agent enrol, once: for a device, or for a new one in a folder."""

    VALID_FOR = timedelta(hours=24)

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token; it is not kept
    device = models.ForeignKey(Device, models.CASCADE, null=True, related_name="+")
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="+")
    made_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects: ClassVar = models.Manager["EnrolmentToken"]()

    def __str__(self) -> str:
        return f"enrolment token for {self.device or self.folder}"


class Agent(models.Model):
    """The agent of one device. Its key is not kept: it follows from ``salt`` and our secret key."""

    device = models.OneToOneField(Device, models.CASCADE, related_name="agent")
    agent_id = models.UUIDField(unique=True, default=uuid4)
    salt = models.CharField(max_length=64)
    last_sequence = models.BigIntegerField(default=0)  # of the newest report: the next is higher
    enrolled_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar = models.Manager["Agent"]()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"agent of {self.device}"
