"""Journeys in Chromium: override and revert a setting; set a device up and test its connection."""

import re

import pytest
from django.urls import reverse

from amt.models import AmtSettings
from devices import levels
from devices.models.rights import Role
from power.levels import VERIFY_SECONDS
from tests import factories
from tests.fixtures.simulated import PASSWORD

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def unsaved(page):
    return page.locator("[data-unsaved]")


def test_a_setting_is_overridden_reset_applied_and_reverted(tabs):
    device = factories.device("LAB-PC-005", factories.folder("Lab-2"))
    page = tabs.open(factories.person())
    page.goto(reverse("devices:device_settings", args=[device.pk, "power-orders"]))
    window = page.get_by_label("Verify window")

    expect(window).to_be_disabled()
    page.get_by_role("button", name="Override settings").click()
    window.fill("45")
    expect(unsaved(page)).to_have_text("1 unsaved change: Verify window")
    page.get_by_role("button", name="Reset").click()
    expect(window).to_be_disabled()
    expect(window).to_have_value("60")

    page.get_by_role("button", name="Override settings").click()
    window.fill("45")
    page.get_by_role("button", name="Apply").click()
    expect(unsaved(page)).to_contain_text("Saved")
    assert levels.resolve(VERIFY_SECONDS, [device])[device.pk].value == 45

    page.get_by_role("button", name="Revert").click()
    page.get_by_role("dialog").get_by_role("button", name="Revert").click()
    expect(window).to_have_value("60")
    page.get_by_role("button", name="OK", exact=True).click()
    expect(page).to_have_url(re.compile(reverse("devices:device", args=[device.pk]) + "$"))
    assert levels.resolve(VERIFY_SECONDS, [device])[device.pk].value == 60


def test_leaving_with_unsaved_changes_asks_once(tabs):
    page = tabs.open(factories.person())
    page.goto(reverse("devices:zone_settings", args=["power-orders"]))
    page.get_by_label("Order expiry").fill("20")

    page.get_by_role("link", name="Cancel").click()
    question = page.get_by_role("dialog", name="Leave without saving?")
    expect(question).to_contain_text("1 unsaved change: Order expiry")
    question.get_by_role("button", name="Leave").click()

    expect(page.get_by_role("heading", name="Configuration", level=1)).to_be_visible()


def test_a_device_is_set_up_with_both_look_ups_and_its_connection_tested(tabs, worker, fleet):
    engine = next(iter(fleet(1, plain=False)))
    device = factories.device("LAB-PC-014", is_simulated=True)
    factories.credential("ME Labs", password=PASSWORD)
    page = tabs.open(factories.person())
    page.goto(reverse("amt:settings", args=[device.pk]))

    page.get_by_label("IP address or FQDN").fill(engine.spec.address)
    for what in ("credential", "server"):
        page.get_by_role("button", name=f"Browse for a {what}").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("radio").first.check()
        dialog.get_by_role("button", name="OK", exact=True).click()
    expect(unsaved(page)).to_have_text(
        "3 unsaved changes: IP address or FQDN, ME credential, Server"
    )
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text(f"Saved: IP address or FQDN is {engine.spec.address}.")).to_be_visible()

    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("Credential accepted")).to_be_visible()
    expect(page.get_by_text("AMT 16.1")).to_be_visible()
    row = AmtSettings.objects.get(device=device)
    assert (row.pin, row.mode) == (engine.certificate_sha256, "smb")


@pytest.mark.parametrize("role", [Role.POWER_OPERATOR, Role.MONITOR])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_may_not_change_settings_sees_them_locked(tabs, axe, role, scheme):
    device = factories.device()
    page = tabs.open(factories.person(role), color_scheme=scheme)

    for name in ("amt:settings", "devices:device_settings"):
        page.goto(reverse(name, args=[device.pk]))
        expect(page.get_by_role("button", name="Apply")).to_have_count(0)
        expect(page.get_by_role("button", name="Override settings")).to_have_count(0)
        assert axe(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_settings(tabs, axe, simulated, scheme):
    made = simulated()
    AmtSettings.objects.update(pin="aa" * 32, seen_pin="bb" * 32)
    page = tabs.open(factories.person(), color_scheme=scheme)

    for address in (
        reverse("devices:configuration"),
        reverse("devices:zone_settings", args=["power-orders"]),
        reverse("devices:setting_overrides", args=["power-orders"]),
        reverse("devices:device_settings", args=[made.row.pk, "amt-connections"]),
        reverse("amt:settings", args=[made.row.pk]),
    ):
        page.goto(address)
        page.locator("main details").evaluate_all("found => found.forEach(one => one.open = true)")
        assert axe(page) == [], address
