"""The certificates of the zone: authorities, and what each server provisions devices with.

A private key is never in these rows: it is sealed in the vault, and a row names its secret.
"""

from functools import cached_property
from typing import ClassVar, Self

from cryptography import x509
from django.db import models
from django.urls import reverse
from django.utils import timezone

from amt.certificates import chains, rules
from amt.certificates.chains import Chain
from amt.certificates.making import Mark, Strength
from amt.certificates.verdicts import SOON, Case, Verdict
from devices.models import Server
from vault.models import Secret


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def authorities(self) -> Self:
        """Keep the trust store: roots and what stands between."""
        return self.filter(kind=Certificate.Kind.AUTHORITY)

    def management(self) -> Self:
        """Keep those that servers provision devices with."""
        return self.filter(kind=Certificate.Kind.MANAGEMENT)

    def internal(self) -> Self:
        """Keep the zone's own authority, the newest first; one that was replaced is left out."""
        return self.authorities().filter(key__isnull=False, retired_at=None).order_by("-pk")


class Certificate(models.Model):
    """One certificate, whole (DER), with what lists show of it."""

    class Kind(models.TextChoices):
        AUTHORITY = "authority", "Certificate authority"
        MANAGEMENT = "management", "Intel AMT management certificate"
        DEVICE = "device", "Certificate of a device"

    kind = models.CharField(max_length=10, choices=Kind)
    der = models.BinaryField()
    sha256 = models.CharField(max_length=64, unique=True)  # lower-case hex
    name = models.CharField(max_length=255)  # the common name, else the subject
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    key = models.ForeignKey(Secret, models.PROTECT, null=True, related_name="+")
    server = models.ForeignKey(
        Server, models.SET_NULL, null=True, related_name="management_certificates"
    )
    wants_authority = models.BooleanField(null=True)  # what its request asked for (isCA)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)  # another authority took over

    objects: ClassVar = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the certificate's page."""
        return reverse("amt:certificate", args=[self.pk])

    @cached_property
    def x509(self) -> x509.Certificate:
        """Return the certificate as the library reads it."""
        return x509.load_der_x509_certificate(bytes(self.der))

    @property
    def is_management(self) -> bool:
        return self.kind == self.Kind.MANAGEMENT

    @property
    def days_left(self) -> int:
        """Return the whole days until it ends; negative once it has."""
        return (self.not_after - timezone.now()).days

    @property
    def ends_soon(self) -> bool:
        """Return whether its successor should be planned, or is late."""
        return self.not_after - timezone.now() < SOON

    @property
    def is_expired(self) -> bool:
        return self.not_after <= timezone.now()


def chain_of(certificate: Certificate, authorities: list[Certificate]) -> Chain:
    """Return the chain of ``certificate`` as far as the trust store has it."""
    return chains.build(certificate.x509, [one.x509 for one in authorities])


def judged(row: Certificate, authorities: list[Certificate]) -> list[Verdict]:
    """Return what is said today of a management certificate that is here."""
    return rules.judge(
        Case(
            chain_of(row, authorities),
            has_key=row.key_id is not None,
            wants_authority=row.wants_authority,
            host_name=row.server.host_name if row.server and "." in row.server.host_name else "",
        )
    )


class CertificateRequest(models.Model):
    """A request that waits for its certificate; the key is made and kept here (S40, S49)."""

    server = models.ForeignKey(Server, models.CASCADE, related_name="certificate_requests")
    der = models.BinaryField()
    name = models.CharField(max_length=255)
    is_ca = models.BooleanField()
    mark = models.CharField(max_length=4, default=str(Mark.BOTH))  # a Mark
    strength = models.CharField(max_length=8, default=str(Strength.STANDARD))  # a Strength
    key = models.ForeignKey(Secret, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    asked_by_name = models.CharField(max_length=150)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def x509(self) -> x509.CertificateSigningRequest:
        """Return the request as the library reads it."""
        return x509.load_der_x509_csr(bytes(self.der))
