"""The lock-out guard: no more than two refusals in a row, whoever signs in, until a person acts."""

from concurrent.futures import ThreadPoolExecutor
from threading import Timer
from uuid import uuid4

import pytest
from django.db import connection, connections

from amt import connect, guard
from amt.models import AmtSettings
from amt.protocol.errors import AmtBusy, AmtError
from amt.services.connection import test_connection as ask
from amt.services.settings import save_settings
from amt.simulator import Fault
from amt.work import run_connection_items
from devices.models import Device, Setting
from power.models import PowerAction
from power.services import preview
from power.services.orders import order_power
from power.services.readings import read_power_states
from power.work import poll_power_states, run_power_items, run_read_items
from tests import factories
from tests.fixtures.simulated import PASSWORD
from vault import services as vault

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wrong(transactional_db, simulated):
    """Return a device that is used with a wrong password."""
    Setting.objects.create(key="power.verify_seconds", value=5)
    made = simulated(tls=False)
    AmtSettings.objects.update(credential=factories.credential(password="Wrong-1-Wrong"))
    return made


def order(made, action=PowerAction.ON):
    devices = Device.objects.filter(pk=made.row.pk)
    job = order_power(devices=devices, action=action, intent=uuid4(), asked_by=factories.person())
    return carried_out(job, run_power_items)


def read(made):
    devices = Device.objects.filter(pk=made.row.pk)
    job = read_power_states(devices=devices, intent=uuid4(), asked_by=factories.person())
    return carried_out(job, run_read_items)


def connection_test(made):
    devices = Device.objects.filter(pk=made.row.pk)
    return carried_out(
        ask(devices=devices, intent=uuid4(), asked_by=factories.person()), run_connection_items
    )


def poll(made):
    poll_power_states([made.row.pk])


def carried_out(job, run):
    item = job.items.get()
    run([item.pk])
    item.refresh_from_db()
    return item


def code(made):
    made.row.refresh_from_db()
    return made.row.unreadable_code


WAYS = [order, read, connection_test, poll]


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_after_two_refusals_no_way_shows_the_login_again(wrong, first, second):
    first(wrong)
    second(wrong)
    assert wrong.machine.failed_sign_ins == 2
    assert code(wrong) == "sign-in-stopped"

    for way in WAYS:
        item = way(wrong)
        if item:
            assert (item.status, item.error_code) == ("failed", "sign-in-stopped")
            assert item.message.startswith("Refused 2 times; we stopped trying")
            assert item.next_step == "test-credential"

    assert wrong.machine.failed_sign_ins == 2


def test_first_refusal_is_told_as_one(wrong):
    item = order(wrong)

    assert (item.status, item.error_code) == ("failed", "sign-in-refused")
    assert AmtSettings.objects.get().refusals == 1
    assert code(wrong) == "sign-in-refused"


def test_acceptance_between_two_refusals_begins_anew(simulated):
    made = simulated(tls=False)
    for _ in range(3):
        made.machine.set_faults(Fault.WRONG_PASSWORD)
        read(made)
        made.machine.set_faults()
        assert read(made).status == "done"

    assert (AmtSettings.objects.get().refusals, AmtSettings.objects.get().tries) == (0, 0)
    assert code(made) == ""


def test_silence_is_no_refusal(simulated):
    made = simulated(fault="refuses")
    for _ in range(3):
        read(made)

    row = AmtSettings.objects.get()
    assert (row.refusals, row.tries) == (0, 0)


def stop(made):
    read(made)
    read(made)
    assert read(made).error_code == "sign-in-stopped"


def test_another_password_of_the_credential_lifts_it(wrong):
    stop(wrong)
    credential = AmtSettings.objects.get().credential

    vault.change_password(credential=credential, password=PASSWORD, by=None)
    assert code(wrong) == ""
    assert Device.objects.get().poll_due_at is None
    poll(wrong)

    assert code(wrong) == ""
    assert AmtSettings.objects.get().refusals == 0


def test_another_credential_lifts_it(wrong):
    stop(wrong)
    row = AmtSettings.objects.get()

    save_settings(
        device=wrong.row,
        asked_by=None,
        address=row.address,
        credential=factories.credential(password=PASSWORD),
        server=row.server,
        version=row.version,
    )

    assert code(wrong) == ""
    assert order(wrong).status == "done"


def test_another_password_that_is_wrong_too_is_shown_twice(wrong):
    stop(wrong)
    credential = AmtSettings.objects.get().credential

    vault.change_password(credential=credential, password="Other-1-Other", by=None)
    stop(wrong)

    assert wrong.machine.failed_sign_ins == 4


def test_reachable_again_with_another_cause_is_told_by_its_own_code(wrong):
    wrong.machine.set_faults(Fault.REFUSES)
    read(wrong)
    assert code(wrong) == "port-closed"
    wrong.machine.set_faults()
    read(wrong)

    assert code(wrong) == "sign-in-refused"


def test_no_number_of_workers_at_once_exceeds_two_refusals(wrong):
    rows = [Device.objects.get()]

    def enter(_: int) -> bool:
        try:
            found = connect.accesses(rows)
            return not isinstance(found[rows[0].pk], AmtError)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as workers:
        entered = list(workers.map(enter, range(8)))

    assert entered.count(True) == guard.MOST_REFUSALS


def test_many_polls_at_once_are_one_sign_in(wrong):
    def at_once(_: int) -> None:
        try:
            poll(wrong)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as workers:
        list(workers.map(at_once, range(6)))

    assert wrong.machine.failed_sign_ins <= guard.MOST_REFUSALS


def test_try_of_a_worker_that_died_is_forgotten_in_time(wrong):
    devices = [Device.objects.get()]
    for _ in range(2):
        connect.accesses(devices)
    third = connect.accesses(devices)[devices[0].pk]
    assert isinstance(third, AmtBusy), "nobody was refused, so nobody says so"

    AmtSettings.objects.update(tries_until="2020-01-01T00:00Z")

    assert isinstance(connect.accesses(devices)[devices[0].pk], connect.Access)


def test_guard_costs_the_same_queries_for_many_devices(
    managed_fleet, django_assert_max_num_queries
):
    made = managed_fleet(12, tls=False)
    devices = [one.row for one in made]

    with django_assert_max_num_queries(9) as asked:
        connect.accesses(devices)
    few = len(asked)
    AmtSettings.objects.update(tries=0)
    with django_assert_max_num_queries(few):
        connect.accesses(devices[:1])
    assert connection.vendor in ("postgresql", "sqlite")


def test_password_that_changes_under_way_is_not_shown_at_each_look(simulated):
    """The evidence is looked for many times; each look would sign in anew."""
    Setting.objects.create(key="power.verify_seconds", value=6)
    made = simulated(tls=False, fault="accepts-and-ignores")
    faults = (Fault.ACCEPTS_AND_IGNORES, Fault.WRONG_PASSWORD)
    changed = Timer(1.5, lambda: made.machine.set_faults(*faults))
    changed.start()

    item = order(made, PowerAction.OFF)

    changed.join()
    assert item.status == "accepted"
    assert 1 <= made.machine.failed_sign_ins <= 2  # the second: with a fresh nonce
    assert AmtSettings.objects.get().refusals == 1


def test_power_dialog_says_beforehand_that_nothing_will_be_sent(wrong):
    stop(wrong)
    user = factories.person()
    frozen = preview.freeze(Device.objects.all(), user)

    for shown in preview.preview_all(frozen):
        assert [device.pk for device in shown.stopped] == [wrong.row.pk]
        assert shown.ordered == []


def test_task_beside_a_poll_waits_after_one_refusal(wrong):
    read(wrong)
    devices = [Device.objects.get()]
    assert isinstance(
        connect.accesses(devices, policy=guard.BACKGROUND)[devices[0].pk], connect.Access
    )

    item = order(wrong)

    assert (item.status, item.error_code) == ("failed", "device-busy")
    assert item.message == "Others sign in to the device just now. Nothing sent."
    assert connect.accesses(devices, policy=guard.BACKGROUND) == {}
