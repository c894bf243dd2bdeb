"""Whether a device sends its events to this console, and when it last did."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from devices.models import Device


class AlertSubscription(models.Model):
    """One per device that was ever asked to. ``key`` is in the address that its events go to.

    With a new key an old address is nobody's, and the login that follows from it is gone too.
    """

    class State(models.TextChoices):
        OFF = "off", "Not subscribed"
        ASKED = "asked", "Asked for, and not read back"
        ON = "on", "Subscribed"

    device = models.OneToOneField(Device, models.CASCADE, related_name="alert_subscription")
    key = models.UUIDField(unique=True, default=uuid4)
    state = models.CharField(max_length=5, choices=State, default=State.OFF)
    address = models.CharField(max_length=253, blank=True)  # where events go, as the device has it
    asked_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    last_turn = models.BigIntegerField(default=0)  # of its sign-ins: each counts once, in order
    failure = models.CharField(max_length=500, blank=True)  # of the last try, if it failed

    objects: ClassVar = models.Manager["AlertSubscription"]()

    def __str__(self) -> str:
        return f"alerts of {self.device}"
