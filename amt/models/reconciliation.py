"""When discovered and managed devices are brought together, and what came of it (S90-S96)."""

from typing import ClassVar

from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.urls import reverse

from amt.models.discovered import DiscoveredDevice
from amt.models.leased_run import LeasedRun, LeasedRunQuerySet
from devices.models import Device


class ReconciliationRunQuerySet(LeasedRunQuerySet["ReconciliationRun"]):
    pass


class ReconciliationRun(LeasedRun):
    """One reconciliation. A worker that dies has changed nothing; another one does it anew."""

    managed = models.PositiveIntegerField(default=0)
    discovered = models.PositiveIntegerField(default=0)
    already = models.PositiveIntegerField(default=0)  # together since an earlier run
    matched = models.PositiveIntegerField(default=0)
    conflicts = models.PositiveIntegerField(default=0)
    unmatched = models.PositiveIntegerField(default=0)
    never_inventoried = models.PositiveIntegerField(default=0)

    objects: ClassVar = ReconciliationRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                ExpressionWrapper(Q(finished_at=None), models.BooleanField()),
                condition=Q(finished_at=None),
                name="one_reconciliation_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"Reconciliation {self.pk}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("amt:reconciliation_run", args=[self.pk])


class ReconciliationLine(models.Model):
    """What a run says of one device, or of a pair about which a person is to decide."""

    class Kind(models.TextChoices):
        CONFLICT = "conflict", "To decide"
        MATCHED = "matched", "Brought together"
        UNMATCHED = "unmatched", "No managed device found"
        NEVER = "never", "Never inventoried"

    run = models.ForeignKey(ReconciliationRun, models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=9, choices=Kind)
    discovered = models.ForeignKey(DiscoveredDevice, models.SET_NULL, null=True, related_name="+")
    discovered_name = models.CharField(max_length=255, blank=True)
    device = models.ForeignKey(Device, models.SET_NULL, null=True, related_name="+")
    device_name = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=20, blank=True)  # matching.Reason
    confidence = models.PositiveSmallIntegerField(default=0)  # percent
    sentence = models.TextField(blank=True)

    objects: ClassVar = models.Manager["ReconciliationLine"]()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["run", "kind", "id"], name="reconciled_line_by_kind")]

    def __str__(self) -> str:
        return self.sentence


class ReconciliationDecision(models.Model):
    """What a person said of a pair; every later run keeps to it."""

    discovered = models.ForeignKey(DiscoveredDevice, models.CASCADE, related_name="decisions")
    device = models.ForeignKey(Device, models.CASCADE, related_name="+")
    is_same = models.BooleanField()
    decided_by = models.CharField(max_length=150)
    decided_at = models.DateTimeField(auto_now=True)

    objects: ClassVar = models.Manager["ReconciliationDecision"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["discovered", "device"], name="one_decision_of_a_pair"),
            models.UniqueConstraint(
                fields=["discovered"], condition=Q(is_same=True), name="one_pc_of_a_discovered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.discovered} is{'' if self.is_same else ' not'} {self.device}"
