"""Reconciliation with rows: brought together, joined, asked, decided, scheduled."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from amt.models import (
    AlertSubscription,
    AmtInventory,
    AmtSettings,
    DiscoveredDevice,
    ReconciliationDecision,
    ReconciliationLine,
    ReconciliationRun,
    ZonePlan,
)
from amt.models.planned import next_time
from amt.reconciliation.sides import Sides
from amt.services import discovery, managing, plans, reconciliation
from amt.work import run_reconciliation
from devices import audit
from devices.inventory_facts import record_facts
from devices.models import (
    AuditEntry,
    Device,
    Folder,
    HostReport,
    InventoryChange,
    InventoryFact,
    Job,
    JobItem,
    Setting,
)
from devices.models.rights import Role
from devices.schedules import Kind as Recur
from devices.schedules import Missed, Repeat, Rule
from tests import factories

pytestmark = pytest.mark.django_db
ONE = UUID("4c4c4544-0043-3510-8052-c7c04f4e3532")
TWO = UUID("5d5d5655-0043-3510-8052-c7c04f4e3532")
Kind, RECONCILE = ReconciliationLine.Kind, ZonePlan.Task.RECONCILE


def heard(uuid: UUID | None = None, name: str = "", **fields) -> DiscoveredDevice:
    number = DiscoveredDevice.objects.count() + 1
    now = timezone.now()
    return DiscoveredDevice.objects.create(
        uuid=uuid, address=f"10.1.2.{number}", name=name, first_seen_at=now, seen_at=now, **fields
    )


def reported(device: Device, uuid: UUID | None = None, **fields) -> Device:
    HostReport.objects.create(device=device, uuid=uuid, reported_at=timezone.now(), **fields)
    return device


def ran(by=None) -> ReconciliationRun:
    run = reconciliation.start(by=by)
    run_reconciliation([run.pk])
    run.refresh_from_db()
    assert run.status == "done", run.message
    return run


def test_a_discovered_device_joins_its_pc_and_stays_there():
    pc = reported(factories.device("pc-1"), ONE)
    entry = heard(ONE)
    run = ran()
    entry.refresh_from_db()
    assert entry.device == pc
    assert (run.matched, run.conflicts) == (1, 0)
    line = run.lines.get()
    assert (line.kind, line.reason, line.confidence) == (Kind.MATCHED, "uuid", 100)
    again = ran()
    assert (again.matched, again.already) == (0, 1)
    assert not again.lines.exists()


def test_the_page_of_a_reconciled_pc_shows_its_engine(client):
    pc = reported(factories.device("pc-1"), ONE)
    heard(ONE, firmware="16.1.25", state=1)
    ran()
    client.force_login(factories.person())
    page = client.get(reverse("amt:panel", args=[pc.pk])).content.decode()
    assert "Intel AMT 16.1 was discovered at" in page
    assert DiscoveredDevice.objects.get().get_absolute_url() in page
    assert ">Ready</span>" in page
    client.force_login(factories.person(Role.MONITOR, pc.folder))
    page = client.get(reverse("amt:panel", args=[pc.pk])).content.decode()
    assert "was discovered at 10.1.2.1" in page
    assert DiscoveredDevice.objects.get().get_absolute_url() not in page


def test_a_device_that_was_never_inventoried_is_named_and_left_alone():
    factories.device("pc-1")
    entry = heard(ONE, "pc-1.example.test")
    run = ran()
    assert run.never_inventoried == 1
    assert run.unmatched == 1
    assert run.lines.get(kind=Kind.NEVER).device_name == "pc-1"
    entry.refresh_from_db()
    assert entry.device is None


def set_up(device: Device, uuid: UUID | None) -> AmtSettings:
    site = factories.server()
    Device.objects.filter(pk=device.pk).update(mode="enterprise", amt_version="16.1")
    return AmtSettings.objects.create(
        device=device,
        mode="enterprise",
        address="10.1.2.1",
        credential=factories.credential(),
        server=site,
        uuid=uuid,
    )


def test_an_engine_that_was_set_up_and_a_pc_that_reported_become_one_with_both_histories():
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    kept = set_up(engine, ONE)
    heard(ONE, device=engine)
    AuditEntry.objects.all().delete()
    run = ran()
    assert run.matched == 1
    pc.refresh_from_db()
    kept.refresh_from_db()
    assert not Device.objects.filter(pk=engine.pk).exists()
    assert kept.device_id == pc.pk
    assert (pc.mode, pc.amt_version) == ("enterprise", "16.1")
    assert DiscoveredDevice.objects.get().device == pc
    assert AuditEntry.objects.filter(verb="device.join", target_id=str(pc.pk)).exists()


def test_an_engine_whose_serial_number_was_read_still_joins_its_pc():
    engine = factories.device("amt-1", serial_number="5CG1234")
    pc = reported(factories.device("pc-1"), serial_number="5cg1234")
    set_up(engine, ONE)
    heard(ONE, device=engine, serial_number="5CG1234")
    assert ran().matched == 1
    assert AmtSettings.objects.get().device == pc


def test_a_report_takes_no_engine_out_of_the_folder_of_others():
    theirs, mine = factories.folder("Theirs"), factories.folder("Mine")
    engine = factories.device("amt-1", theirs)
    pc = reported(factories.device("pc-1", mine), ONE)
    set_up(engine, ONE)
    entry = heard(ONE, device=engine)
    run = ran()
    assert "another folder" in run.lines.get(kind=Kind.CONFLICT).sentence
    entry.refresh_from_db()
    assert (entry.device, AmtSettings.objects.get().device) == (engine, engine)
    reconciliation.decide(lines=run.lines.all(), is_same=True, by=factories.person())
    assert ran().matched == 1
    assert AmtSettings.objects.get().device == pc


def test_a_pc_that_reports_takes_no_engine_from_a_folder_below_its_own():
    """People may have rights below only, or none just there."""
    above = factories.folder("Above")
    engine = factories.device("amt-1", factories.folder("Below", above))
    pc = reported(factories.device("pc-1", above), ONE)
    set_up(engine, ONE)
    heard(ONE, device=engine)
    run = ran()
    assert (run.matched, run.conflicts) == (0, 1)
    reconciliation.decide(lines=run.lines.all(), is_same=True, by=factories.person())
    assert ran().matched == 1
    assert AmtSettings.objects.get().device == pc


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


def test_what_the_engine_that_is_set_up_told_counts_when_two_become_one():
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    set_up(engine, ONE)
    heard(ONE, device=engine)
    for device, version in ((pc, "old"), (engine, "new")):
        facts = {"BIOS": {"Version": version}}
        AmtInventory.objects.create(device=device, facts=facts, read_at=timezone.now())
        told = [("BIOS: Version", version)]
        record_facts(device, InventoryChange.Source.AMT, told, at=timezone.now())
        AlertSubscription.objects.create(device=device, address=version)
    assert ran().matched == 1
    assert AmtInventory.objects.get().facts == {"BIOS": {"Version": "new"}}
    assert AlertSubscription.objects.get().address == "new"
    facts = InventoryFact.objects.filter(device=pc, key="bios: version")
    assert facts.get().text == "new"


def test_a_pair_whose_pc_reports_another_uuid_is_asked_about():
    pc = reported(factories.device("pc-1"), ONE)
    entry = heard(ONE)
    assert ran().matched == 1
    HostReport.objects.update(uuid=TWO)
    run = ran()
    assert "another UUID" in run.lines.get(kind=Kind.CONFLICT).sentence
    entry.refresh_from_db()
    assert entry.device == pc
    reconciliation.decide(lines=run.lines.all(), is_same=True, by=factories.person())
    assert (ran().conflicts, DiscoveredDevice.objects.get().device) == (0, pc)


def test_an_agent_on_another_pc_than_the_engine_is_told():
    device = reported(factories.device("pc-1"), TWO)
    set_up(device, ONE)
    line = ran().lines.get()
    assert (line.kind, line.device) == (Kind.CONFLICT, device)
    assert "revoke it" in line.sentence


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        ({"serial_number": "5CG1234"}, {"serial_number": "5cg1234"}, None),
        ({"host_name": "pc.example.test"}, {"host_name": "pc.example.test"}, "the host name of"),
        ({"serial_number": "5CG1234"}, {"serial_number": "5cg1234", "uuid": TWO}, "another UUID"),
    ],
)
def test_a_report_with_another_mark_of_a_device_that_was_set_up_by_hand(mine, theirs, said):
    typed = factories.device("typed", **mine)
    set_up(typed, ONE if "uuid" in theirs else None)
    reported(factories.device("pc-1"), **theirs)
    run = ran()
    if said is None:
        assert (run.matched, HostReport.objects.get().device) == (1, typed)
    else:
        assert said in run.lines.get(device=typed).sentence
        assert Device.objects.count() == 2


@pytest.mark.parametrize("marks", [{"uuid": ONE}, {"serial_number": "5CG1234"}])
def test_two_agents_of_one_pc_are_told(marks):
    for name in ("pc-1", "pc-1 (2)"):
        reported(factories.device(name), **marks)
    run = ran()
    assert run.conflicts == 1
    assert "Agents of pc-1, pc-1 (2) report one" in run.lines.get().sentence


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


def test_a_pc_that_a_person_named_is_never_made_part_of_another():
    named = factories.device("pc-1", host_name="pc-1.example.test")
    entry = heard(ONE, "pc-1.example.test")
    ReconciliationDecision.objects.create(discovered=entry, device=named, is_same=True)
    assert ran().matched == 1
    thief = reported(factories.device("pc-2"), ONE)
    ran()
    assert set(Device.objects.all()) == {named, thief}
    entry.refresh_from_db()
    assert entry.device == named


def test_the_board_that_a_person_names_takes_the_place_of_the_one_before():
    pc = reported(factories.device("pc-1"), ONE, serial_number="5CG1234")
    old = heard(ONE, serial_number="5CG1234")
    assert ran().matched == 1
    new = heard(TWO, serial_number="5CG1234")
    run = ran()
    assert run.conflicts == 1
    reconciliation.decide(lines=run.lines.all(), is_same=True, by=factories.person())
    run = ran()
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.device, new.device) == (None, pc)
    assert "sits there now" in run.lines.get(kind=Kind.UNMATCHED).sentence


def test_two_entries_of_one_engine_both_follow_it_to_its_pc():
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    set_up(engine, ONE)
    heard(ONE, device=engine)
    heard(name="amt-1.example.test", device=engine)
    ran()
    assert [entry.device for entry in DiscoveredDevice.objects.all()] == [pc, pc]
    assert Device.objects.get() == pc


def test_an_entry_whose_uuid_is_that_of_another_pc_now_is_asked_about():
    pc = reported(factories.device("pc-1"), ONE)
    entry = heard(ONE)
    assert ran().matched == 1
    HostReport.objects.filter(device=pc).update(uuid=TWO)
    other = reported(factories.device("pc-2"), ONE)
    run = ran()
    entry.refresh_from_db()
    assert entry.device == pc
    lines = run.lines.filter(kind=Kind.CONFLICT)
    assert {line.device for line in lines} == {pc, other}


def test_what_an_engine_has_too_many_of_is_told_in_the_audit():
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    set_up(engine, ONE)
    for device in (engine, pc):
        Setting.objects.create(device=device, key="power.poll", value=300)
    heard(ONE, device=engine)
    assert ran().matched == 1
    told = AuditEntry.objects.get(verb="device.join")
    assert told.old["name"] == "amt-1"
    assert len(told.new["left_behind"]) == 1


def test_the_report_of_a_pc_goes_to_the_device_that_was_set_up_by_hand_with_its_uuid():
    typed = factories.device("typed", description="Reception")
    set_up(typed, ONE)
    pc = reported(factories.device("pc-1"), UUID(bytes=ONE.bytes_le), host_name="pc-1.example.test")
    heard(ONE)
    run = ran()
    assert not Device.objects.filter(pk=pc.pk).exists()
    typed.refresh_from_db()
    assert (typed.description, typed.mode) == ("Reception", "enterprise")
    assert HostReport.objects.get().device == DiscoveredDevice.objects.get().device == typed
    assert (run.matched, run.conflicts) == (2, 0)
    assert (ran().matched, run.never_inventoried) == (0, 0)


@pytest.mark.parametrize(
    ("theirs", "pcs", "words"),
    [
        ("Servers", 1, "set up in another folder"),
        ("Workstations", 2, "other PCs report the UUID"),
    ],
)
def test_a_report_that_may_be_of_another_device_is_told_and_left(theirs, pcs, words):
    place = Folder.objects.get(name=theirs, is_fixed=True)
    set_up(factories.device("typed", place), ONE)
    for number in range(pcs):
        reported(factories.device(f"pc-{number}"), ONE)
    run = ran()
    assert run.conflicts == 1
    assert all(words in line.sentence for line in run.lines.all())
    assert Device.objects.count() == 1 + pcs


def test_a_report_does_not_go_where_orders_are_under_way_or_settings_are():
    typed, pc = factories.device("typed"), reported(factories.device("pc-1"), ONE)
    set_up(typed, ONE)
    kept = set_up(pc, None)
    assert "both are set up" in ran().lines.get().sentence
    kept.delete()
    job = Job.objects.create(kind=Job.Kind.POWER, task="t", title="t", expires_at=timezone.now())
    JobItem.objects.create(job=job, device=typed, device_name="typed", position=1)
    assert "orders are under way" in ran().lines.get().sentence
    assert Device.objects.count() == 2


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


def test_tasks_and_selections_of_an_engine_go_over_to_its_pc():
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    heard(ONE, device=engine)
    job = Job.objects.create(kind=Job.Kind.POWER, task="t", title="t", expires_at=timezone.now())
    JobItem.objects.create(
        job=job,
        device=engine,
        device_name="amt-1",
        position=1,
        status="done",
        finished_at=timezone.now(),
    )
    assert ran().matched == 1
    assert JobItem.objects.get().device == pc


def test_an_engine_without_a_pc_is_no_leftover():
    heard(ONE, device=factories.device("amt-1"))
    run = ran()
    assert (run.unmatched, run.already, run.conflicts) == (0, 1, 0)


def test_a_name_alone_does_not_make_one_device_of_two():
    engine = factories.device("amt-1", host_name="pc-1.example.test")
    reported(factories.device("pc-1"), host_name="pc-1.example.test")
    heard(name="pc-1.example.test", device=engine)
    run = ran()
    assert run.conflicts == 1
    assert Device.objects.filter(pk=engine.pk).exists()
    reconciliation.decide(lines=run.lines.all(), is_same=True, by=factories.person())
    assert ran().matched == 1
    assert not Device.objects.filter(pk=engine.pk).exists()


def test_a_changed_mind_moves_the_entry_and_deletes_no_pc():
    for name in ("pc-1", "pc-2"):
        reported(factories.device(name), ONE)
    entry, run = heard(ONE), ran()
    first, second = run.lines.order_by("device_name")
    reconciliation.decide(lines=[first], is_same=True, by=factories.person())
    ran()
    reconciliation.decide(lines=[second], is_same=True, by=factories.person())
    assert ran().matched == 1
    entry.refresh_from_db()
    assert entry.device.name == "pc-2"
    assert Device.objects.count() == 2


def test_what_is_not_the_same_is_taken_apart():
    pc = reported(factories.device("pc-1"), ONE)
    entry = heard(ONE)
    run = ran()
    ReconciliationDecision.objects.create(discovered=entry, device=pc, is_same=False)
    assert (ran().unmatched, run.matched) == (1, 1)
    entry.refresh_from_db()
    assert entry.device is None


def test_two_that_are_both_set_up_are_asked_about():
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    set_up(engine, ONE)
    set_up(pc, ONE)
    heard(ONE, device=engine)
    run = ran()
    assert "both are set up" in run.lines.get(kind=Kind.CONFLICT).sentence
    assert Device.objects.count() == 2


def test_an_engine_that_is_not_set_up_takes_nothing_from_its_pc():
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    set_up(pc, ONE)
    heard(ONE, device=engine)
    assert ran().matched == 1
    pc.refresh_from_db()
    assert (pc.mode, AmtSettings.objects.get().device) == ("enterprise", pc)


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


def test_a_replaced_board_is_asked_about_and_then_kept():
    pc = reported(factories.device("pc-1"), serial_number="5CG1234")
    kept = set_up(pc, ONE)
    entry = heard(TWO, serial_number="5CG1234")
    run = ran()
    assert "another UUID" in run.lines.get(kind=Kind.CONFLICT).sentence
    reconciliation.decide(lines=run.lines.all(), is_same=True, by=factories.person())
    assert ran().matched == 1
    kept.refresh_from_db()
    entry.refresh_from_db()
    assert kept.uuid == TWO
    assert entry.device == pc


def test_what_is_not_the_same_is_not_asked_again():
    reported(factories.device("pc-1"), ONE)
    reported(factories.device("pc-2"), ONE)
    heard(ONE)
    run = ran()
    assert run.conflicts == 1
    assert run.lines.count() == 2
    line = run.lines.get(device_name="pc-1")
    reconciliation.decide(lines=[line], is_same=False, by=factories.person())
    assert ran().lines.get(kind=Kind.MATCHED).device_name == "pc-2"
    assert ReconciliationDecision.objects.count() == 1


def test_a_decision_is_named_and_taken_back(client):
    pc, person = reported(factories.device("pc-1"), ONE), factories.person()
    heard(ONE)
    decision = ReconciliationDecision.objects.create(
        discovered=DiscoveredDevice.objects.get(), device=pc, is_same=False, decided_by="admin"
    )
    assert "A person said that it is not pc-1" in ran().lines.get().sentence
    client.force_login(person)
    page = client.get(reverse("amt:reconciliation")).content.decode()
    assert "Take back" in page
    client.post(reverse("amt:take_back_decision", args=[decision.pk]))
    assert AuditEntry.objects.filter(verb="reconciliation.take_back").exists()
    assert ran().matched == 1


def test_one_pc_is_not_said_to_have_two_engines():
    reported(factories.device("pc-1"), serial_number="5CG1234")
    for name in ("amt-1", "amt-2"):
        heard(name=name, serial_number="5CG1234")
    lines, person = list(ran().lines.all()), factories.person()
    with pytest.raises(ValidationError, match="has one engine only"):
        reconciliation.decide(lines=lines, is_same=True, by=person)
    for line in lines:  # one after the other: what was said last counts
        reconciliation.decide(lines=[line], is_same=True, by=person)
    run = ran()
    assert (run.matched, run.conflicts) == (1, 1)
    assert DiscoveredDevice.objects.get(device__isnull=False).name == lines[1].discovered_name


def test_home_counts_no_entry_that_was_settled_and_all_that_could_not_be():
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    for device in (engine, pc):
        set_up(device, ONE)
    heard(ONE, device=engine)
    for name in ("pc-2", "pc-3"):
        reported(factories.device(name), serial_number="5CG1234")
    heard(name="amt-2", serial_number="5CG1234")
    run, person = ran(), factories.person()
    assert reconciliation.open_questions() == (run, 2)
    chosen = run.lines.filter(device__name__in=("pc-1", "pc-2"))
    reconciliation.decide(lines=chosen, is_same=True, by=person)
    assert reconciliation.open_questions() == (run, 0)
    run = ran()  # both are set up: what was said could not be done
    assert reconciliation.open_questions() == (run, 1)


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


def test_the_audit_of_an_engine_is_on_the_page_of_its_pc(client):
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    audit.record(None, "device.edit", engine, new={"name": "amt-1"})
    heard(ONE, device=engine)
    assert ran().matched == 1
    client.force_login(factories.person())
    page = client.get(reverse("devices:device_audit", args=[pc.pk]))
    assert {entry.verb for entry in page.context["entries"]} == {"device.edit", "device.join"}


def test_more_decisions_than_a_page_has_can_all_be_reached(client):
    found = [heard(UUID(int=10**30 + n)) for n in range(120)]
    device = factories.device("pc-1")
    ReconciliationDecision.objects.bulk_create(
        ReconciliationDecision(
            discovered=one, device=device, is_same=False, decided_by="a", decided_at=timezone.now()
        )
        for one in found
    )
    client.force_login(factories.person())
    page = client.get(reverse("amt:reconciliation")).context["page"]
    assert page.total == 120


def test_home_says_what_is_to_be_decided(client):
    for name in ("pc-1", "pc-2"):
        reported(factories.device(name), ONE)
    heard(ONE)
    client.force_login(factories.person())
    notes = reverse("amt:home_notes")
    assert "to decide" not in client.get(notes).content.decode()
    run = ran()
    page = client.get(notes).content.decode()
    assert "1 discovered device to decide" in page
    assert f"{run.get_absolute_url()}?kind=conflict" in page
    answer = client.post(reverse("amt:decide_reconciled", args=[run.pk]), {"all": "1"})
    assert answer.status_code == 400  # nothing was said
    reconciliation.decide(lines=run.lines.all(), is_same=False, by=factories.person())
    assert "to decide" not in client.get(notes).content.decode()


def test_one_device_is_not_said_to_be_two_pcs_at_once():
    reported(factories.device("pc-1"), ONE)
    reported(factories.device("pc-2"), ONE)
    heard(ONE, "amt-1")
    lines = ran().lines.all()
    with pytest.raises(ValidationError, match="can be one PC only"):
        reconciliation.decide(lines=lines, is_same=True, by=factories.person())
    assert reconciliation.decide(lines=lines, is_same=False, by=factories.person()) == 2
    assert ran().unmatched == 1


def test_who_may_not_configure_may_not_start_decide_or_plan():
    monitor = factories.person(Role.MONITOR)
    with pytest.raises(PermissionDenied):
        reconciliation.start(by=monitor)
    with pytest.raises(PermissionDenied):
        plans.save_rule(task=RECONCILE, rule=Rule(), by=monitor)


def test_one_run_at_a_time():
    assert reconciliation.start(by=None) == reconciliation.start(by=None)


def test_a_new_zone_reconciles_every_day_and_no_schedule_means_never():
    plan = plans.plan(RECONCILE)
    assert timezone.now() < plan.next_at <= timezone.now() + timedelta(days=1)
    ZonePlan.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    reconciliation.tick()
    reconciliation.tick()
    assert ReconciliationRun.objects.get().asked_by_name == "Schedule"
    plans.save_rule(task=RECONCILE, rule=Rule(), by=factories.person())
    assert plans.plan(RECONCILE).next_at is None


@pytest.mark.parametrize(
    ("missed", "late", "begins"),
    [
        (Missed.SKIP, 50, True),
        (Missed.SKIP, 3600, False),
        (Missed.GRACE, 3600, False),
        (Missed.GRACE, 1200, True),
        (Missed.ONCE, 86_400, True),
    ],
)
def test_what_was_missed_is_begun_by_the_rule_or_written_down(missed, late, begins):
    interval = {"repeat": Repeat.INTERVAL, "interval_minutes": 60, "missed": missed}
    rule = Rule(kind=Recur.RECURRING, grace_minutes=30, **interval)
    plans.save_rule(task=RECONCILE, rule=rule, by=factories.person())
    ZonePlan.objects.update(next_at=timezone.now() - timedelta(seconds=late))
    reconciliation.tick()
    assert ReconciliationRun.objects.exists() is begins
    assert AuditEntry.objects.filter(verb="schedule.missed").exists() is not begins
    assert plans.plan(RECONCILE).next_at > timezone.now()


def test_the_page_says_what_was_missed_and_saving_the_same_rule_moves_nothing(client):
    rule = Rule(kind=Recur.RECURRING, repeat=Repeat.INTERVAL, missed=Missed.SKIP)
    person = factories.person()
    plans.save_rule(task=RECONCILE, rule=rule, by=person)
    client.force_login(person)
    assert "was missed" not in client.get(reverse("amt:reconciliation")).content.decode()
    ZonePlan.objects.update(next_at=timezone.now() - timedelta(hours=3))
    reconciliation.tick()
    assert "was missed" in client.get(reverse("amt:reconciliation")).content.decode()
    soon = timezone.now() + timedelta(minutes=50)
    ZonePlan.objects.update(next_at=soon)
    assert plans.save_rule(task=RECONCILE, rule=rule, by=person).next_at == soon


def test_an_entry_becomes_no_device_that_a_person_said_it_is_not():
    pc = factories.device("pc-1")
    set_up(pc, ONE)
    entry, person = heard(ONE, "amt-1"), factories.person()
    ReconciliationDecision.objects.create(
        discovered=entry, device=pc, is_same=False, decided_by="admin"
    )
    (made,) = managing.add_to_managed(rows=[entry], folder=factories.folder(), by=person)
    assert made != pc


@pytest.mark.parametrize(("minutes", "begins"), [(40, True), (200, False)])
def test_what_is_late_within_its_span_begins(time_machine, minutes, begins):
    time_machine.move_to(datetime(2027, 3, 1, 2, 0, tzinfo=UTC), tick=False)
    span = {"start": time(1, 0), "end": time(5, 0), "weekdays": tuple(range(7))}
    rule = Rule(kind=Recur.RECURRING, missed=Missed.SKIP, zone="UTC", **span)
    plans.save_rule(task=RECONCILE, rule=rule, by=factories.person())
    planned = datetime(2027, 3, 1, 2, 30, tzinfo=UTC)
    ZonePlan.objects.update(next_at=planned)
    time_machine.move_to(planned + timedelta(minutes=minutes), tick=False)
    reconciliation.tick()
    assert ReconciliationRun.objects.exists() is begins


def test_the_notes_of_a_schedule_stand_once_each(client):
    client.force_login(factories.person())
    page = client.get(reverse("amt:reconciliation")).content.decode()
    assert page.count("No Schedule: nothing is triggered.") == 1
    assert page.count("at some moment between the two") == 1


def test_a_span_begins_at_some_moment_in_it():
    span = {"start": time(1, 0), "end": time(3, 0), "weekdays": tuple(range(7))}
    rule, zone = Rule(kind=Recur.RECURRING, **span), timezone.get_default_timezone()
    found = {next_time(rule).astimezone(zone).time() for _ in range(50)}
    assert all(time(1, 0) <= moment <= time(3, 0) for moment in found)
    assert len(found) > 10


def test_a_run_that_nobody_takes_says_so():
    run = reconciliation.start(by=None)
    ReconciliationRun.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    reconciliation.tick()
    run.refresh_from_db()
    assert run.status == "expired"
    assert "No server" in run.message
