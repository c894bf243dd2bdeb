"""What a person does about logins: test a credential on devices, and lift the lock-out guard."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count

from amt import guard
from amt.models import AmtSettings, CredentialTest
from amt.protocol.sentences import say
from amt.services.asking import items_for
from amt.services.connection import EXPIRY
from devices import audit, codes
from devices.models import Device, DeviceQuerySet, Job, JobItem, User
from devices.models.rights import Right, may
from devices.services import jobs
from vault.models import Secret

TASK = "amt.tasks.run_credential_items"
TITLE_CHARACTERS = 100


@transaction.atomic
def test_credential(
    *,
    devices: DeviceQuerySet,
    secret: Secret | None,
    intent: UUID,
    asked_by: User,
    once_more: bool,
) -> Job:
    """Write down one sign-in per device with ``secret``; None: with what each is used with.

    ``once_more``: also where the lock-out guard has stopped us, one attempt each. The same
    ``intent`` twice returns the first job.

    Raises:
        PermissionDenied: ``asked_by`` may not use credentials, or test any of the devices.
    """
    if not may(asked_by, Right.CREDENTIALS):
        raise PermissionDenied("You may not use credentials. Ask an administrator of the zone.")
    if job := jobs.existing(intent, asked_by):
        return job
    chosen = list(testable(devices, secret, asked_by).order_by("name", "pk"))
    if not chosen:
        raise PermissionDenied("You may not test a credential on any of these devices.")
    items = items_for(chosen)
    if secret and not once_more:
        _stop_repetition(items, secret)
    name = f" {secret.credential}" if secret else ""
    job, new = jobs.start(
        kind=Job.Kind.TEST_CREDENTIAL,
        task=TASK,
        title=f"{Job.Kind.TEST_CREDENTIAL.label}{name}"[:TITLE_CHARACTERS],
        items=items,
        asked_by=asked_by,
        intent=intent,
        expires_in=EXPIRY,
    )
    if new:
        CredentialTest.objects.create(job=job, secret=secret, once_more=once_more)
        told: dict[str, Any] = {"devices": len(chosen), "once_more": once_more}
        if secret:
            told |= {"credential": str(secret.credential), "secret": str(secret.pk)}
        audit.record(asked_by, "amt.test_credential", job, new=told)
    return job


def testable(devices: DeviceQuerySet, secret: Secret | None, user: User) -> DeviceQuerySet:
    """Return those of ``devices`` on which ``user`` may test ``secret``; one alone has one only."""
    allowed = devices.allowed(user, Right.READ_STATE)
    if secret and secret.amt_uuid:
        allowed = allowed.filter(amt_settings__uuid=secret.amt_uuid)
    return allowed


def _stop_repetition(items: Collection[JobItem], secret: Secret) -> None:
    """End what would show a device a password that it refused in two tests already."""
    refused = JobItem.objects.filter(
        job__credential_test__secret=secret,
        error_code="sign-in-refused",
        device__in=[item.device_id for item in items],
    )
    counted = refused.values_list("device").annotate(n=Count("pk"))
    had_enough = {pk for pk, number in counted if number >= guard.MOST_REFUSALS}
    for item in items:
        if item.device_id in had_enough and not item.is_finished:
            item.status, item.error_code = JobItem.Status.SKIPPED, guard.STOPPED
            item.message = say(guard.STOPPED, times=guard.MOST_REFUSALS)
            item.next_step = codes.step_of(guard.STOPPED)


@transaction.atomic
def try_again(*, device: Device, asked_by: User) -> None:
    """Forget what the device refused: its state is read soon, with two more tries.

    Raises:
        PermissionDenied: ``asked_by`` may not use credentials.
    """
    if not may(asked_by, Right.CREDENTIALS):
        raise PermissionDenied("You may not use credentials. Ask an administrator of the zone.")
    row = AmtSettings.objects.select_for_update().filter(device=device).first()
    if row is None:
        return
    audit.record(asked_by, "amt.try_again", device, old={"refusals": row.refusals})
    guard.lift(row)
