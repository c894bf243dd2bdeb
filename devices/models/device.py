"""A machine with Intel AMT, and what was last seen of its power."""

from datetime import timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Count, Q, Value, When
from django.db.models.functions import Lower, Now
from django.urls import reverse

from devices import names
from devices.models import rights
from devices.models.folder import Folder

POWER_GROUPS = ["on", "sleep", "off", "old", "unknown", "not-read"]
ON_STATES, SLEEP_STATES, OFF_STATES = [2], [3, 4, 7], [6, 8]
KNOWN_FOR = timedelta(days=1)
SIGN_IN_TROUBLE = ["sign-in-refused", "sign-in-stopped"]  # of ``unreadable_code``


class DeviceQuerySet(models.QuerySet["Device"]):
    def visible_to(self, user: rights.Person) -> "DeviceQuerySet":
        """Keep the devices this person may see."""
        return self.allowed(user, rights.Right.VIEW)

    def allowed(self, user: rights.Person, right: rights.Right) -> "DeviceQuerySet":
        """Keep the devices on which this person holds ``right``."""
        if rights.may(user, right):  # in the whole zone: no need to ask where each one is
            return self.all()
        return self.filter(rights.below(user, right, "folder__path"))

    def manageable(self) -> "DeviceQuerySet":
        """Keep the devices that are set up for AMT in one of the two modes (S9)."""
        return self.exclude(mode="")

    def below(self, folder: Folder) -> "DeviceQuerySet":
        """Keep the devices of ``folder`` and of all folders under it."""
        return self.filter(folder__path__startswith=folder.path)

    def with_power_group(self, *, old_after: timedelta) -> "DeviceQuerySet":
        """Annotate ``power_group``: on, sleep, off, old, unknown or not-read.

        A state older than ``old_after`` is *old*, older than a day *unknown*; neither ever counts
        as off (D19).
        """
        return self.annotate(
            power_group=Case(
                When(power_state=None, unreadable_since=None, then=Value("not-read")),
                When(unreadable_since__isnull=False, then=Value("unknown")),
                When(power_seen_at__lt=Now() - KNOWN_FOR, then=Value("unknown")),
                When(power_seen_at__lt=Now() - old_after, then=Value("old")),
                When(power_state__in=ON_STATES, then=Value("on")),
                When(power_state__in=SLEEP_STATES, then=Value("sleep")),
                When(power_state__in=OFF_STATES, then=Value("off")),
                default=Value("unknown"),
            )
        )

    def counts_by_power(self, *, old_after: timedelta, **others: Q) -> dict[str, int]:
        """Return how many of these devices are in each power group, in one pass over them.

        ``others`` are conditions to count on the way, by the name their number gets.
        """
        groups = self.with_power_group(old_after=old_after).order_by()
        grouped = groups.values_list("power_group")  # type: ignore[misc]  # annotated just now
        counted = {name: Count("pk", filter=condition) for name, condition in others.items()}
        found = dict.fromkeys([*POWER_GROUPS, *others], 0)
        for group, number, *numbers in grouped.annotate(n=Count("pk"), **counted):
            found[group] = number
            for name, more in zip(others, numbers, strict=True):
                found[name] += more
        return found

    def search(self, text: str) -> "DeviceQuerySet":
        """Keep the devices whose name, host name, address, model or serial number has each word."""
        found = self
        for word in text.lower().split():
            found = found.filter(search_text__contains=word)
        return found


class Device(models.Model):
    """A PC or server. The columns from ``mode`` on are copies that amt and power keep for lists."""

    class Mode(models.TextChoices):
        NOT_SET_UP = "", "Not set up"
        SMB = "smb", "SMB (manual setup)"
        ENTERPRISE = "enterprise", "Enterprise (admin control mode)"

    class Addressing(models.TextChoices):
        UNKNOWN = "", "Not known"
        DHCP = "dhcp", "DHCP"
        STATIC = "static", "Static"

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="devices")
    name = models.CharField(max_length=100)
    host_name = models.CharField("DNS name of the host", max_length=255, blank=True)
    host_addressing = models.CharField(
        "Host addressing", max_length=6, choices=Addressing, default=Addressing.UNKNOWN, blank=True
    )
    model = models.CharField(max_length=100, blank=True)
    serial_number = models.CharField(max_length=100, blank=True)
    description = models.TextField(blank=True)
    is_simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    mode = models.CharField(
        max_length=10, choices=Mode, default=Mode.NOT_SET_UP, blank=True, editable=False
    )
    amt_address = models.CharField(max_length=255, blank=True, editable=False)
    amt_version = models.CharField(max_length=20, blank=True, editable=False)
    connection = models.CharField(max_length=20, blank=True, editable=False)  # "TLS 1.2", "Plain"
    search_text = models.TextField(blank=True, editable=False)

    power_state = models.PositiveSmallIntegerField(null=True, editable=False)  # as last read
    os_state = models.PositiveSmallIntegerField(null=True, editable=False)
    power_seen_at = models.DateTimeField(null=True, editable=False)
    power_source = models.CharField(max_length=20, blank=True, editable=False)
    unreadable_since = models.DateTimeField(null=True, editable=False)
    unreadable_code = models.CharField(max_length=32, blank=True, editable=False)
    poll_due_at = models.DateTimeField(null=True, editable=False)
    last_order_at = models.DateTimeField(null=True, editable=False)
    # A person ordered its power: until then schedules leave it alone, and this is what they say
    held_until = models.DateTimeField(null=True, editable=False)
    held_because = models.TextField(blank=True, editable=False)

    objects: ClassVar = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "folder",
                Lower("name"),
                name="one_device_name_per_folder",
                violation_error_message="This folder already has a device of that name.",
            )
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="device_by_name"),
            models.Index(fields=["folder", "name", "id"], name="device_by_folder"),
            models.Index(fields=["power_state", "name", "id"], name="device_by_power"),
            models.Index(fields=["poll_due_at"], name="device_by_poll"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Keep the words of the search in step with the fields."""
        self.search_text = self.words()
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "search_text"}
        super().save(**kwargs)

    def get_absolute_url(self) -> str:
        """Return the address of the device's page."""
        return reverse("devices:device", args=[self.pk])

    def clean(self) -> None:
        """Refuse a name with characters that nobody sees."""
        if why := names.why_not(self.name) if self.name else "":
            raise ValidationError({"name": why})

    def words(self) -> str:
        """Return what the search looks at; who writes rows in bulk keeps it in ``search_text``."""
        words = [self.name, self.host_name, self.amt_address, self.model, self.serial_number]
        return " ".join(filter(None, words)).lower()
