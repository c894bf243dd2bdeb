"""How to reach the Management Engine of a device: one row per device that is set up."""

from django.db import models
from django.db.models import Q

from devices.models import Device, Job, Server
from vault.models import Credential, Secret


class AmtSettings(models.Model):
    """The only home of mode, AMT address, credential, sending server and TLS profile (D8, D24)."""

    class Tls(models.TextChoices):
        AUTO = "auto", "Found by probing"
        TLS = "modern", "TLS 1.2 or newer"
        LEGACY = "legacy", "TLS 1.0 or 1.1"
        PLAIN = "plain", "Plain HTTP"

    class Interface(models.TextChoices):
        AUTO = "auto", "Found by probing"
        WSMAN = "wsman", "WS-Management (AMT 3.2 and newer)"
        EOI = "eoi", "Older SOAP interface (before AMT 9)"

    device = models.OneToOneField(Device, models.CASCADE, related_name="amt_settings")
    mode = models.CharField(max_length=10, choices=Device.Mode)
    address = models.CharField("IP address or FQDN", max_length=255)
    addressing = models.CharField(
        "AMT addressing", max_length=6, choices=Device.Addressing, default="", blank=True
    )
    credential = models.ForeignKey(Credential, models.PROTECT, related_name="used_by")
    server = models.ForeignKey(Server, models.PROTECT, related_name="amt_settings")

    uuid = models.UUIDField(null=True, blank=True)
    firmware = models.CharField(max_length=20, blank=True)
    tls = models.CharField(max_length=6, choices=Tls, default=Tls.AUTO)
    interface = models.CharField(max_length=5, choices=Interface, default=Interface.AUTO)
    tls_version = models.CharField(max_length=10, blank=True)  # as last seen: "TLS 1.2"
    pin = models.CharField(max_length=64, blank=True)  # SHA-256 of the certificate, hex
    realm = models.CharField(max_length=100, blank=True)
    seen_pin = models.CharField(
        max_length=64, blank=True
    )  # differs from pin: a person decides (D26)
    seen_realm = models.CharField(max_length=100, blank=True)
    # The lock-out guard (guard.py): which login, how often refused in a row, tries under way
    login = models.CharField(max_length=110, blank=True)
    refusals = models.PositiveSmallIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    tries_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(mode=""), name="amt_settings_have_a_mode")
        ]

    def __str__(self) -> str:
        return self.address


class CredentialTest(models.Model):
    """What a job *Test credential* shows to its devices."""

    job = models.OneToOneField(Job, models.CASCADE, related_name="credential_test")
    # None: to each device what it is used with. A secret that is deleted takes the test with it.
    secret = models.ForeignKey(Secret, models.CASCADE, null=True, related_name="tests")
    once_more = models.BooleanField(default=False)  # also where the lock-out guard has stopped us

    def __str__(self) -> str:
        return f"test of {self.secret or 'what devices are used with'}"
