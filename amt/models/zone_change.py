"""The change of the zone certificate (S102-S106): how far it has come; one at a time."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from devices.models import Device


class ZoneCertificateChange(models.Model):
    """One change from its start to its end; each step is written before the next one begins."""

    class Step(models.TextChoices):
        UNPROVISION = "unprovision", "Unprovision every device"
        AUTHORITY = "authority", "Choose the certificate authority"
        DELETE = "delete", "Delete the management certificates"
        RESTART = "restart", "Restart services"
        CREATE = "create", "Create the new management certificates"
        REDISCOVER = "rediscover", "Rediscover the devices"
        PROVISION = "provision", "Provision the devices again"

    class Authority(models.TextChoices):
        INTERNAL = "internal", "A new internal certificate authority"
        KEEP = "keep", "The same authority, new management certificates"
        EXTERNAL = "external", "An external certificate authority"

    step = models.CharField(max_length=12, choices=Step, default=Step.UNPROVISION)
    authority = models.CharField(max_length=8, choices=Authority, blank=True)
    # Those that were provisioned when it began: they are to be provisioned again.
    devices = models.ManyToManyField(Device, related_name="+")
    device_count = models.PositiveIntegerField(default=0)  # as it was: devices may be deleted
    names = models.JSONField(default=dict)  # of each server's last certificate, by the server's key
    restart_asked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(auto_now_add=True)
    started_by_name = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True)
    was_given_up = models.BooleanField(default=False)

    objects: ClassVar = models.Manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(ended_at=None), name="one_change_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"zone certificate change of {self.started_at:%Y-%m-%d}"
