"""Inventory, agent and reconciliation, from the browser to a second process and a device."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from amt.models import DiscoveredDevice
from devices.models import Device, HostReport
from tests.factories import device, person
from zcc import heartbeat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PROGRAM = Path(__file__).parents[2] / "static" / "agent" / "zcc_agent.py"
UUID = "4c4c4544-0043-3510-8052-c7c04f4e3532"
FACTS = {"uuid": UUID, "host_name": "pc-1.example.test", "os_name": "Example OS"}
FACTS |= {"os_version": "12", "software": [["editor", "1.2"]], "macs": ["a4bb6d000001"]}


def agent(folder: Path, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the agent as its own process, with facts of ours."""
    facts = folder / "facts.json"
    facts.write_text(json.dumps(FACTS))
    command = [sys.executable, str(PROGRAM), *words, "--state", str(folder / "state")]
    environment = {**os.environ, "ZCC_AGENT_FACTS": str(facts)}
    return subprocess.run(command, input=text, capture_output=True, text=True, env=environment)


def test_an_agent_is_installed_from_the_page_and_reports(tabs, axe, tmp_path):
    one = device("PC-1")
    page = tabs.open(person())
    page.goto(one.get_absolute_url())
    page.get_by_label("Tabs").get_by_role("link", name="Inventory").click()
    expect(page.get_by_text("No agent has reported.")).to_be_visible()
    page.get_by_role("button", name="Install agent").click()
    shown = page.locator("pre").first.inner_text()
    token, server = re.search(r"echo (\S+) \| .* --server (\S+)", shown).groups()
    assert axe(page) == []

    assert agent(tmp_path, "enrol", "--server", server, text=token).stdout == "Enrolled.\n"
    assert agent(tmp_path, "report").stdout == "Reported as PC-1.\n"
    stolen = agent(tmp_path / "..", "enrol", "--server", server, text=token)
    assert stolen.returncode == 1
    page.get_by_role("link", name="Back to PC-1").click()
    page.get_by_label("Tabs").get_by_role("link", name="Inventory").click()
    expect(page.get_by_text("Example OS 12")).to_be_visible()
    page.get_by_text("Software, 1").click()
    expect(page.get_by_role("cell", name="editor")).to_be_visible()
    assert axe(page) == []


def token_for(page: Page, pcs: int) -> tuple[str, str]:
    """Make a token on the page of agents; return it and the address of the console."""
    page.goto("/devices/")
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("button", name="Browse for a folder").click()
    lookup = page.get_by_role("dialog")
    lookup.get_by_role("radio").first.check()
    lookup.get_by_role("button", name="OK").click()
    page.get_by_label("For how many PCs").fill(str(pcs))
    page.get_by_role("button", name="Make a token").click()
    shown = page.locator("pre").first.inner_text()
    token, server = re.search(r"echo (\S+) \| .* --server (\S+)", shown).groups()
    return token, server


def test_an_agent_of_a_new_pc_is_found_and_revoked_after_a_question(tabs, tmp_path):
    page = tabs.open(person())
    token, server = token_for(page, 1)
    assert agent(tmp_path, "enrol", "--server", server, text=token).returncode == 0
    page.goto("/devices/agents/")
    page.get_by_role("searchbox", name="Search by device or host name").fill("PC-1")
    page.wait_for_url("**/devices/agents/?state=&q=PC-1")
    page.get_by_role("button", name="Revoke the agent of pc-1").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("No report of pc-1 is taken any more")
    question.get_by_role("button", name="Cancel").click()
    assert agent(tmp_path, "report").returncode == 0
    page.get_by_role("button", name="Revoke the agent of pc-1").click()
    question.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Revoked: the agent of pc-1.")).to_be_visible()
    assert page.url.endswith("?state=&q=PC-1")
    refused = agent(tmp_path, "report")
    assert "revoked" in refused.stderr


def test_a_token_for_many_is_withdrawn(tabs, axe, tmp_path):
    page = tabs.open(person())
    token, server = token_for(page, 2)
    expect(page.get_by_text("for 2 PCs", exact=True)).to_be_visible()
    assert axe(page) == []
    assert agent(tmp_path, "enrol", "--server", server, text=token).returncode == 0
    page.goto("/devices/agents/")
    expect(page.get_by_role("cell", name="1 of 2")).to_be_visible()
    page.get_by_role("button", name="Withdraw the token").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Withdrawn: the token for")).to_be_visible()
    late = agent(tmp_path / "..", "enrol", "--server", server, text=token)
    assert "withdrawn" in late.stderr


def test_inventory_of_a_device_is_read(tabs, worker, managed_fleet, axe):
    one = managed_fleet(1)[0].row
    page = tabs.open(person())
    page.goto(f"/devices/{one.pk}/inventory/")
    page.get_by_role("button", name="Read inventory").click()
    expect(page.get_by_role("heading", name="BIOS")).to_be_visible(timeout=20_000)
    assert axe(page) == []


def test_reconciliation_is_started_and_a_question_decided(tabs, worker, axe):
    heartbeat.of_this_site.refresh()
    now = timezone.now()
    for name in ("pc-1", "pc-2"):
        HostReport.objects.create(device=device(name), uuid=UUID, reported_at=now)
    entry = DiscoveredDevice.objects.create(
        uuid=UUID, address="10.1.2.3", first_seen_at=now, seen_at=now
    )
    page = tabs.open(person())
    page.goto("/configuration/reconciliation/")
    assert axe(page) == []
    page.get_by_role("button", name="Start Now").click()
    expect(page.get_by_role("link", name="To decide 1")).to_be_visible(timeout=20_000)
    assert axe(page) == []
    expect(page.get_by_role("button", name="Same PC")).to_be_disabled()
    page.get_by_label("Select 10.1.2.3 and pc-2").check()
    page.get_by_role("button", name="Same PC").click()
    expect(page.get_by_text("Kept what you say of 1 line. The next run")).to_be_visible()
    expect(page.get_by_label("Select 10.1.2.3 and pc-2")).not_to_be_checked()
    page.get_by_role("button", name="Start Now").click()
    expect(page.get_by_text("Brought together 1,")).to_be_visible(timeout=20_000)
    entry.refresh_from_db()
    assert entry.device == Device.objects.get(name="pc-2")
    page.goto("/configuration/reconciliation/")
    page.get_by_label("Schedule type").select_option("none")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Nothing is planned.")).to_be_visible()
