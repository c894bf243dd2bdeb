"""Jobs: start one, stop what is left of it, and keep all of them moving."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from devices import audit, codes
from devices.codes import LEFT_OFF
from devices.models import Device, Job, JobItem, JobItemQuerySet, Server, User, deletion
from devices.models.job import BEGUN_AGAIN
from devices.models.rights import Person, Right, below
from devices.services import bell

BY_SCHEDULE = "Schedule"  # who asks when no person does
RING_AGAIN_AFTER = timedelta(seconds=30)
RING_AT_MOST = 5_000  # items a tick
LOOK_AT_LEAST = timedelta(minutes=15)  # how long a look is waited for after its worker died


def existing(intent: UUID, asked_by: User) -> Job | None:
    """Return the job of this intent, if it was asked for before: a double click is one order (D21).

    Raises:
        PermissionDenied: the intent is somebody else's.
    """
    job = Job.objects.filter(intent=intent).first()
    if job and job.asked_by_id != asked_by.pk:
        raise PermissionDenied("This task was asked for by somebody else.")
    return job


@transaction.atomic
def start(
    *,
    kind: str,
    task: str,
    title: str,
    items: Sequence[JobItem],
    asked_by: User | None,
    intent: UUID,
    expires_in: timedelta,
    is_order: bool = False,
    resumes: bool = False,
    retry_of: Job | None = None,
) -> tuple[Job, bool]:
    """Write the job and its items, and ring once this is committed; return it and "is it new".

    ``asked_by`` None is a schedule. The same ``intent`` twice returns the first job. Items that
    are final already stay as they are.
    """
    deletion.writing_lines()
    job, new = Job.objects.get_or_create(
        intent=intent,
        defaults={
            "kind": kind,
            "task": task,
            "title": title,
            "is_order": is_order,
            "resumes": resumes,
            "asked_by": asked_by,
            "asked_by_name": asked_by.get_username() if asked_by else BY_SCHEDULE,
            "expires_at": Now() + expires_in,
            "device_count": len(items),
            "retry_of": retry_of,
        },
    )
    if not new:
        return (existing(intent, asked_by) if asked_by else None) or job, False
    job.refresh_from_db()
    _forget_deleted(items)
    for position, item in enumerate(items):
        item.job, item.position = job, position
        item.finished_at = job.created_at if item.is_finished else None
    JobItem.objects.bulk_create(items, batch_size=1000)
    Job.objects.filter(pk=job.pk).finish()
    transaction.on_commit(lambda: ring_job(job.pk), robust=True)
    return job, True


def _forget_deleted(items: Sequence[JobItem]) -> None:
    """Take devices and servers out that were deleted since ``items`` were made."""
    pks = {item.device_id for item in items if item.device_id}
    there = set(Device.objects.filter(pk__among=pks).values_list("pk", flat=True))
    servers = set(Server.objects.values_list("pk", flat=True))
    for item in items:
        if item.device_id not in there:
            item.device = None
        if item.server_id not in servers:
            item.server = None


def ring_job(pk: int) -> None:
    """Ring for what a new job may begin at once."""
    waiting = JobItem.objects.waiting().due().filter(job=pk, is_last=False, rung_at=None)
    bell.ring(waiting.select_related("job", "server"))


@transaction.atomic
def stop(*, job: Job, asked_by: User) -> int:
    """End every item of which nothing was sent yet, and return how many that were.

    Raises:
        PermissionDenied: not the person's own job, and no right to act on its devices.
    """
    items = JobItem.objects.filter(job=job).visible_to(asked_by)
    if job.asked_by_id != asked_by.pk:
        items = _stoppable_by(asked_by, items)
    unsent = items.filter(status__in=[JobItem.Status.WAITING, JobItem.Status.RUNNING], sent_at=None)
    stopped = unsent.update(
        status=JobItem.Status.STOPPED,
        error_code="stopped",
        message=f"Stopped by {asked_by.get_username()} before anything was sent.",
        next_step=codes.step_of("stopped"),
        finished_at=Now(),
    )
    Job.objects.filter(pk=job.pk).finish()
    audit.record(asked_by, "job.stop", job, new={"devices": stopped})
    return stopped


def may_stop(job: Job, user: Person) -> bool:
    """Return whether ``user`` may stop lines of ``job``: their own, or of devices they act on."""
    if job.asked_by_id == user.pk:
        return True
    items = JobItem.objects.filter(job=job)
    return items.filter(below(user, Right.READ_STATE, "device__folder__path")).exists()


def _stoppable_by(user: User, items: JobItemQuerySet) -> JobItemQuerySet:
    allowed = items.filter(device__in=Device.objects.allowed(user, Right.READ_STATE))
    if not allowed.exists():
        raise PermissionDenied("You may look at this task, not stop it.")
    return allowed


def tick() -> None:
    """Close what died, expire what waited too long, ring for what was not taken."""
    close_dead_leases()
    expire()
    ring_waiting()


def close_dead_leases() -> None:
    """Put items of dead workers back, or close them where something may have been sent.

    A *running* one goes back to waiting: nothing was sent. So does a *sending* one of a job that
    resumes; of any other it becomes unknown and is never sent again (D12). A *verifying* one
    stays: its order was accepted, another worker looks.
    """
    dead = JobItem.objects.filter(lease_until__lt=Now())
    dead.filter(BEGUN_AGAIN).update(
        status=JobItem.Status.WAITING, lease_token=None, lease_until=None, rung_at=None
    )
    sending = dead.filter(status=JobItem.Status.SENDING)
    jobs = list(sending.values_list("job", flat=True).distinct())
    sending.update(
        status=JobItem.Status.UNKNOWN,
        error_code="worker-lost",
        message="The server stopped while this order was going out. Not sent again.",
        next_step=codes.step_of("worker-lost"),
        finished_at=Now(),
    )
    dead.filter(status=JobItem.Status.VERIFYING, rung_at__lt=F("lease_until")).update(rung_at=None)
    Job.objects.filter(pk__in=jobs).finish()


def expire() -> None:
    """End the items of jobs that are past their time: nothing is sent late (D13)."""
    waiting = JobItem.objects.waiting().filter(expires_at__lte=Now()).values("job")
    late = Job.objects.unfinished().filter(Q(expires_at__lte=Now()) | Q(pk__in=waiting))
    for job in late:
        _expire_waiting(job)
        abandoned = Q(status=JobItem.Status.VERIFYING, lease_until__lt=Now() - LOOK_AT_LEAST)
        job.items.filter(abandoned).update(
            status=JobItem.Status.ACCEPTED,
            error_code="not-confirmed",
            message="The device said yes, but the server stopped before it could look.",
            next_step="read-state",
            finished_at=Now(),
        )
    Job.objects.filter(pk__in=[job.pk for job in late]).finish()


def _expire_waiting(job: Job) -> None:
    waiting = job.items.waiting().late()
    if not (first := waiting.first()):
        return
    waited = first.ends_unsent_at - (first.due_at or job.created_at)
    minutes = round(waited.total_seconds() / 60)
    waiting.filter(sent_at__isnull=False).update(
        status=JobItem.Status.UNKNOWN,
        error_code="left-off",
        message=LEFT_OFF.sentence,
        next_step=LEFT_OFF.step,
        finished_at=Now(),
    )
    for server in {item.server for item in waiting.select_related("server").distinct()}:
        silent = server is None or not server.is_online
        code = "server-silent" if silent else "turn-not-come"
        who = server.name if server else "The server"
        waiting.filter(server=server).update(
            status=JobItem.Status.EXPIRED,
            error_code=code,
            message=(
                f"{who} was silent for {minutes} min, so this order ended unsent."
                if silent
                else f"Its turn did not come within {minutes} min, so this order ended unsent."
            ),
            next_step=codes.step_of(code),
            finished_at=Now(),
        )


def forget_bells(queue: str) -> None:
    """Have what waits for a site rung for again: its worker is new, older bells may be lost."""
    JobItem.objects.waiting().filter(server__queue=queue).update(rung_at=None)


def ring_waiting() -> None:
    """Ring for claimable items whose bell was lost, refused, or never rung."""
    unheard = Q(rung_at=None) | Q(rung_at__lt=Now() - RING_AGAIN_AFTER)
    items = JobItem.objects.claimable().filter(unheard).select_related("job", "server")
    bell.ring(items.order_by("job_id", "position")[:RING_AT_MOST])
