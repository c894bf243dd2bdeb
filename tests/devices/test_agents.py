"""Agents: a token counts once, a report once and in order; the real program as a second process."""

import hashlib
import hmac
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from devices import inventory_changes
from devices.agent_facts import LENGTHS
from devices.models import (
    Agent,
    Assignment,
    AuditEntry,
    Device,
    EnrolmentToken,
    HostReport,
    InventoryChange,
    InventoryFact,
)
from devices.models.rights import Right, Role
from devices.services import agent_tokens, agents
from tests import factories

PROGRAM = Path(__file__).parents[2] / "static" / "agent" / "zcc_agent.py"
FACTS = {
    "uuid": "4c4c4544-0043-3510-8052-c7c04f4e3532",
    "serial_number": "5CG1234",
    "host_name": "pc-1.example.test",
    "manufacturer": "Example Computers",
    "model": "Practice Tower 22",
    "macs": ["A4-BB-6D-00-00-01"],
    "addresses": ["10.1.2.3", "fe80::1%eth0"],
    "os_name": "Example OS",
    "os_version": "12",
    "agent_version": "1.0",
    "software": [["editor", "1.2"]],
}
pytestmark = pytest.mark.django_db


def enrolled(client, **more) -> dict:
    token = agent_tokens.new_token(folder=factories.zone(), by=factories.person())
    answer = send(client, "devices:agent_enrol", {"token": token, "facts": FACTS | more})
    assert answer.status_code == 200, answer.content
    return answer.json()


def send(client, name: str, told: object, **headers: str):
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return client.post(reverse(name), body, "application/json", headers=headers)


def signed(
    known: dict, body: bytes, sequence: int | str, at: float | None = None
) -> dict[str, str]:
    moment = str(int(time.time() if at is None else at))
    text = f"{moment}\n{sequence}\n".encode() + body
    return {
        "X-Agent": known["agent"],
        "X-Agent-Time": moment,
        "X-Agent-Sequence": str(sequence),
        "X-Agent-Signature": hmac.new(known["key"].encode(), text, hashlib.sha256).hexdigest(),
    }


def reported(client, known: dict, told: object, sequence: int, **more):
    body = json.dumps(told).encode()
    return send(client, "devices:agent_report", body, **signed(known, body, sequence, **more))


def test_an_agent_enrols_as_a_new_device_and_its_facts_are_kept(client):
    enrolled(client)
    device = Device.objects.get()
    assert (device.name, device.model, device.serial_number) == (
        *("pc-1", "Practice Tower 22", "5CG1234"),
    )
    kept = HostReport.objects.get()
    assert kept.uuid == UUID(FACTS["uuid"])
    assert (kept.macs, kept.addresses) == (["a4bb6d000001"], ["10.1.2.3", "fe80::1"])
    assert AuditEntry.objects.filter(verb="agent.enrol").count() == 1


def test_mac_addresses_are_shown_as_amt_tells_them_and_other_dashes_are_no_change(client):
    known = enrolled(client)
    device = Device.objects.get()
    InventoryFact.objects.filter(key="mac address").update(text="a4bb6d000001")  # as kept before
    reported(client, known, FACTS | {"macs": ["A4:BB:6D:00:00:01"]}, 1)
    assert HostReport.objects.get().texts()["MAC addresses"] == "a4-bb-6d-00-00-01"
    told = device.inventory_facts.filter(key="mac address").values_list("text", flat=True)
    assert list(told) == ["a4-bb-6d-00-00-01"]
    assert not InventoryChange.objects.exists()


def test_a_token_is_useless_the_second_time_and_when_it_is_old(client):
    token = agent_tokens.new_token(folder=factories.zone(), by=factories.person())
    assert send(client, "devices:agent_enrol", {"token": token, "facts": FACTS}).status_code == 200
    again = send(client, "devices:agent_enrol", {"token": token, "facts": FACTS})
    assert (again.status_code, Agent.objects.count()) == (403, 1)
    assert "used" in again.json()["error"]
    late = agent_tokens.new_token(folder=factories.zone(), by=factories.person())
    EnrolmentToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert send(client, "devices:agent_enrol", {"token": late, "facts": FACTS}).status_code == 403
    assert not EnrolmentToken.objects.filter(digest__in=[token, late]).exists()


def test_wrong_facts_do_not_use_the_token_up(client):
    token = agent_tokens.new_token(folder=factories.zone(), by=factories.person())
    wrong = send(client, "devices:agent_enrol", {"token": token, "facts": {"uuid": "x"}})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "uuid: not a UUID.")
    assert send(client, "devices:agent_enrol", {"token": token, "facts": FACTS}).status_code == 200


def test_a_device_that_is_known_is_enrolled_not_made_twice(client):
    known = factories.device("typed", serial_number="5cg1234")
    enrolled(client)
    assert Agent.objects.get().device == known
    first = Agent.objects.get().agent_id
    agents.revoke(agent=Agent.objects.get(), by=factories.person())
    enrolled(client)  # re-imaged: the same PC comes with a new token
    assert Agent.objects.get().agent_id != first
    known.refresh_from_db()
    assert (Device.objects.count(), known.name) == (1, "typed")


def test_a_device_with_an_agent_is_not_given_to_whoever_knows_its_serial_number(client):
    enrolled(client)
    first = Agent.objects.get()
    enrolled(client, uuid=None)
    assert Agent.objects.count() == Device.objects.count() == 2
    first.refresh_from_db()
    assert first.device.name == "pc-1"


def test_a_token_reaches_no_device_where_its_maker_has_no_rights(client):
    above = factories.folder("Above")
    secret = factories.folder("Secret", above)
    factories.device("victim", secret, serial_number="5CG1234")
    maker = factories.person(Role.ADMINISTRATOR, above)
    everything = [right.value for right in Right]
    Assignment.objects.create(
        user=maker, folder=secret, role=Role.ADMINISTRATOR, without=everything
    )
    token = agent_tokens.new_token(folder=above, by=maker)
    answer = send(client, "devices:agent_enrol", {"token": token, "facts": FACTS})
    assert answer.status_code == 200
    assert Agent.objects.get().device.name == "pc-1"


def test_what_makers_leave_unset_makes_no_two_pcs_one(client):
    unset = {"uuid": "03000200-0400-0500-0006-000700080009"}
    unset["serial_number"] = "To be filled by O.E.M."
    factories.device("typed", serial_number=unset["serial_number"])
    enrolled(client, **unset)
    assert Device.objects.count() == 2
    assert Device.objects.get(name="pc-1").serial_number == ""


def test_half_characters_and_odd_names_are_no_error(client):
    odd = {"host_name": "pc \ud800 ü!", "os_name": "\ud800", "model": "a\u0000b"}
    enrolled(client, **odd)
    assert (Device.objects.get().host_name, Device.objects.get().model) == ("", "a b")
    told = {"token": "\ud800", "facts": FACTS}
    assert send(client, "devices:agent_enrol", told).status_code == 400


def test_a_report_of_another_pc_stands_in_the_audit(client):
    known = enrolled(client)
    reported(client, known, FACTS, 1)
    assert not AuditEntry.objects.filter(verb="agent.identity").exists()
    reported(client, known, FACTS | {"serial_number": "other"}, 2)
    told = AuditEntry.objects.get(verb="agent.identity")
    assert (told.old["serial_number"], told.new["serial_number"]) == ("5CG1234", "other")


def test_a_revoked_agent_comes_back_by_no_token_made_before(client):
    enrolled(client)
    agent = Agent.objects.get()
    maker = factories.person()
    stolen = agent_tokens.new_token(folder=agent.device.folder, device=agent.device, by=maker)
    agents.revoke(agent=agent, by=maker)
    told = {"token": stolen, "facts": FACTS}
    assert send(client, "devices:agent_enrol", told).status_code == 403
    fresh, spare = (
        agent_tokens.new_token(folder=agent.device.folder, device=agent.device, by=maker)
        for _ in "12"
    )
    answer = send(client, "devices:agent_enrol", told | {"token": fresh})
    assert answer.status_code == 200
    assert send(client, "devices:agent_enrol", told | {"token": spare}).status_code == 403
    entry = AuditEntry.objects.filter(verb="agent.enrol").latest("pk")
    assert (entry.old, entry.new["agent"]) == (
        {"agent": str(agent.agent_id)},
        answer.json()["agent"],
    )


def test_changes_are_kept_in_a_bounded_number(client, monkeypatch):
    monkeypatch.setattr(inventory_changes, "MOST_KEPT", 5)
    known = enrolled(client)
    for number in range(1, 10):
        reported(client, known, FACTS | {"os_version": str(number)}, number)
    newest = InventoryChange.objects.values_list("after", flat=True)
    assert list(newest) == [f"Example OS {number}" for number in (9, 8, 7, 6, 5)]


def test_a_token_ends_with_the_rights_of_whoever_made_it(client):
    maker = factories.person()
    token = agent_tokens.new_token(folder=factories.zone(), by=maker)
    maker.is_active = False
    maker.save()
    assert send(client, "devices:agent_enrol", {"token": token, "facts": FACTS}).status_code == 403
    assert not Device.objects.exists()


def test_a_report_of_nothing_but_brackets_is_refused(client):
    known = enrolled(client)
    body = b"[" * 100_000
    assert send(client, "devices:agent_report", body, **signed(known, body, 1)).status_code == 400


def test_a_report_counts_once_and_only_in_its_order(client):
    known = enrolled(client)
    assert reported(client, known, FACTS, 2).status_code == 200
    assert reported(client, known, FACTS, 2).status_code == 409
    assert reported(client, known, FACTS, 1).status_code == 409
    assert reported(client, known, FACTS, 3).json() == {"device": "pc-1"}
    assert reported(client, known, FACTS, "9" * 5_000).status_code == 400


def test_what_changed_is_told(client):
    known = enrolled(client)
    reported(client, known, FACTS, 1)
    assert not InventoryChange.objects.exists()
    reported(client, known, FACTS | {"os_version": "13", "software": []}, 2)
    told = set(InventoryChange.objects.values_list("part", "before", "after"))
    assert told == {
        ("Operating system", "Example OS 12", "Example OS 13"),
        ("Software: editor", "1.2", ""),
    }


def test_forged_old_and_revoked_reports_are_refused(client):
    known = enrolled(client)
    other = {**known, "key": "00" * 32}
    assert reported(client, other, FACTS, 1).status_code == 403
    assert reported(client, {**known, "agent": "x"}, FACTS, 1).status_code == 403
    headers = signed(known, b"{}", 1)
    assert send(client, "devices:agent_report", FACTS, **headers).status_code == 403
    assert reported(client, known, FACTS, 1, at=time.time() - 90_000).status_code == 400
    agents.revoke(agent=Agent.objects.get(), by=factories.person())
    assert reported(client, known, FACTS, 2).status_code == 403
    assert Agent.objects.get().last_sequence == 0


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"host_name": "x" * 256}, "host_name"),
        ({"model": 7}, "model"),
        ({"macs": ["zz"]}, "macs"),
        ({"macs": ["a4bb6d000001"] * 65}, "macs"),
        ({"addresses": ["10.1.2"]}, "addresses"),
        ({"software": [["a"]]}, "software"),
        ({"software": [["a", "1"]] * 5_001}, "software"),
        ([], "facts"),
    ],
)
def test_wrong_reports_name_the_field(client, facts, word):
    known = enrolled(client)
    answer = reported(client, known, facts, 1)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"{word}:")


def test_an_oversized_report_is_refused_before_it_is_read(client):
    known = enrolled(client)
    body = b" " * (agents.LARGEST + 1)
    answer = send(client, "devices:agent_report", body, **signed(known, body, 1))
    assert answer.status_code == 413
    assert send(client, "devices:agent_enrol", b"[" * 100_000).status_code == 400


def test_keys_and_tokens_are_not_in_the_database(client):
    known = enrolled(client)
    row = Agent.objects.values().get()
    assert known["key"] not in str(row)


def test_who_may_not_edit_gets_no_token():
    with pytest.raises(PermissionDenied):
        agent_tokens.new_token(folder=factories.zone(), by=factories.person(Role.MONITOR))


def test_the_pages_show_the_token_once(client):
    client.force_login(factories.person())
    device = factories.device("pc-1")
    page = client.post(reverse("devices:install_agent", args=[device.pk])).content.decode()
    assert "echo " in page
    token = page.partition("echo ")[2].partition(" ")[0]
    assert EnrolmentToken.objects.get().digest == hashlib.sha256(token.encode()).hexdigest()
    asked = {"folder": factories.zone().pk, "uses": 1, "days": 1}
    page = client.post(reverse("devices:agents"), asked).content.decode()
    assert "Install on one PC" in page
    assert "echo " not in client.get(reverse("devices:agents")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_real_program_enrols_and_reports(live_server, tmp_path):
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps(FACTS))
    token = agent_tokens.new_token(folder=factories.zone(), by=factories.person())
    environment = {**os.environ, "ZCC_AGENT_FACTS": str(facts)}

    def run(command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        words = [sys.executable, str(PROGRAM), command, "--state", str(tmp_path / "state")]
        words += ["--server", live_server.url] if command == "enrol" else []
        return subprocess.run(words, input=text, capture_output=True, text=True, env=environment)

    assert run("report").returncode == 1
    assert run("enrol", token).stdout == "Enrolled.\n"
    assert (tmp_path / "state" / "agent.json").stat().st_mode & 0o777 == 0o600
    assert run("report").stdout == "Reported as pc-1.\n"
    facts.write_text(json.dumps(FACTS | {"os_version": "13"}))
    assert run("report").returncode == 0
    assert InventoryChange.objects.get().after == "Example OS 13"
    stolen = run("enrol", token)
    assert (stolen.returncode, Agent.objects.count()) == (1, 1)
    assert "used" in stolen.stderr


@pytest.mark.django_db(transaction=True)
def test_the_program_installs_units_that_systemd_takes(live_server, tmp_path):
    units, tools, state = tmp_path / "units", tmp_path / "tools", tmp_path / "state"
    for folder in (units, tools):
        folder.mkdir()
    called = tmp_path / "called"
    (tools / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {called}\n')
    (tools / "systemctl").chmod(0o755)
    token = agent_tokens.new_token(folder=factories.zone(), by=factories.person())
    words = [sys.executable, str(PROGRAM), "install", "--state", str(state)]
    path = f"{tools}:{os.environ['PATH']}"
    done = subprocess.run(
        [*words, "--server", live_server.url],
        input=token,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path, "ZCC_AGENT_UNITS": str(units)},
    )
    assert done.stdout == "Enrolled.\nReports every day.\n", done.stderr
    assert called.read_text() == "daemon-reload\nenable --now zcc-agent.timer\n"
    order = (units / "zcc-agent.service").read_text().partition("ExecStart=")[2].splitlines()[0]
    again = subprocess.run(shlex.split(order), capture_output=True, text=True)
    assert again.stdout == f"Reported as {Device.objects.get()}.\n", again.stderr
    if shutil.which("systemd-analyze"):
        names = [str(units / f"zcc-agent.{kind}") for kind in ("service", "timer")]
        judged = subprocess.run(["systemd-analyze", "verify", *names], capture_output=True)
        assert (judged.returncode, judged.stderr) == (0, b"")


@pytest.mark.parametrize("text", ["", "no certificate"])
def test_the_program_names_certificates_that_are_none(tmp_path, text):
    path = tmp_path / "ca.pem"
    if text:
        path.write_text(text)
    words = [sys.executable, str(PROGRAM), "enrol", "--server", "https://127.0.0.1:1"]
    done = subprocess.run([*words, "--ca", str(path)], input="", capture_output=True, text=True)
    assert (done.returncode, done.stderr[:16]) == (1, "zcc_agent: --ca:")


@pytest.mark.django_db(transaction=True)
def test_the_program_enrols_anew_at_another_console_and_with_an_odd_state(live_server, tmp_path):
    units, state = tmp_path / "units", tmp_path / "state"
    (tmp_path / "systemctl").write_text("#!/bin/sh\n")
    (tmp_path / "systemctl").chmod(0o755)
    for folder in (units, state):
        folder.mkdir()
    path = f"{tmp_path}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "ZCC_AGENT_UNITS": str(units)}
    words = [sys.executable, str(PROGRAM), "install", "--once", "--state", str(state)]
    full = {"server": live_server.url, "agent": "1", "key": "k", "sequence": 1}
    for kept, said in (
        (json.dumps(full), "Enrolled before."),
        (json.dumps(full | {"server": "http://127.0.0.1:1"}), "Enrolled."),
        ("5", "Enrolled."),
        ("{}", "Enrolled."),
    ):
        (state / "agent.json").write_text(kept)
        token = agent_tokens.new_token(folder=factories.zone(), by=factories.person())
        done = subprocess.run(
            [*words, "--server", live_server.url],
            input=f"\ufeff{token}\n",
            capture_output=True,
            text=True,
            env=environment,
        )
        assert done.stdout.splitlines()[:1] == [said], done.stderr


def test_a_report_that_comes_while_its_device_is_joined_is_kept_by_the_other(client, monkeypatch):
    known = enrolled(client)
    first, other = Device.objects.get(), factories.device("other")
    locked = agents._locked

    def late(device: Device) -> Device | None:
        if device.pk == first.pk:
            Agent.objects.update(device=other)
            HostReport.objects.update(device=other)
            Device.objects.filter(pk=first.pk).delete()
        return locked(device)

    monkeypatch.setattr(agents, "_locked", late)
    assert reported(client, known, FACTS | {"os_version": "13"}, 1).status_code == 200
    assert HostReport.objects.get().device == other
    assert HostReport.objects.get().os_version == "13"


def test_the_program_cuts_what_is_too_long(tmp_path):
    code = "import json, sys; sys.path.insert(0, sys.argv[1]); import zcc_agent as a; "
    code += "print(json.dumps({n: len(a.cut(n, 'x' * 900)) for n in json.loads(sys.argv[2])}))"
    names = json.dumps(list(LENGTHS))
    words = [sys.executable, "-c", code, str(PROGRAM.parent), names]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == LENGTHS


def test_what_the_program_finds_here_is_taken():
    done = subprocess.run([sys.executable, str(PROGRAM), "show"], capture_output=True, text=True)
    from devices.agent_facts import read_facts

    assert read_facts(json.loads(done.stdout)).texts["os_name"]


@pytest.mark.django_db(transaction=True)
def test_one_command_serves_many_pcs_any_number_of_times(live_server, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "systemctl").write_text("#!/bin/sh\n")
    (tools / "systemctl").chmod(0o755)
    token = tmp_path / "token.txt"
    by = factories.person()
    token.write_text(agent_tokens.new_token(folder=factories.zone(), uses=2, by=by) + "\n")

    def run(pc: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command on a PC, as a shell would: its token comes from a file."""
        place = tmp_path / pc
        place.mkdir(exist_ok=True)
        (place / "facts.json").write_text(json.dumps({"host_name": pc}))
        more = {"ZCC_AGENT_FACTS": str(place / "facts.json"), "ZCC_AGENT_UNITS": str(place)}
        command = [sys.executable, str(PROGRAM), "install", "--server", live_server.url, *words]
        command += ["--state", str(place / "state")]
        path = f"{tools}:{os.environ['PATH']}"
        environment = {**os.environ, **more, "PATH": path}
        with token.open() as given:
            return subprocess.run(
                command, stdin=given, capture_output=True, text=True, env=environment
            )

    for pc in ("pc-1", "pc-2"):
        assert run(pc, "--once").stdout == "Enrolled.\nReports every day.\n"
    again = run("pc-1", "--once")
    assert (again.returncode, again.stdout) == (0, "Enrolled before.\nReports every day.\n")
    third = run("pc-3", "--once")
    assert third.returncode == 1
    assert "used up" in third.stderr
    assert run("pc-1").returncode == 1  # without it, the PC would enrol anew
    assert set(Device.objects.values_list("name", flat=True)) == {"pc-1", "pc-2"}
