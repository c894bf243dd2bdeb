"""Set-up of a device over the network: what was asked, how far it came, what was left behind."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from amt.models.certificates import Certificate
from devices.models import Device, Job
from vault.models import Credential, Secret


class ProvisionOrder(models.Model):
    """What a job *Provision* carries to each of its devices (S79-S89)."""

    job = models.OneToOneField(Job, models.CASCADE, related_name="provision_order")
    credential = models.ForeignKey(Credential, models.SET_NULL, null=True, related_name="+")
    own_passwords = models.BooleanField(default=True)  # each device a random one
    # From outside, for one device: its certificate, and the secret that holds its key (S86-S89)
    certificate = models.BinaryField(null=True)  # DER
    key = models.ForeignKey(Secret, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"provision with {self.credential or 'a deleted credential'}"

    @property
    def is_external(self) -> bool:
        return self.certificate is not None


class Provisioning(models.Model):
    """The set-up of one Management Engine, by its UUID: begun, committed, done.

    Written before the device is told of it, so that a password or certificate that it may hold is
    always known here, whatever stops in between.
    """

    uuid = models.UUIDField(unique=True)
    device = models.OneToOneField(Device, models.SET_NULL, null=True, related_name="provisioning")
    credential = models.ForeignKey(Credential, models.PROTECT, related_name="provisioned")
    secret = models.ForeignKey(Secret, models.SET_NULL, null=True, related_name="+")
    certificate = models.ForeignKey(Certificate, models.SET_NULL, null=True, related_name="+")
    began_at = models.DateTimeField(auto_now_add=True)
    committed_at = models.DateTimeField(null=True)  # CommitChanges was about to go out
    done_at = models.DateTimeField(null=True)  # read back

    objects: ClassVar = models.Manager["Provisioning"]()

    def __str__(self) -> str:
        return f"set-up of {self.uuid}"


class UnprovisionOrder(models.Model):
    """What a job *Unprovision* does to each of its devices (S97-S101)."""

    job = models.OneToOneField(Job, models.CASCADE, related_name="unprovision_order")
    # None: each device with what it is used with
    credential = models.ForeignKey(Credential, models.SET_NULL, null=True, related_name="+")
    is_full = models.BooleanField(default=True)
    deletes_failed = models.BooleanField(default=False)  # S100

    def __str__(self) -> str:
        return "full unprovision" if self.is_full else "partial unprovision"


class Orphan(models.Model):
    """A device that may still be set up, and that the console no longer manages.

    Kept until somebody says that it was dealt with, or the device says hello again: so its password
    is not lost with its row.
    """

    mode = Device.Mode.ENTERPRISE  # nothing else is provisioned
    uuid = models.UUIDField(null=True)
    name = models.CharField(max_length=100)
    address = models.CharField(max_length=255)
    credential = models.ForeignKey(Credential, models.PROTECT, related_name="orphans")
    pin = models.CharField(max_length=64, blank=True)  # of the certificate it shows
    realm = models.CharField(max_length=100, blank=True)
    firmware = models.CharField(max_length=20, blank=True)
    why = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    by_name = models.CharField(max_length=150)
    solved_at = models.DateTimeField(null=True)
    solved_how = models.TextField(blank=True)

    objects: ClassVar = models.Manager["Orphan"]()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["uuid"], condition=Q(solved_at=None), name="orphan_by_uuid")
        ]

    def __str__(self) -> str:
        return self.name
