"""What a device or the console has to tell without being asked, until somebody acknowledges it."""

from typing import ClassVar

from django.db import models
from django.db.models import Count, Q

from devices.models.device import Device
from devices.models.rights import Person, Right, below, may

MOST_WORDS = 8  # of a search
OPEN = Q(acknowledged_at=None) & ~Q(severity="information")


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: Person) -> "MessageQuerySet":
        """Keep the messages of devices that this person may see."""
        return self.allowed(user, Right.VIEW)

    def allowed(self, user: Person, right: Right) -> "MessageQuerySet":
        """Keep the messages of devices on which this person holds ``right``."""
        if may(user, right):
            return self.all()
        return self.filter(below(user, right, "device__folder__path"))

    def open(self) -> "MessageQuerySet":
        """Keep those that nobody acknowledged and that are more than information."""
        return self.filter(OPEN)

    def counts_by_severity(self) -> dict[str, int]:
        """Return how many there are of each severity that there is, the gravest first."""
        counted = self.order_by().values_list("severity").annotate(n=Count("pk"))
        found = dict(counted)
        return {name: found[name] for name in Message.Severity.values if name in found}

    def search(self, text: str) -> "MessageQuerySet":
        """Keep those that have each word: in their text, their code or what names the device."""
        found = self
        for word in text.lower().split()[:MOST_WORDS]:
            told = Q(text__icontains=word) | Q(code__icontains=word)
            found = found.filter(told | Q(device__search_text__contains=word))
        return found


class Message(models.Model):
    """One thing that a device told. The same thing told again is not written again."""

    class Severity(models.TextChoices):
        ERROR = "error", "Error"
        WARNING = "warning", "Warning"
        INFORMATION = "information", "Information"

    class Source(models.TextChoices):
        EVENT_LOG = "event-log", "Event log"
        ALERT = "alert", "Live alert"

    device = models.ForeignKey(Device, models.CASCADE, related_name="messages")
    severity = models.CharField(max_length=11, choices=Severity)
    source = models.CharField(max_length=9, choices=Source)
    code = models.CharField(max_length=64, blank=True)  # of the source: "iAMT0005", a sensor's name
    text = models.TextField()
    happened_at = models.DateTimeField(null=True)  # by the clock of the device, if it has one
    recorded_at = models.DateTimeField(auto_now_add=True)
    key = models.CharField(max_length=64)  # what makes it the same message for this device
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)

    objects: ClassVar = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["device", "key"], name="one_message_of_a_key")
        ]
        indexes = [
            models.Index(fields=["device", "-recorded_at", "-id"], name="message_by_device"),
            models.Index(fields=["-recorded_at", "-id"], name="message_by_time"),
            models.Index(
                fields=["-recorded_at", "-id"],
                name="message_open",
                condition=Q(acknowledged_at=None),
            ),
            models.Index(
                fields=["severity", "-recorded_at", "-id"],
                name="message_open_by_severity",
                condition=Q(acknowledged_at=None),
            ),
            models.Index(
                fields=["acknowledged_at"],
                name="message_to_purge",
                condition=Q(acknowledged_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.text
