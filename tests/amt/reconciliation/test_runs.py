"""Runs of reconciliation: many at once, one at a time, and while what they compare changes."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from amt.models import (
    DiscoveredDevice,
    ReconciliationRun,
    ZonePlan,
)
from amt.reconciliation.sides import Sides
from amt.services import discovery, plans, reconciliation
from amt.work import run_reconciliation
from devices.models import (
    AuditEntry,
    Device,
    Job,
    JobItem,
    Setting,
)
from devices.models.rights import Role
from devices.schedules import Rule
from tests import factories
from tests.amt.reconciliation.pcs import ONE, heard, ran, reported, set_up

pytestmark = pytest.mark.django_db
RECONCILE = ZonePlan.Task.RECONCILE


def test_an_engine_that_is_moved_while_a_run_compares_stays(monkeypatch):
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    set_up(engine, ONE)
    heard(ONE, device=engine)

    class OldSides(Sides):
        def __init__(self) -> None:
            super().__init__()
            Device.objects.filter(pk=engine.pk).update(folder=factories.folder("Closed"))

    monkeypatch.setattr("amt.work.reconciliation.Sides", OldSides)
    assert "another folder" in ran().lines.get().sentence
    assert set(Device.objects.all()) == {engine, pc}


def test_very_many_candidates_are_told_as_a_number():
    heard(serial_number="5CG1234")
    for number in range(15):
        reported(factories.device(f"pc-{number:02}"), serial_number="5CG1234")
    lines = ran().lines.all()
    assert len(lines) == 11
    assert "And 5 more" in lines[10].sentence


def test_who_forgets_entries_while_a_run_compares_undoes_nothing(client):
    reported(factories.device("pc-1"), ONE)
    heard(ONE, "amt-1")
    line = ran().lines.get()
    discovery.forget(rows=list(DiscoveredDevice.objects.all()), by=factories.person())
    line.refresh_from_db()
    assert (line.discovered, line.discovered_name) == (None, "amt-1")


def test_many_join_at_once_and_a_doubtful_one_among_them_stays_two():
    for number in range(20):
        engine, pc = factories.device(f"amt-{number}"), factories.device(f"pc-{number}")
        set_up(engine, UUID(int=10**30 + number))
        heard(UUID(int=10**30 + number), device=engine)
        reported(pc, UUID(int=10**30 + number))
        Setting.objects.create(device=engine, key="power.poll", value=number)
        if number % 5 == 0:
            Setting.objects.create(device=pc, key="power.poll", value=100)
        if number == 7:
            set_up(pc, None)
    run = ran()
    assert (run.matched, run.conflicts, Device.objects.count()) == (19, 1, 21)
    values = dict(Setting.objects.values_list("device__name", "value"))
    wanted = {f"pc-{n}": 100 if n % 5 == 0 else n for n in range(20) if n != 7}
    assert values == wanted | {"amt-7": 7}
    told = {
        e.target_name: e.new["left_behind"] for e in AuditEntry.objects.filter(verb="device.join")
    }
    assert {name for name, left in told.items() if left} == {"pc-0", "pc-5", "pc-10", "pc-15"}


def test_a_pc_that_is_renamed_while_a_run_compares_keeps_its_new_name(monkeypatch):
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    set_up(engine, ONE)
    heard(ONE, device=engine)

    class OldSides(Sides):
        def __init__(self) -> None:
            super().__init__()
            Device.objects.filter(pk=pc.pk).update(name="renamed", description="kept")

    monkeypatch.setattr("amt.work.reconciliation.Sides", OldSides)
    assert ran().matched == 1
    pc.refresh_from_db()
    assert (pc.name, pc.description, pc.mode) == ("renamed", "kept", "enterprise")


@pytest.mark.parametrize(("failures", "status", "said"), [(1, "done", ""), (2, "failed", "log")])
def test_a_run_whose_devices_go_meanwhile_is_tried_again_once(monkeypatch, failures, status, said):
    reported(factories.device("pc-1"), ONE)
    heard(ONE)
    tries = []

    class FailingSides(Sides):
        def __init__(self) -> None:
            super().__init__()
            tries.append(1)
            if len(tries) <= failures:
                raise KeyError("gone meanwhile")

    monkeypatch.setattr("amt.work.reconciliation.Sides", FailingSides)
    run = reconciliation.start(by=None)
    run_reconciliation([run.pk])
    run.refresh_from_db()
    assert (run.status, len(tries)) == (status, 2)
    assert said in run.message


def test_orders_under_way_are_waited_for():
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    heard(ONE, device=engine)
    job = Job.objects.create(kind=Job.Kind.POWER, task="t", title="t", expires_at=timezone.now())
    line = JobItem.objects.create(job=job, device=engine, device_name="amt-1", position=1)
    assert "orders are under way" in ran().lines.get().sentence
    line.status, line.finished_at = "done", timezone.now()
    line.save()
    assert ran().matched == 1
    assert Device.objects.get() == pc


def test_an_entry_that_becomes_a_device_while_a_run_compares_stays_there(monkeypatch):
    reported(factories.device("pc-1"), ONE)
    entry = heard(ONE)

    class OldSides(Sides):
        def __init__(self) -> None:
            super().__init__()
            made = factories.device("made", factories.folder("Secret"))
            DiscoveredDevice.objects.filter(pk=entry.pk).update(device=made)

    monkeypatch.setattr("amt.work.reconciliation.Sides", OldSides)
    ran()
    entry.refresh_from_db()
    assert entry.device.name == "made"


def test_who_may_not_configure_may_not_start_decide_or_plan():
    monitor = factories.person(Role.MONITOR)
    with pytest.raises(PermissionDenied):
        reconciliation.start(by=monitor)
    with pytest.raises(PermissionDenied):
        plans.save_rule(task=RECONCILE, rule=Rule(), by=monitor)


def test_one_run_at_a_time():
    assert reconciliation.start(by=None) == reconciliation.start(by=None)


def test_a_run_that_nobody_takes_says_so():
    run = reconciliation.start(by=None)
    ReconciliationRun.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    reconciliation.tick()
    run.refresh_from_db()
    assert run.status == "expired"
    assert "No server" in run.message
