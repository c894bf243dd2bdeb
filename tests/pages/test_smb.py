"""SMB settings of a device: look-ups, Apply, OK, Reset, Cancel, Test connection, Delete Setting."""

import re

import pytest
from playwright.sync_api import expect

from amt.models import AmtSettings
from tests.factories import credential, device, person, server
from zcc import heartbeat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look_up(page, what, name):
    """Choose by the browse button, searching as people do."""
    page.get_by_role("button", name=f"Browse for {what}").click()
    lookup = page.get_by_role("dialog")
    with page.expect_response(re.compile("/lookup/.*q=")):
        lookup.get_by_role("searchbox").fill(name)
    lookup.get_by_role("radio", name=name, exact=True).check()
    lookup.get_by_role("button", name="OK").click()
    expect(lookup).to_be_hidden()


def foot(page, name):
    return page.get_by_role("button", name=name, exact=True)


def test_device_is_set_up_with_both_look_ups(tabs, axe):
    credential("ME Labs"), credential("Other"), server("SRV-AMT-01")
    one = device("PC-1")
    page = tabs.open(person())
    page.goto(one.get_absolute_url())
    page.get_by_label("Tabs").get_by_role("link", name="Settings").click()
    page.get_by_label("IP address or FQDN").fill("127.0.1.1")
    look_up(page, "a credential", "ME Labs")
    look_up(page, "a server", "SRV-AMT-01")
    expect(page.get_by_text(re.compile("3 unsaved changes"))).to_be_visible()
    foot(page, "Apply").click()
    expect(page.get_by_role("status").filter(has_text="Saved").first).to_be_visible()
    expect(page).to_have_url(re.compile("/amt/"))
    assert axe(page) == []

    row = AmtSettings.objects.get(device=one)
    assert (row.address, row.credential.name, row.server.name) == (
        "127.0.1.1",
        "ME Labs",
        "SRV-AMT-01",
    )


def test_wrong_address_is_named_with_its_rule(tabs, managed_fleet, axe):
    one = managed_fleet(1)[0].row
    page = tabs.open(person())
    tabs.expect("422")
    page.goto(f"/devices/{one.pk}/amt/")
    page.get_by_label("IP address or FQDN").fill("10.20.2.999")
    foot(page, "OK").click()

    expect(page.get_by_text(re.compile('"?10.20.2.999"? is not an address')).first).to_be_visible()
    assert axe(page) == []


def test_reset_takes_back_cancel_leaves_and_ok_saves(tabs, managed_fleet):
    one = managed_fleet(1)[0].row
    page = tabs.open(person())
    page.goto(f"/devices/{one.pk}/amt/")
    address = page.get_by_label("IP address or FQDN")
    before = address.input_value()
    expect(foot(page, "Apply")).to_be_disabled()
    address.fill("127.9.9.9")
    foot(page, "Reset").click()
    expect(address).to_have_value(before)
    expect(foot(page, "Apply")).to_be_disabled()

    address.fill("127.9.9.8")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    expect(page).to_have_url(re.compile(f"/devices/{one.pk}/$"))
    page.goto(f"/devices/{one.pk}/amt/")
    address.fill("127.9.9.7")
    foot(page, "OK").click()
    expect(page).to_have_url(re.compile(f"/devices/{one.pk}/$"))
    assert AmtSettings.objects.get().address == "127.9.9.7"


@pytest.mark.parametrize(
    ("faults", "words", "sentence"),
    [
        (set(), ["Reachable", "AMT 16.1", "TLS 1.", "Credential accepted"], "Test connection"),
        ({"wrong-password"}, ["Reachable", "Credential refused"], "refuses"),
        ({"refuses"}, ["Not reachable", "not asked"], "is closed"),
    ],
)
def test_connection_is_tested_step_by_step(
    tabs, worker, managed_fleet, axe, faults, words, sentence
):
    one = managed_fleet(1, faults=faults)[0].row
    page = tabs.open(person())
    page.goto(f"/devices/{one.pk}/amt/")
    page.get_by_role("button", name="Test connection").click()

    result = page.locator("#connection-test")
    for word in words:
        expect(result.get_by_text(word).first).to_be_visible(timeout=30_000)
    expect(result).to_contain_text(sentence)
    assert axe(page) == []


def test_setting_is_deleted_after_a_question(tabs, managed_fleet):
    one = managed_fleet(1)[0].row
    page = tabs.open(person())
    page.goto(f"/devices/{one.pk}/amt/")
    page.get_by_role("button", name="Delete Setting").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete Setting").click()

    expect(page.get_by_text("Not set up").first).to_be_visible()
    assert not AmtSettings.objects.exists()


def test_server_of_this_site_can_be_chosen(tabs):
    heartbeat.of_this_site.refresh()
    page = tabs.open(person())
    page.goto(f"/devices/{device().pk}/amt/")
    page.get_by_role("button", name="Browse for a server").click()

    expect(page.get_by_role("dialog").get_by_text("Online")).to_be_visible()
