"""Settings by level: the zone sets, a folder and a device override, Revert gives back."""

import re

import pytest
from playwright.sync_api import expect

from devices import levels
from power.levels import ORDER_EXPIRY, VERIFY_SECONDS
from tests.factories import device, folder, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def setting(page, key):
    return page.locator(f"#setting-{key.slug}")


def field(page, key):
    return (
        setting(page, key).get_by_role("spinbutton").or_(setting(page, key).get_by_role("textbox"))
    )


def apply(page):
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Saved").first).to_be_visible()


def test_zone_value_is_applied_and_is_configured(tabs, axe):
    page = tabs.open(person())
    page.goto("/configuration/")
    page.get_by_role("link", name="Power orders").click()
    field(page, ORDER_EXPIRY).fill("30")
    apply(page)
    assert axe(page) == []
    assert levels.zone_value(ORDER_EXPIRY) == 30

    page.goto("/configuration/")
    expect(page.get_by_role("row", name=re.compile("Power orders.*Yes"))).to_be_visible()


def test_value_out_of_range_names_the_rule(tabs, axe):
    page = tabs.open(person())
    tabs.expect("422")
    page.goto("/configuration/settings/power-orders/")
    field(page, ORDER_EXPIRY).fill("0")
    page.get_by_role("button", name="OK", exact=True).click()

    expect(page.get_by_text(re.compile("From 1 to 1,440 min")).first).to_be_visible()
    assert axe(page) == []


@pytest.mark.parametrize("level", ["folder", "device"])
def test_value_is_overridden_and_reverted(tabs, axe, level):
    place = folder("Lab-1") if level == "folder" else device("PC-1")
    one = device("PC-2", where=place) if level == "folder" else place
    page = tabs.open(person())
    page.goto(f"/{level}s/{place.pk}/settings/power-orders/")
    expect(field(page, VERIFY_SECONDS)).to_be_disabled()
    setting(page, VERIFY_SECONDS).get_by_role("button", name="Override settings").click()
    field(page, VERIFY_SECONDS).fill("90")
    apply(page)
    assert levels.resolve(VERIFY_SECONDS, [one])[one.pk].value == 90
    assert axe(page) == []

    setting(page, VERIFY_SECONDS).get_by_role("button", name="Revert").click()
    page.get_by_role("dialog").get_by_role("button", name="Revert").click()
    apply(page)
    assert levels.resolve(VERIFY_SECONDS, [one])[one.pk].value == 60
    expect(setting(page, VERIFY_SECONDS).get_by_text(re.compile("Inherited"))).to_be_visible()


def test_leaving_with_changes_asks_once(tabs):
    page = tabs.open(person())
    page.goto("/configuration/settings/power-orders/")
    field(page, ORDER_EXPIRY).fill("31")
    tasks = page.get_by_role("navigation", name="Main").get_by_role("link", name="Tasks")
    tasks.click()
    dialog = page.get_by_role("dialog", name="Leave without saving?")
    expect(dialog).to_contain_text("1 unsaved change: Order expiry")
    dialog.get_by_role("button", name="Cancel").click()
    expect(field(page, ORDER_EXPIRY)).to_have_value("31")
    tasks.click()
    dialog.get_by_role("button", name="Leave").click()

    page.wait_for_url("**/tasks/")
    assert levels.zone_value(ORDER_EXPIRY) == 15
