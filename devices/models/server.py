"""A worker site: the server whose workers talk to the AMT devices assigned to it."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

SILENT_AFTER = timedelta(seconds=60)


class Server(models.Model):
    """A worker site with its own Celery queue. Its row is made by the first worker of that name."""

    name = models.CharField(max_length=100)
    host_name = models.CharField(max_length=255, blank=True)
    queue = models.CharField(max_length=120, unique=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)  # an orderly stop, not a silence
    version = models.CharField(max_length=20, blank=True)
    reload_asked_at = models.DateTimeField(null=True, blank=True)  # "restart services" (S104)
    reloaded_at = models.DateTimeField(null=True, blank=True)
    # The managed device this server itself runs on, confirmed by a person (S113).
    device = models.ForeignKey(
        "devices.Device", models.SET_NULL, null=True, blank=True, related_name="servers"
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_server_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the server's page."""
        return reverse("devices:server", args=[self.pk])

    @property
    def is_online(self) -> bool:
        """Return whether a worker of this site was heard of lately."""
        return bool(
            self.heartbeat_at
            and not self.stopped_at
            and timezone.now() - self.heartbeat_at < SILENT_AFTER
        )
