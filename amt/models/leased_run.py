"""What runs of the console's own have in common: asked for, held by a worker's lease, ended."""

from datetime import timedelta
from typing import Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from devices.models import User

RING_AGAIN_AFTER = timedelta(seconds=30)


Run = TypeVar("Run", bound="LeasedRun")


class LeasedRunQuerySet(models.QuerySet[Run]):
    def free(self) -> Self:
        """Keep those that wait, or whose worker died."""
        waits = Q(status=LeasedRun.Status.WAITING)
        is_orphaned = Q(status=LeasedRun.Status.RUNNING, lease_until__lt=Now())
        return self.filter(waits | is_orphaned, finished_at=None)

    def to_ring(self) -> Self:
        """Keep those whose server has to be told, for the first time or again."""
        unheard = Q(rung_at=None) | Q(rung_at__lt=Now() - RING_AGAIN_AFTER)
        return self.free().filter(unheard)

    def late(self) -> Self:
        """Keep those that no worker took in time."""
        before = Now() - LeasedRun.EXPIRES_AFTER
        return self.filter(status=LeasedRun.Status.WAITING, finished_at=None, created_at__lt=before)

    def claim(self, pk: int, token: UUID, lease: timedelta) -> bool:
        """Lease one that is free; return whether it is ours."""
        return bool(
            self.free()
            .filter(pk=pk)
            .update(
                status=LeasedRun.Status.RUNNING,
                lease_token=token,
                lease_until=Now() + lease,
                started_at=Coalesce("started_at", Now()),
            )
        )

    def held(self, pk: int, token: UUID) -> Self:
        """Keep the one that is still ours."""
        return self.filter(pk=pk, lease_token=token, finished_at=None)


class LeasedRun(models.Model):
    """From its asking to its recorded outcome."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped"
        EXPIRED = "expired", "Expired"

    EXPIRES_AFTER = timedelta(minutes=15)  # unless a worker has taken it by then

    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    message = models.TextField(blank=True)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    asked_by_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None
