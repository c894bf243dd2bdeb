"""What was asked (Job), of which device (JobItem), and each try at it (Attempt).

The rows are the truth; the broker only rings a bell. A claim is a lease; every later step is one
UPDATE that is guarded by the lease's token, on the database's clock.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid4

from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from devices.models import rights
from devices.models.device import Device
from devices.models.server import Server

BETWEEN_ORDERS = timedelta(seconds=10)  # the first must get through the BIOS (D22)
# Of an item: its own time of expiry counts before its job's; without a time it is due at once
IN_TIME = Q(expires_at__gt=Now()) | Q(expires_at=None, job__expires_at__gt=Now())
DUE = Q(due_at=None) | Q(due_at__lte=Now())
# Of an item without a worker: nothing was sent, or what was sent may be looked at and gone on with
BEGUN_AGAIN = Q(status="running") | Q(status="sending", job__resumes=True)


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: rights.Person) -> "JobQuerySet":
        """Keep the jobs this person asked for, or that reach a device they may see."""
        if rights.may(user, rights.Right.VIEW):
            return self
        seen = JobItem.objects.filter(job=OuterRef("pk")).visible_to(user)
        return self.filter(Q(asked_by=user.pk) | Exists(seen)) if user.pk else self.none()

    def unfinished(self) -> "JobQuerySet":
        return self.filter(finished_at=None)

    def filtered(self, query: Mapping[str, str]) -> "JobQuerySet":
        """Keep what an address asks for: ``show`` running or mine, ``kind``, text of ``q``."""
        found = self
        if query.get("show") == "running":
            found = found.unfinished()
        if (kind := query.get("kind")) in Job.Kind.values:
            found = found.filter(kind=kind)
        if text := query.get("q", "").strip():
            number = (
                Q(pk=int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else Q()
            )
            words = Q(title__icontains=text) | Q(asked_by_name__icontains=text)
            found = found.filter(words | number if number else words)
        return found

    def finish(self) -> int:
        """Mark as finished the jobs among these of which no item is unfinished."""
        left = JobItem.objects.unfinished().filter(job=OuterRef("pk"))
        return self.unfinished().filter(~Exists(left)).update(finished_at=Now())


class Job(models.Model):
    """One intent: an act, asked for once, on a set of devices that is frozen when it is asked."""

    class Kind(models.TextChoices):
        POWER = "power", "Power Management"
        READ_STATE = "read-state", "Read power state"
        TEST_CONNECTION = "test-connection", "Test connection"
        TEST_CREDENTIAL = "test-credential", "Test credential"
        PROVISION = "provision", "Provision"
        UNPROVISION = "unprovision", "Unprovision"
        READ_INVENTORY = "read-inventory", "Read inventory"
        SUBSCRIBE_ALERTS = "subscribe-alerts", "Subscribe to alerts"
        UNSUBSCRIBE_ALERTS = "unsubscribe-alerts", "Unsubscribe from alerts"

    intent = models.UUIDField(unique=True, default=uuid4)
    kind = models.CharField(max_length=20, choices=Kind)
    task = models.CharField(max_length=100)  # name of the Celery task that carries out the items
    title = models.CharField(max_length=100)
    is_order = models.BooleanField(
        default=False
    )  # changes the device, so orders keep their distance
    # Each of its steps looks before it acts: a line whose worker died is begun again
    resumes = models.BooleanField(default=False)
    # None: a schedule, or somebody who has gone
    asked_by = models.ForeignKey("devices.User", models.SET_NULL, null=True, related_name="jobs")
    asked_by_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    device_count = models.PositiveIntegerField(default=0)
    retry_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="retries")

    # What a page adds to what it shows
    counts: dict[str, int]
    to_look_at: list[tuple[str, str]]

    objects: ClassVar = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(finished_at=None), name="job_unfinished"
            ),
            models.Index(fields=["asked_by", "-id"], name="job_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.device_count} device{'' if self.device_count == 1 else 's'}"

    def get_absolute_url(self) -> str:
        """Return the permanent address of the task page."""
        return reverse("devices:job", args=[self.pk])

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    @property
    def is_about_power(self) -> bool:
        """Return whether its lines tell a power state before and after."""
        return self.kind in (self.Kind.POWER, self.Kind.READ_STATE)

    @property
    def seconds(self) -> float | None:
        """Return how long it took, in seconds; None while it runs."""
        if self.finished_at is None:
            return None
        # One is told by the database's clock, the other by ours.
        return max(0.0, (self.finished_at - self.created_at).total_seconds())


class JobItemQuerySet(models.QuerySet["JobItem"]):
    def visible_to(self, user: rights.Person) -> "JobItemQuerySet":
        """Keep the lines of devices this person may see; lines of deleted ones for zone rights."""
        if rights.may(user, rights.Right.VIEW):
            return self
        return self.filter(rights.below(user, rights.Right.VIEW, "device__folder__path"))

    def waiting(self) -> "JobItemQuerySet":
        return self.filter(status=JobItem.Status.WAITING)

    def active(self) -> "JobItemQuerySet":
        return self.filter(status__in=JobItem.ACTIVE)

    def unfinished(self) -> "JobItemQuerySet":
        return self.filter(status__in=[JobItem.Status.WAITING, *JobItem.ACTIVE])

    def counts_by_code(self) -> dict[tuple[str, str], int]:
        """Return how many of these items have each status and code that occur."""
        rows = self.order_by().values_list("status", "error_code").annotate(n=Count("pk"))
        return {(status, code): number for status, code, number in rows}

    def counts(self) -> dict[str, int]:
        """Return how many of these items have each status that occurs."""
        rows = self.order_by().values_list("status").annotate(n=Count("pk"))
        return dict(rows)

    def counts_by_job(self, jobs: Collection[int]) -> dict[int, dict[str, int]]:
        """Return for each of ``jobs`` how many of these items have each status that occurs."""
        rows = self.filter(job__in=jobs).order_by().values_list("job", "status")
        found: dict[int, dict[str, int]] = {}
        for job, status, number in rows.annotate(n=Count("pk")):
            found.setdefault(job, {})[status] = number
        return found

    def matching(self, text: str) -> "JobItemQuerySet":
        """Keep the items whose device, address or sentence has ``text``."""
        return self.filter(
            Q(device_name__icontains=text)
            | Q(device_address__icontains=text)
            | Q(message__icontains=text)
            | Q(error_code__icontains=text)
        )

    def in_time(self) -> "JobItemQuerySet":
        """Keep the items that have not expired: their own time counts before their job's."""
        return self.filter(IN_TIME)

    def late(self) -> "JobItemQuerySet":
        """Keep the items that have expired."""
        return self.filter(~IN_TIME)

    def due(self) -> "JobItemQuerySet":
        """Keep the items that may start now, as far as the clock has a say."""
        return self.filter(DUE)

    def claimable(self) -> "JobItemQuerySet":
        """Keep what a worker may begin now: due, unexpired, its device free, its turn come.

        Of several that wait for one device only the oldest, so that one claim never takes two.
        A server that sends goes last: after all others of its job, and all it has to send itself.
        Also items whose worker died while *verifying*: their order was accepted, so what is left
        to do is to look.
        """
        others = JobItem.objects.filter(device=OuterRef("device")).exclude(pk=OuterRef("pk"))
        older = others.waiting().in_time().due().filter(pk__lt=OuterRef("pk"))
        of_job = Q(job=OuterRef("job"))
        to_send = Q(server__device=OuterRef("device"), job__is_order=True)
        earlier = JobItem.objects.unfinished().filter(of_job | to_send, is_last=False)
        rested = Q(job__is_order=False) | ~Q(device__last_order_at__gt=Now() - BETWEEN_ORDERS)
        begin = (
            Q(status=JobItem.Status.WAITING, device__isnull=False)
            & DUE
            & IN_TIME
            & (rested | Q(device__last_order_at=None))
            & ~Exists(others.active())
            & ~Exists(older)
            & (Q(is_last=False) | ~Exists(earlier))
        )
        look = Q(status=JobItem.Status.VERIFYING, lease_until__lt=Now())
        return self.filter(begin | look)

    def note_ring(self, pks: Sequence[int], at: "Now | None") -> None:
        """Write down when these items were rung for; one that is being claimed is let be.

        Rows that another transaction holds are left out, so that bell and claim never wait for
        each other in a circle.
        """
        with transaction.atomic():
            status = [JobItem.Status.WAITING, JobItem.Status.VERIFYING]
            rung = self.filter(pk__among=pks, status__in=status)
            free = rung.select_for_update(skip_locked=True)
            found = list(free.values_list("pk", flat=True))
            self.filter(pk__among=found).update(rung_at=at)

    def claim(self, pks: Sequence[int], *, token: UUID, seconds: int) -> "JobItemQuerySet":
        """Lease what is claimable of ``pks`` and return it; the others are somebody else's."""
        try:
            self._lease(pks, token, seconds)
        except DatabaseError:  # another worker took one of the devices, or the same rows, just now
            for pk in pks:
                with suppress(IntegrityError):
                    self._lease([pk], token, seconds)
        return self.filter(pk__among=pks, lease_token=token).active()

    def _lease(self, pks: Sequence[int], token: UUID, seconds: int) -> None:
        status = models.Case(
            models.When(status=JobItem.Status.WAITING, then=models.Value("running")),
            default=F("status"),
        )
        with transaction.atomic():
            self.filter(pk__among=pks).claimable().update(
                status=status,
                lease_token=token,
                lease_until=Now() + timedelta(seconds=seconds),
                started_at=models.functions.Coalesce("started_at", Now()),
            )

    def give_back(self, token: UUID) -> None:
        """End a lease in good order: what was not sent waits again, what was is looked at anew."""
        held = self.filter(lease_token=token)
        held.filter(BEGUN_AGAIN).update(
            status=JobItem.Status.WAITING, lease_token=None, lease_until=None, rung_at=None
        )
        held.filter(status=JobItem.Status.VERIFYING).update(
            lease_token=None, lease_until=Now(), rung_at=None
        )

    def renew(self, token: UUID, *, seconds: int) -> None:
        """Prolong the lease of all items held under ``token`` that have not lost it yet."""
        held = self.filter(lease_token=token, lease_until__gt=Now()).active()
        held.update(lease_until=Now() + timedelta(seconds=seconds))

    def may_send(self, pks: Collection[int], *, token: UUID) -> set[int]:
        """Mark the items as *sending* and return those for which that was still right.

        Left out are items that expired, were stopped, or whose lease is no longer ours.
        """
        before = [JobItem.Status.RUNNING, JobItem.Status.VERIFYING]
        with transaction.atomic():
            ours = self.filter(pk__among=pks, lease_token=token, lease_until__gt=Now())
            ours.in_time().filter(status__in=before).update(
                status=JobItem.Status.SENDING, sent_at=Now(), attempt_count=F("attempt_count") + 1
            )
            sending = ours.filter(status=JobItem.Status.SENDING)
            Device.objects.filter(pk__in=sending.values("device")).update(last_order_at=Now())
            return set(sending.values_list("pk", flat=True))


class JobItem(models.Model):
    """What one device has to do in one job, and what came of it."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        SENDING = "sending", "Sending"
        VERIFYING = "verifying", "Verifying"
        DONE = "done", "Done"
        ACCEPTED = "accepted", "Accepted"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "Unknown"
        SKIPPED = "skipped", "Skipped"
        EXPIRED = "expired", "Expired"
        STOPPED = "stopped", "Stopped"

    ACTIVE: ClassVar = [Status.RUNNING, Status.SENDING, Status.VERIFYING]
    FINAL: ClassVar = [
        Status.DONE,
        Status.ACCEPTED,
        Status.FAILED,
        Status.UNKNOWN,
        Status.SKIPPED,
        Status.EXPIRED,
        Status.STOPPED,
    ]

    # Without constraints and most indexes: see deletion.py. Those below begin with these columns
    job = models.ForeignKey(
        Job, models.CASCADE, related_name="items", db_index=False, db_constraint=False
    )
    position = models.PositiveIntegerField()
    device = models.ForeignKey(
        Device,
        models.SET_NULL,
        null=True,
        related_name="job_items",
        db_index=False,
        db_constraint=False,
    )
    device_name = models.CharField(max_length=100)  # as it was: the device may go, the line stays
    device_address = models.CharField(max_length=255, blank=True)
    server = models.ForeignKey(
        Server,
        models.SET_NULL,
        null=True,
        related_name="job_items",
        db_index=False,
        db_constraint=False,
    )
    is_last = models.BooleanField(
        default=False
    )  # the sending server itself: after all others (D11)
    send_anyway = models.BooleanField(default=False)  # although the state cannot be read (D19)

    status = models.CharField(max_length=9, choices=Status, default=Status.WAITING)
    error_code = models.CharField(max_length=32, blank=True)
    message = models.TextField(blank=True)
    next_step = models.CharField(max_length=32, blank=True)  # which link stands behind the sentence
    detail = models.TextField(blank=True)  # the device's own answer
    state_before = models.PositiveSmallIntegerField(null=True)
    state_after = models.PositiveSmallIntegerField(null=True)
    evidence = models.JSONField(default=dict)  # what was read before the order, to compare with

    due_at = models.DateTimeField(null=True)  # None: at once
    expires_at = models.DateTimeField(null=True)  # None: with its job
    rung_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    waits_for: "JobItem | None"  # set by the task page: what its device is busy with

    objects: ClassVar = JobItemQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "device"], name="one_item_per_device"),
            models.UniqueConstraint(
                fields=["device"],
                condition=Q(status__in=["running", "sending", "verifying"]),
                name="one_order_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["job", "status", "position"], name="item_by_status"),
            models.Index(fields=["device", "-id"], name="item_by_device"),
            models.Index(
                fields=["lease_until"],
                condition=Q(status__in=["running", "sending", "verifying"]),
                name="item_leased",
            ),
            models.Index(fields=["rung_at"], condition=Q(status="waiting"), name="item_to_ring"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status="waiting", expires_at__isnull=False),
                name="item_expiring",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_name}: {self.get_status_display()}"

    @property
    def is_finished(self) -> bool:
        return self.status in self.FINAL

    @property
    def is_planned(self) -> bool:
        """Return whether its time has not come yet."""
        if self.status != self.Status.WAITING or self.due_at is None:
            return False
        return self.due_at > timezone.now()

    @property
    def ends_unsent_at(self) -> datetime:
        """Return when it ends unsent if its turn does not come."""
        return self.expires_at or self.job.expires_at


class Attempt(models.Model):
    """One try at an item: when, what was sent, what came back, the state before and after."""

    item = models.ForeignKey(JobItem, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()
    what = models.CharField(max_length=100)
    answer = models.TextField(blank=True)
    state_before = models.PositiveSmallIntegerField(null=True)
    state_after = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="one_attempt_per_number")
        ]
