"""The agents on PCs, and the tokens by which they enrol (S27, S83)."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from devices.models import rights
from devices.models.device import Device
from devices.models.folder import Folder
from devices.models.user import User


class EnrolmentTokenQuerySet(models.QuerySet["EnrolmentToken"]):
    def open(self) -> "EnrolmentTokenQuerySet":
        """Keep the tokens by which a PC may still enrol."""
        return self.filter(uses_left__gt=0, expires_at__gt=Now())

    def allowed(self, user: rights.Person, right: rights.Right) -> "EnrolmentTokenQuerySet":
        """Keep the tokens for places in which this person holds ``right``."""
        for_one = Q(device__isnull=False) & rights.below(user, right, "device__folder__path")
        return self.filter(Q(device=None) & rights.below(user, right, "folder__path") | for_one)


class EnrolmentToken(models.Model):
    """Lets agents enrol: one for a device, or so many for new ones in a folder."""

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token; it is not kept
    device = models.ForeignKey(Device, models.CASCADE, null=True, related_name="+")
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="+")
    made_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    uses = models.PositiveIntegerField(default=1)  # PCs that it was made for
    uses_left = models.PositiveIntegerField(default=1)

    objects: ClassVar = EnrolmentTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(device=None) | Q(uses=1), name="token_of_a_device_is_for_one"
            ),
            models.CheckConstraint(
                condition=Q(uses_left__lte=F("uses")), name="token_has_no_more_uses_left_than_made"
            ),
        ]

    def __str__(self) -> str:
        return f"enrolment token for {self.device or self.folder}"

    @property
    def place(self) -> Folder:
        """Return where its PCs go: the folder in which a right to it is needed."""
        return self.device.folder if self.device else self.folder


class Agent(models.Model):
    """The agent of one device. Its key is not kept: it follows from ``salt`` and our secret key."""

    device = models.OneToOneField(Device, models.CASCADE, related_name="agent")
    agent_id = models.UUIDField(unique=True, default=uuid4)
    salt = models.CharField(max_length=64)
    last_sequence = models.BigIntegerField(default=0)  # of the newest report: the next is higher
    enrolled_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)  # the newest report; enrolling brings one
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar = models.Manager["Agent"]()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"agent of {self.device}"
