"""Without a mouse: from the first key to a task that is stopped."""

import re

import pytest
from playwright.sync_api import expect

from amt.constants import PowerState
from tests.factories import device, person
from tests.pages.steps import lines, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_power_off_from_search_to_stop_by_keys_alone(tabs, worker, quick, managed_fleet):
    quick("power.devices_at_once", 1)
    devices = managed_fleet(4, power=PowerState.ON, latency_ms=1000)
    page = tabs.open(person())
    page.goto("/")
    press(page, "g", "d")
    page.wait_for_url("**/devices/")
    press(page, "j", "x", "j", "x", "j", "j", "x", "k", "x")
    expect(page.get_by_text("4 selected")).to_be_visible()

    press(page, "q")
    expect(page.get_by_role("menuitem", name="Intel AMT Power Management")).to_be_visible()
    press(page, "ArrowDown", "Enter")
    dialog = page.get_by_role("dialog", name="Intel AMT Power Management")
    expect(dialog.get_by_role("radio", name=re.compile("^Power On"))).to_be_visible()
    dialog.get_by_role("radio", name=re.compile("^Power On")).focus()
    press(page, "ArrowDown")
    ok = dialog.get_by_role("button", name="OK: switch 4 off")
    expect(ok).to_be_enabled()
    tab_to(page, ok)
    press(page, "Enter")
    page.wait_for_url("**/tasks/*/")

    tab_to(page, page.get_by_role("button", name=re.compile("Stop the rest")))
    press(page, "Enter")
    wait_for_end(page)
    ended = {name: cells[0] for name, cells in lines(page).items()}
    assert "Stopped" in ended.values()
    for one in devices:
        assert bool(one.orders) == (ended[one.row.name] == "Done")


def tab_to(page, target):
    """Press Tab until the focus is on ``target``."""
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not reach it.")


def test_letters_move_tick_search_and_list_themselves(tabs, axe):
    for number in range(3):
        device(f"LAB-{number}")
    page = tabs.open(person())
    page.goto("/devices/")
    press(page, "a")
    expect(page.get_by_text("3 selected")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_text("selected")).to_be_hidden()

    press(page, "/")
    page.keyboard.type("LAB-2")
    expect(page.get_by_label("Search devices, tasks and settings")).to_have_value("LAB-2")
    page.get_by_role("search").first.get_by_role("link", name=re.compile("LAB-2")).wait_for()
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1, name="LAB-2")).to_be_visible()

    press(page, "?")
    keys = page.get_by_role("dialog", name="Keyboard")
    expect(keys).to_be_visible()
    assert axe(page) == []
    keys.get_by_label("Single letters act").uncheck()
    press(page, "Escape")
    press(page, "g", "t")
    expect(page.get_by_role("heading", level=1, name="LAB-2")).to_be_visible()


def test_focus_returns_to_what_opened_a_dialog(tabs):
    device("LAB-1")
    page = tabs.open(person())
    page.goto("/devices/")
    press(page, "j", "x", "e")
    expect(page.get_by_role("dialog")).to_be_visible()
    press(page, "Escape")

    expect(page.get_by_role("button", name="Edit")).to_be_focused()
