"""What reconciliation asks a person, and what it does with the answer."""

from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from amt.models import (
    DiscoveredDevice,
    ReconciliationDecision,
    ReconciliationLine,
)
from amt.services import managing, reconciliation
from devices.models import (
    AuditEntry,
    Device,
    HostReport,
)
from tests import factories
from tests.amt.reconciliation.pcs import ONE, TWO, heard, ran, reported, set_up

pytestmark = pytest.mark.django_db
Kind = ReconciliationLine.Kind


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


def test_an_entry_becomes_no_device_that_a_person_said_it_is_not():
    pc = factories.device("pc-1")
    set_up(pc, ONE)
    entry, person = heard(ONE, "amt-1"), factories.person()
    ReconciliationDecision.objects.create(
        discovered=entry, device=pc, is_same=False, decided_by="admin"
    )
    (made,) = managing.add_to_managed(rows=[entry], folder=factories.folder(), by=person)
    assert made != pc
