"""What reconciliation makes one device of two, and what it leaves alone."""

import pytest
from django.urls import reverse
from django.utils import timezone

from amt.models import (
    AlertSubscription,
    AmtInventory,
    AmtSettings,
    DiscoveredDevice,
    ReconciliationLine,
)
from amt.services import reconciliation
from devices import audit
from devices.inventory_facts import record_facts
from devices.models import (
    AuditEntry,
    Device,
    Folder,
    InventoryChange,
    InventoryFact,
    Job,
    JobItem,
    Setting,
)
from devices.models.rights import Role
from tests import factories
from tests.amt.reconciliation.pcs import ONE, heard, ran, reported, set_up

pytestmark = pytest.mark.django_db
Kind = ReconciliationLine.Kind


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


def test_an_engine_that_is_not_set_up_takes_nothing_from_its_pc():
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    set_up(pc, ONE)
    heard(ONE, device=engine)
    assert ran().matched == 1
    pc.refresh_from_db()
    assert (pc.mode, AmtSettings.objects.get().device) == ("enterprise", pc)


def test_the_audit_of_an_engine_is_on_the_page_of_its_pc(client):
    engine, pc = factories.device("amt-1"), reported(factories.device("pc-1"), ONE)
    audit.record(None, "device.edit", engine, new={"name": "amt-1"})
    heard(ONE, device=engine)
    assert ran().matched == 1
    client.force_login(factories.person())
    page = client.get(reverse("devices:device_audit", args=[pc.pk]))
    assert {entry.verb for entry in page.context["entries"]} == {"device.edit", "device.join"}
