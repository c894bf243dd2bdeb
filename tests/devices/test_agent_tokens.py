"""Tokens of agents: for one PC or many and never more, listed, withdrawn, purged."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from devices.models import Agent, AuditEntry, Device, EnrolmentToken
from devices.models.rights import Role
from devices.services import agent_tokens, agents
from devices.services.agents import AgentRefused
from tests import factories

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]


def facts(name: str, **more: object) -> dict[str, object]:
    """Return what a PC of its own tells; with 200 programs, as PCs have them."""
    programs = [[f"program {n}", "1.0"] for n in range(200)]
    return {"uuid": str(uuid4()), "host_name": name, "software": programs, **more}


def come_at_once(comers: list[tuple[str, dict[str, object]]]) -> list[str]:
    """Let all enrol in the same instant; return what each met: "in", or its refusal."""
    start, met = Barrier(len(comers)), []

    def come(token: str, told: dict[str, object]) -> None:
        start.wait(10)
        try:
            agents.enrol(token, told)
            met.append("in")
        except AgentRefused as refused:
            met.append(str(refused))
        finally:
            connection.close()

    threads = [Thread(target=come, args=comer) for comer in comers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return met


def test_a_token_for_many_lets_so_many_in_and_says_so_in_the_audit():
    place, by = factories.folder("Lab"), factories.person()
    token = agent_tokens.new_token(folder=place, uses=3, valid_for=timedelta(days=7), by=by)
    told = AuditEntry.objects.get(verb="agent.token")
    assert (told.target_name, told.new["uses"]) == ("Lab", 3)
    assert told.new["expires"] == EnrolmentToken.objects.get().expires_at.isoformat()
    for number in range(3):
        agents.enrol(token, facts(f"pc-{number}"))
    with pytest.raises(AgentRefused, match="used up"):
        agents.enrol(token, facts("pc-3"))
    assert Agent.objects.filter(device__folder=place).count() == Device.objects.count() == 3


@pytest.mark.parametrize("wrong", [{"uses": 0}, {"uses": 5_001}, {"valid_for": timedelta(days=31)}])
def test_a_token_is_for_5_000_pcs_and_30_days_at_most(wrong):
    with pytest.raises(ValueError, match="A token cannot be for"):
        agent_tokens.new_token(folder=factories.zone(), by=factories.person(), **wrong)


def test_a_token_of_a_device_is_for_one():
    device, by = factories.device(), factories.person()
    with pytest.raises(ValueError, match="A token cannot be for"):
        agent_tokens.new_token(folder=device.folder, device=device, uses=2, by=by)
    agent_tokens.new_token(folder=device.folder, device=device, by=by)
    with pytest.raises(IntegrityError), transaction.atomic():
        EnrolmentToken.objects.update(uses=2)


def test_what_is_refused_takes_no_use():
    token = agent_tokens.new_token(folder=factories.zone(), uses=2, by=factories.person())
    with pytest.raises(AgentRefused):
        agents.enrol(token, facts("pc", macs=["zz"]))
    assert EnrolmentToken.objects.get().uses_left == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_come_in_than_the_token_is_for():
    by = factories.person()
    many = agent_tokens.new_token(folder=factories.folder(), uses=7, by=by)
    one = agent_tokens.new_token(folder=factories.folder(), by=by)
    comers = [(many, facts(f"pc-{number}")) for number in range(20)]
    met = come_at_once(comers + [(one, facts(f"other-{number}")) for number in range(4)])
    assert (
        sorted(met) == ["This token is unknown, used up, withdrawn or too old."] * 16 + ["in"] * 8
    )
    assert Agent.objects.count() == Device.objects.count() == 8
    assert set(EnrolmentToken.objects.values_list("uses_left", flat=True)) == {0}


@pytest.mark.django_db(transaction=True)
def test_pcs_of_one_name_and_pcs_that_say_they_are_the_same_come_at_once():
    place, by = factories.folder(), factories.person()
    known = factories.device("typed", place, serial_number="5CG1234")
    token = agent_tokens.new_token(folder=place, uses=20, by=by)
    same = [(token, facts(f"same-{n}", serial_number="5CG1234")) for n in range(4)]
    met = come_at_once([(token, facts("localhost")) for _ in range(4)] + same)
    assert met == ["in"] * 8
    names = set(Device.objects.values_list("name", flat=True))
    assert {"typed", "localhost", "localhost (2)", "localhost (3)", "localhost (4)"} <= names
    assert (Agent.objects.count(), len(names)) == (8, 8)
    assert Agent.objects.filter(device=known).count() == 1


@pytest.mark.services
@pytest.mark.timeout(200)
def test_so_it_is_on_postgresql(postgres_url):
    if connection.vendor == "postgresql":
        pytest.skip("this run is on PostgreSQL")
    ours = ("PYTEST_", "ZCC_DATA_DIR", "ZCC_TEST_RUN")  # the other run has its own
    environment = {name: v for name, v in os.environ.items() if not name.startswith(ours)}
    environment["ZCC_DATABASE_URL"] = postgres_url
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0"]
    run = subprocess.run(
        [*command, "-k", "at_once", __file__],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert "2 passed" in run.stdout


def test_a_token_is_withdrawn_by_whoever_may_edit_there():
    place, by = factories.folder("Lab"), factories.person()
    token = agent_tokens.new_token(folder=place, uses=9, by=by)
    agents.enrol(token, facts("pc-1"))
    row = EnrolmentToken.objects.get()
    with pytest.raises(PermissionDenied):
        agent_tokens.withdraw(token=row, by=factories.person(Role.POWER_OPERATOR))
    for _ in range(2):  # the second time there is nothing to do, nor to write down
        agent_tokens.withdraw(token=row, by=factories.person(Role.ADMINISTRATOR, place))
    told = AuditEntry.objects.get(verb="agent.withdraw")
    assert (told.target_name, told.old["uses"], told.old["uses_left"]) == ("Lab", 9, 8)
    with pytest.raises(AgentRefused, match="withdrawn"):
        agents.enrol(token, facts("pc-2"))
    assert Agent.objects.filter(revoked_at=None).count() == 1


def test_open_tokens_of_a_persons_folders_are_found():
    place, by = factories.folder("Lab"), factories.person()
    device = factories.device("PC", factories.folder("Other"))
    for more in ({"folder": place}, {"folder": device.folder, "device": device}):
        agent_tokens.new_token(by=by, **more)
    agent_tokens.new_token(folder=device.folder, by=by)
    helper = factories.person(Role.ADMINISTRATOR, place)

    def seen() -> set[str]:
        found = EnrolmentToken.objects.open().allowed(helper, "edit")
        return {str(row) for row in found}

    assert seen() == {"enrolment token for Lab"}
    Device.objects.filter(pk=device.pk).update(folder=place)  # its token moves with it
    assert seen() == {"enrolment token for Lab", "enrolment token for PC"}
    EnrolmentToken.objects.filter(device=device).update(uses_left=0)
    EnrolmentToken.objects.filter(folder=place).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert seen() == set()


def test_tokens_are_purged_a_week_after_their_end_and_some_at_a_time(monkeypatch):
    monkeypatch.setattr(agent_tokens, "PURGED_AT_ONCE", 2)
    by, now = factories.person(), timezone.now()
    for days in (-9, -8, -8, -6, 1):
        agent_tokens.new_token(folder=factories.zone(), by=by)
        newest = EnrolmentToken.objects.latest("pk")
        EnrolmentToken.objects.filter(pk=newest.pk).update(
            expires_at=now + timedelta(days=days), uses_left=0
        )
    left = []
    for _ in range(3):
        agent_tokens.tick()
        left.append(EnrolmentToken.objects.count())
    assert left == [3, 2, 2]
