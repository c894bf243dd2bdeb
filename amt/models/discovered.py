"""Devices that were discovered: they said hello, or were found by a scan (S76-S79, S97)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils import timezone

from amt.constants import ProvisioningState
from devices.models import Device, Server
from devices.models.rights import Person, Right, may


class DiscoveredDeviceQuerySet(models.QuerySet["DiscoveredDevice"]):
    def visible_to(self, user: Person) -> Self:
        """Keep all of them for a person who sees the whole zone: they have no folder yet."""
        return self if may(user, Right.VIEW) else self.none()

    def search(self, text: str) -> Self:
        """Keep those whose name, address or UUID has each word."""
        found = self
        for word in text.split():
            plain = word.replace("-", "")
            by_uuid = models.Q(uuid_text__icontains=plain) if plain.isalnum() else models.Q()
            found = found.filter(
                models.Q(name__icontains=word) | models.Q(address__icontains=word) | by_uuid
            )
        return found

    def filtered(self, query: Mapping[str, str]) -> Self:
        """Keep what an address asks for: text of ``q``, ``state``, ``source``."""
        found = self.search(query.get("q", "").replace("\0", "").strip())
        if query.get("source") in DiscoveredDevice.Source.values:
            found = found.filter(source=query["source"])
        states = {str(value): value for value in DiscoveredDevice.State.values}
        if (state := query.get("state", "")) in states:
            found = found.filter(state=states[state])
        return found


class DiscoveredDevice(models.Model):
    """One Management Engine as it was heard of last; a repeat refreshes the row.

    It is known by its UUID; where a scan found an address that told none, by that address.
    """

    class Source(models.TextChoices):
        HELLO = "hello", "Hello message"
        SCAN = "scan", "Scan"

    class State(models.IntegerChoices):
        PRE = int(ProvisioningState.PRE), "Not set up"
        IN = int(ProvisioningState.IN), "Waits to be set up"
        POST = int(ProvisioningState.POST), "Set up"

    uuid = models.UUIDField(unique=True, null=True)
    uuid_text = models.CharField(max_length=32, blank=True)  # to be searched on any database
    address = models.GenericIPAddressField()
    name = models.CharField(max_length=255, blank=True)  # by reverse DNS
    name_asked_at = models.DateTimeField(null=True)  # when name servers were asked last
    source = models.CharField(max_length=5, choices=Source, default=Source.HELLO)
    state = models.PositiveSmallIntegerField(choices=State, null=True)  # None: not told
    firmware = models.CharField(max_length=20, blank=True)  # as told: 16.1, or 16.1.25.1424
    ports = models.JSONField(default=list)  # of TCP, that took a connection when it was scanned
    tls_version = models.CharField(max_length=10, blank=True)  # "TLS 1.2"
    # Of its hardware, once its inventory was read
    serial_number = models.CharField(max_length=100, blank=True)
    macs = models.JSONField(default=list)
    # Of its last hello; None and 0 while it has said none
    hello_version = models.PositiveSmallIntegerField(null=True)
    hello_count = models.PositiveIntegerField(default=0)
    retry_count = models.PositiveIntegerField(null=True)
    has_own_password = models.BooleanField(null=True)
    key_id = models.CharField(max_length=8, blank=True)  # PID of a version 2 hello
    hashes = models.JSONField(default=list)  # [algorithm, hex digits] of each trusted root
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)
    heard_at = models.DateTimeField(null=True)  # its last hello
    scanned_at = models.DateTimeField(null=True)
    server = models.ForeignKey(Server, models.SET_NULL, null=True, related_name="+")
    device = models.ForeignKey(Device, models.SET_NULL, null=True, related_name="discovered")

    objects: ClassVar = DiscoveredDeviceQuerySet.as_manager()

    class Meta:
        ordering = ["-seen_at", "pk"]

    def __str__(self) -> str:
        return self.name or str(self.address)

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("amt:discovered_device", args=[self.pk])

    @property
    def amt_version(self) -> str:
        """Return the version as lists show it: 16.1."""
        return ".".join(self.firmware.split(".")[:2])

    def valid_until(self, hours: int) -> datetime:
        """Return until when the entry is valid, if it is so for ``hours`` (D1)."""
        return self.seen_at + timedelta(hours=hours)

    def is_valid(self, hours: int) -> bool:
        """Return whether it still is."""
        return timezone.now() < self.valid_until(hours)

    def trusts(self, digests: set[tuple[str, str]]) -> bool:
        """Return whether one of ``digests`` (algorithm, hex digits) is among its hashes."""
        return any(tuple(one) in digests for one in self.hashes)
