"""Messages in Chromium: a device logs an error, a person acknowledges it, counts follow."""

import re

import pytest
from playwright.sync_api import expect

from devices.messages import Told, record_messages
from devices.models import Message
from devices.models.rights import Role
from tests.factories import device, folder, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRMWARE, ERROR, CRITICAL, BIOS, DISK = 15, 0, 16, 34, (0x40, 3)


def read_inventory(page, pk):
    page.goto(f"/devices/{pk}/inventory/")
    with page.expect_navigation():
        page.get_by_role("button", name="Read inventory").click()
    expect(page.locator("#inventory-line")).to_contain_text("Read: ", timeout=20_000)


def told(where, number, severity=Message.Severity.WARNING):
    record_messages(
        where.pk,
        [
            Told(severity, Message.Source.ALERT, f"Text {each} of {where.name}")
            for each in range(number)
        ],
    )


def nav(page):
    return page.get_by_role("navigation", name="Main").get_by_role("link", name="Messages")


def test_a_logged_error_becomes_a_message_and_leaves_when_it_is_acknowledged(
    tabs, worker, managed_fleet, axe
):
    one = managed_fleet(1)[0]
    page = tabs.open(person())
    read_inventory(page, one.row.pk)
    expect(nav(page)).to_have_text("Messages")
    one.machine.event_log.add(one.machine.clock, FIRMWARE, ERROR, CRITICAL, BIOS, DISK)
    read_inventory(page, one.row.pk)

    page.goto("/")
    expect(nav(page)).to_have_text(re.compile("1 open"))
    page.get_by_role("row", name="1 error that devices told").get_by_role("link").click()
    row = page.get_by_role("row", name="Firmware error: the disk failed")
    expect(row).to_contain_text(one.row.name)
    expect(row).to_contain_text("Event log")
    assert axe(page) == []
    row.get_by_role("link", name=one.row.name).click()
    assert axe(page) == []
    page.get_by_role("link", name="Summary").click()
    page.get_by_role("link", name="1 open error").click()
    page.get_by_role("button", name="Acknowledge Firmware error").click()
    expect(page.get_by_text("Acknowledged: 1 message.")).to_be_visible()
    expect(page.get_by_role("row", name="Firmware error")).to_have_count(0)
    expect(nav(page)).to_have_text("Messages")
    page.get_by_label("Acknowledged").select_option("Acknowledged")
    expect(page.get_by_role("row", name="Firmware error")).to_be_visible()
    page.goto("/")
    expect(page.get_by_text("Nothing needs you.")).to_be_visible()


def asked_before_deleting(page, axe) -> str:
    """Press Delete; return the title of the question, which says twice how many go."""
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete")).to_have_class("btn btn-danger")
    title = dialog.get_by_role("heading").inner_text()
    expect(dialog.locator("p")).to_contain_text(title.removeprefix("Delete "))
    assert axe(page) == []
    return title


def test_several_are_ticked_all_that_match_are_acknowledged_and_one_is_deleted(tabs, axe):
    told(device("PC-1"), 60)
    told(device("PC-2"), 2, Message.Severity.ERROR)
    page = tabs.open(person())
    page.goto("/messages/")
    acknowledge = page.get_by_role("button", name="Acknowledge", exact=True)
    expect(acknowledge).to_be_disabled()
    page.get_by_label("Select Text 0 of PC-2").check()
    assert asked_before_deleting(page, axe) == "Delete 1 message"
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted: 1 message.")).to_be_visible()
    expect(acknowledge).to_be_disabled()

    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Severity").select_option("Warning")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_label("Select this page").check()
    assert asked_before_deleting(page, axe) == "Delete 50 messages"
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Select all 60 in this list").click()
    assert asked_before_deleting(page, axe) == "Delete 60 messages"
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert axe(page) == []
    acknowledge.click()
    expect(page.get_by_text("Acknowledged: 60 messages.")).to_be_visible()
    expect(page.get_by_text("No message matches.")).to_be_visible()
    page.get_by_role("link", name="Show all that are open").click()
    expect(page.locator("#message-list tbody tr")).to_have_count(1)
    page.get_by_label("Search messages").press_sequentially("nothing", delay=60)
    expect(page.get_by_text("No message matches.")).to_be_visible()


def test_a_monitor_on_a_phone_reads_and_is_offered_no_act(tabs, axe):
    lab = folder("Lab")
    told(device("LAB-1", lab), 1)
    page = tabs.open(person(Role.MONITOR, lab), viewport={"width": 390, "height": 844})
    page.goto("/messages/")
    expect(page.get_by_text("Text 0 of LAB-1")).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
