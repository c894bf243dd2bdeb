"""What is scanned for Management Engines, when, and how each scan went."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from amt.models.leased_run import LeasedRun, LeasedRunQuerySet
from amt.models.planned import Planned
from devices.models import Server

RATE = [MinValueValidator(10), MaxValueValidator(20_000)]
AT_ONCE = [MinValueValidator(1), MaxValueValidator(500)]


class ScanOptions(models.Model):
    """How a scan goes about it."""

    uses_ports = models.BooleanField("Also try the ports of silent addresses", default=False)
    uses_names = models.BooleanField("Ask name servers for names", default=True)
    rate = models.PositiveIntegerField("Packets a second", default=1_000, validators=RATE)
    requests_at_once = models.PositiveIntegerField(
        "Requests at a time", default=5, validators=AT_ONCE
    )

    class Meta:
        abstract = True


class DiscoveryTask(ScanOptions, Planned):
    """Ranges of addresses that are scanned when a person asks, or by a schedule."""

    name = models.CharField(
        "Name",
        max_length=100,
        unique=True,
        error_messages={"unique": "There is a discovery task of that name."},
    )
    ranges = models.TextField("Address ranges")
    excluded = models.TextField("Excluded ranges", blank=True)
    server = models.ForeignKey(
        Server, models.PROTECT, verbose_name="Server", related_name="discovery_tasks"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = models.Manager["DiscoveryTask"]()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its editor."""
        return reverse("amt:discovery_task", args=[self.pk])


class DiscoveryRunQuerySet(LeasedRunQuerySet["DiscoveryRun"]):
    pass


class DiscoveryRun(ScanOptions, LeasedRun):
    """One scan, from its asking to its recorded outcome; a worker holds it by a lease."""

    task = models.ForeignKey(DiscoveryTask, models.CASCADE, null=True, related_name="runs")
    title = models.CharField(max_length=120)
    ranges = models.TextField()  # without what is excluded
    server = models.ForeignKey(Server, models.SET_NULL, null=True, related_name="+")
    address_count = models.PositiveIntegerField(default=0)
    asked = models.PositiveIntegerField(default=0)  # addresses that are dealt with: where to go on
    packets = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)

    objects: ClassVar = DiscoveryRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(finished_at=None, task__isnull=False),
                name="one_run_of_a_task_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("amt:discovery_run", args=[self.pk])

    @property
    def percent(self) -> int:
        """Return how much of it is done."""
        return 100 * self.asked // self.address_count if self.address_count else 100
