"""Orders are rows first: double clicks, rights, turns, stop, expiry, retry, dead workers."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from amt.constants import PowerState
from devices.models import Device, Job, JobItem, Setting
from devices.models.rights import Role
from devices.services import jobs
from devices.services.job_lines import waits_for
from power.models import PowerAction
from power.services import orders
from power.work import run_power_items
from tests import factories


def all_of(*pcs) -> object:
    return Device.objects.filter(pk__in=[one.device.pk for one in pcs])


def test_a_double_click_is_one_task(pc):
    one, user, intent = pc(), factories.person(), uuid4()
    kwargs = {"devices": all_of(one), "action": PowerAction.OFF, "intent": intent, "asked_by": user}

    first, second = orders.order_power(**kwargs), orders.order_power(**kwargs)

    assert first.pk == second.pk
    assert JobItem.objects.count() == 1


@pytest.mark.services
def test_two_clicks_at_the_same_instant_are_one_task(pc):
    one, user, intent = pc(), factories.person(), uuid4()
    found, together = [], threading.Barrier(2)

    def click() -> None:
        together.wait()
        job = orders.order_power(
            devices=all_of(one), action=PowerAction.OFF, intent=intent, asked_by=user
        )
        found.append(job.pk)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 2
    assert len(set(found)) == 1


def test_somebody_elses_intent_is_refused(pc):
    one, intent = pc(), uuid4()
    kwargs = {"devices": all_of(one), "action": PowerAction.OFF, "intent": intent}
    orders.order_power(**kwargs, asked_by=factories.person())

    with pytest.raises(PermissionDenied):
        orders.order_power(**kwargs, asked_by=factories.person())


def test_an_operator_without_the_verb_is_refused_and_nothing_is_written(pc):
    one = pc()
    user = factories.person(Role.POWER_OPERATOR, one.device.folder, without=("power-reset",))

    with pytest.raises(PermissionDenied, match="You may not order Reset"):
        orders.order_power(
            devices=all_of(one), action=PowerAction.RESET, intent=uuid4(), asked_by=user
        )

    assert not Job.objects.exists()


def test_a_device_that_is_not_set_up_is_skipped_with_its_reason(pc):
    one, bare = pc(), factories.device()
    job = orders.order_power(
        devices=Device.objects.filter(pk__in=[one.device.pk, bare.pk]),
        action=PowerAction.OFF,
        intent=uuid4(),
        asked_by=factories.person(),
    )

    line = job.items.get(device=bare)
    assert (line.status, line.error_code, line.next_step) == ("skipped", "not-set-up", "set-up")


def test_the_second_order_waits_for_the_first_and_ten_seconds_more(pc):
    one = pc(power=PowerState.ON)
    first, second = one.ask(PowerAction.OFF), one.ask(PowerAction.ON)

    run_power_items([first.pk])
    run_power_items([second.pk])

    second.refresh_from_db()
    assert second.status == "waiting"
    Device.objects.update(last_order_at=timezone.now() - timedelta(seconds=11))
    run_power_items([second.pk])
    second.refresh_from_db()
    assert (second.status, len(one.engine.orders)) == ("done", 2)


def test_the_sending_server_goes_last(pc):
    ordinary, sender = pc(power=PowerState.ON), pc(power=PowerState.ON)
    sender.device.amt_settings.server.device = sender.device
    sender.device.amt_settings.server.save()
    job = orders.order_power(
        devices=all_of(ordinary, sender),
        action=PowerAction.OFF,
        intent=uuid4(),
        asked_by=factories.person(),
    )
    last, other = job.items.get(device=sender.device), job.items.get(device=ordinary.device)
    assert (last.is_last, other.is_last) == (True, False)

    run_power_items([last.pk])
    last.refresh_from_db()
    assert last.status == "waiting"

    run_power_items([other.pk])
    run_power_items([last.pk])
    last.refresh_from_db()
    assert last.status == "done"


def test_the_sending_server_can_be_left_out(pc):
    sender = pc(power=PowerState.ON)
    line = sender.ask(PowerAction.OFF, leave_out=[sender.device.pk])

    assert (line.status, line.error_code) == ("skipped", "left-out")


def test_stopped_items_send_nothing(pc):
    one = pc(power=PowerState.ON)
    line = one.ask(PowerAction.OFF)

    stopped = jobs.stop(job=line.job, asked_by=line.job.asked_by)
    run_power_items([line.pk])

    line.refresh_from_db()
    assert (stopped, line.status) == (1, "stopped")
    assert line.message.startswith(f"Stopped by {line.job.asked_by_name}")
    assert one.engine.orders == []
    line.job.refresh_from_db()
    assert line.job.is_finished


def test_a_monitor_may_not_stop(pc):
    one = pc()
    line = one.ask(PowerAction.OFF)

    with pytest.raises(PermissionDenied):
        jobs.stop(job=line.job, asked_by=factories.person(Role.MONITOR))


def test_an_order_past_its_time_expires_unsent_and_names_the_silent_server(pc):
    one = pc(power=PowerState.ON)
    line = one.ask(PowerAction.OFF)
    line.server.heartbeat_at = timezone.now() - timedelta(minutes=20)
    line.server.save()
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    Job.objects.update(expires_at=timezone.now() - timedelta(minutes=1))

    jobs.tick()
    run_power_items([line.pk])

    line.refresh_from_db()
    assert (line.status, line.error_code) == ("expired", "server-silent")
    assert line.message == f"{line.server} was silent for 15 min, so this order ended unsent."
    assert one.engine.orders == []


def test_a_dead_worker_leaves_running_items_to_others_and_sending_ones_unknown(pc):
    running, sending = pc().ask(PowerAction.OFF), pc().ask(PowerAction.OFF)
    past = timezone.now() - timedelta(seconds=5)
    dead = {"lease_token": uuid4(), "lease_until": past}
    JobItem.objects.filter(pk=running.pk).update(status="running", **dead)
    JobItem.objects.filter(pk=sending.pk).update(status="sending", sent_at=past, **dead)

    jobs.tick()

    running.refresh_from_db()
    sending.refresh_from_db()
    assert running.status == "waiting"
    assert (sending.status, sending.error_code) == ("unknown", "worker-lost")


def test_an_item_being_verified_is_looked_at_again_after_its_worker_died(pc):
    one = pc(power=PowerState.OFF_SOFT)
    line = one.ask(PowerAction.OFF)
    past = timezone.now() - timedelta(seconds=5)
    JobItem.objects.filter(pk=line.pk).update(
        status="verifying", sent_at=past, lease_token=uuid4(), lease_until=past, attempt_count=1
    )

    run_power_items([line.pk])

    line.refresh_from_db()
    assert line.status == "done"
    assert one.engine.orders == []


def test_only_what_was_surely_not_carried_out_is_safe_to_retry(pc):
    reset = pc().ask(PowerAction.RESET)
    for status, sent, safe in [
        ("failed", False, True),
        ("expired", False, True),
        ("stopped", False, True),
        ("unknown", False, True),
        ("unknown", True, False),
        ("accepted", True, False),
        ("done", True, False),
    ]:
        JobItem.objects.filter(pk=reset.pk).update(
            status=status, sent_at=timezone.now() if sent else None
        )
        assert orders.safe_to_retry(reset.job).exists() is safe, (status, sent)


def test_power_on_without_effect_is_safe_to_retry(pc):
    line = pc().ask(PowerAction.ON)
    JobItem.objects.filter(pk=line.pk).update(status="accepted", sent_at=timezone.now())

    again = orders.retry(job=line.job, intent=uuid4(), asked_by=line.job.asked_by)

    assert again.retry_of == line.job
    assert again.items.get().device == line.device


def test_history_outlives_the_device(pc):
    one = pc(power=PowerState.ON)
    line = one.order(PowerAction.OFF)

    one.device.delete()

    line.refresh_from_db()
    assert line.device is None
    assert line.device_name == one.device.name


def test_three_tasks_for_one_device_run_one_after_the_other_and_hold_up_nobody(pc):
    busy, free = pc(power=PowerState.ON), pc(power=PowerState.ON)
    lines = [busy.ask(PowerAction.OFF), busy.ask(PowerAction.ON), busy.ask(PowerAction.OFF)]
    other = free.ask(PowerAction.OFF)

    for _ in range(3):
        Device.objects.update(last_order_at=None)
        run_power_items([line.pk for line in [*lines, other]])

    assert [JobItem.objects.get(pk=line.pk).status for line in lines] == ["done"] * 3
    assert len(busy.engine.orders) == 3
    other.refresh_from_db()
    assert other.status == "done"


def test_a_worker_that_stops_in_good_order_gives_back_what_it_has_not_sent(pc):
    running, verifying = pc().ask(PowerAction.OFF), pc().ask(PowerAction.OFF)
    token, later = uuid4(), timezone.now() + timedelta(seconds=60)
    mine = {"lease_token": token, "lease_until": later}
    JobItem.objects.filter(pk=running.pk).update(status="running", **mine)
    JobItem.objects.filter(pk=verifying.pk).update(status="verifying", **mine)

    JobItem.objects.give_back(token)

    running.refresh_from_db()
    assert (running.status, running.lease_token) == ("waiting", None)
    assert set(JobItem.objects.all().claimable()) == {running, verifying}


def test_a_retry_above_the_limit_asks_for_the_number_first(pc, client):
    Setting.objects.create(key="power.typed_count", value=1)
    one, two, user = pc(), pc(), factories.person()
    job = orders.order_power(
        devices=all_of(one, two), action=PowerAction.RESET, intent=uuid4(), asked_by=user
    )
    jobs.stop(job=job, asked_by=user)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    answer = client.post(
        reverse("power:retry", args=[job.pk]), {"intent": uuid4()}, headers={"HX-Request": "true"}
    )

    assert answer.headers["HX-Retarget"] == "#dialog-body"
    assert answer.context["chosen"].must_type
    assert Job.objects.count() == 1


def test_a_waiting_line_names_the_task_that_comes_first_on_its_device(pc):
    one = pc()
    first, second = one.ask(PowerAction.OFF), one.ask(PowerAction.ON)

    assert waits_for([second]) == {second.pk: first}
    assert waits_for([first]) == {}
