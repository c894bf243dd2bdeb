"""*Subscribe to alerts* and *Unsubscribe from alerts*: told to each device, and read back."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid4

from django.utils import timezone

from amt import connect
from amt.alerts.addresses import listener_of, marks_of
from amt.models import AlertSubscription
from amt.protocol.errors import AmtError, AmtNoListener, AmtNotSetUp
from amt.work.each_device import failed, run_each_device
from devices.models import Device, JobItem
from devices.work import Outcome, Rows

AT_ONCE = 50  # devices of one worker task
State = AlertSubscription.State


def run_subscribe_items(item_pks: Sequence[int]) -> None:
    """Have the device of each of ``item_pks`` send its events here; the rows are the result."""
    run_each_device(item_pks, subscribe, at_once=AT_ONCE)


def run_unsubscribe_items(item_pks: Sequence[int]) -> None:
    """Have the device of each of ``item_pks`` send none here; the rows are the result."""
    run_each_device(item_pks, unsubscribe, at_once=AT_ONCE)


async def subscribe(access: connect.Access, item: JobItem, rows: Rows) -> Outcome:
    """Have one device send its events here. Begun again after a worker died, it ends the same."""
    pk = access.settings.device_id
    try:
        key = await rows.in_database(partial(_key, pk, asked_at=timezone.now()))
        if (listener := listener_of(key)) is None:
            raise AmtNoListener
        async with connect.Line(access) as line:
            await (await line.session()).subscribe(listener, marks=marks_of(key))
    except AmtError as error:
        if error.may_have_been_obeyed:
            await rows.in_database(partial(_doubt, pk))
        return await _ended(pk, error, rows)
    fields = {"state": State.ON, "address": listener.address, "failure": ""}
    await rows.in_database(partial(_write, pk, **fields))
    return Outcome(JobItem.Status.DONE, "Subscribed: the device lists this console.")


async def unsubscribe(access: connect.Access, item: JobItem, rows: Rows) -> Outcome:
    """Have one device send its events here no more."""
    pk = access.settings.device_id
    try:
        key = await rows.in_database(partial(_key, pk))
        async with connect.Line(access) as line:
            count = await (await line.session()).unsubscribe(marks=marks_of(key))
    except AmtError as error:
        return await _ended(pk, error, rows)
    fields = {"state": State.OFF, "address": "", "failure": "", "key": uuid4(), "last_turn": 0}
    await rows.in_database(partial(_write, pk, **fields))
    was = "Unsubscribed: the device lists this console no more."
    return Outcome(JobItem.Status.DONE, was if count else "It was not subscribed.")


async def _ended(pk: int, error: AmtError, rows: Rows) -> Outcome:
    await rows.in_database(partial(_write, pk, failure=str(error)[:500]))
    outcome = failed(error)
    if error.may_have_been_obeyed:
        outcome.status = JobItem.Status.UNKNOWN
    return outcome


def _key(device_pk: int, **fields: object) -> UUID:
    """Return the key of a device: with it its events may come from now on."""
    if not Device.objects.filter(pk=device_pk).exists():
        raise AmtNotSetUp(code="device-deleted")
    row, _ = AlertSubscription.objects.update_or_create(device_id=device_pk, defaults=fields)
    return row.key


def _doubt(device_pk: int) -> None:
    AlertSubscription.objects.filter(device=device_pk, state=State.OFF).update(state=State.ASKED)


def _write(device_pk: int, **fields: object) -> None:
    AlertSubscription.objects.filter(device=device_pk).update(**fields)
