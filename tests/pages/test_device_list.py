"""The list of devices in Chromium: search, selection, live states; what each person is offered."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from devices.models import Device, Folder
from devices.models.rights import Role
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lab() -> Folder:
    lab = factories.folder("Lab")
    for number in range(60):
        factories.device(
            f"LAB-{number:02}",
            lab,
            mode="smb" if number else "",
            power_state=2,
            power_seen_at=timezone.now(),
        )
    return lab


def rows(page):
    return page.locator("#device-list tbody tr")


def test_the_search_filters_as_one_types_and_back_brings_the_list_again(tabs, lab):
    page = tabs.open(factories.person())
    page.goto(lab.get_absolute_url())
    beside = page.locator(".z-title .z-mute")
    expect(beside).to_have_text("60 devices")
    search = page.get_by_label("Search in Lab")
    search.press_sequentially("lab-1", delay=60)
    expect(rows(page)).to_have_count(10)
    expect(beside).to_have_text("10 of 60 devices")
    expect(search).to_be_focused()
    search.press_sequentially("7", delay=60)
    expect(rows(page)).to_have_count(1)
    expect(search).to_have_value("lab-17")
    page.get_by_role("link", name="remove this filter").click()
    expect(rows(page)).to_have_count(50)
    expect(beside).to_have_text("60 devices")
    page.go_back()
    expect(rows(page)).to_have_count(1)
    expect(beside).to_have_text("1 of 60 devices")
    search.fill("")
    expect(beside).to_have_text("60 devices")


def test_all_that_match_are_moved_after_the_folder_was_looked_up(tabs, lab):
    target = factories.folder("Target")
    page = tabs.open(factories.person())
    page.goto(lab.get_absolute_url())
    page.get_by_label("Select this page").check()
    page.get_by_role("button", name="Select all 60 in Lab").click()
    page.get_by_role("button", name="Action").click()
    page.get_by_role("menuitem", name="Move...").click()
    expect(page.get_by_role("heading", name="Move 60 devices")).to_be_visible()
    page.get_by_role("button", name="Browse for a folder").click()
    page.get_by_label("/Workstations/Target").check()
    page.locator("#lookup").get_by_role("button", name="OK").click()
    page.get_by_role("button", name="OK: move 60").click()
    expect(page.get_by_role("heading", name="Target", exact=True)).to_be_visible()
    assert Device.objects.filter(folder=target).count() == 60


def test_quick_tasks_count_the_selection_each_time_the_menu_opens(tabs, lab):
    page = tabs.open(factories.person())
    page.goto(lab.get_absolute_url())
    menu = page.get_by_role("button", name="Quick Tasks")
    expect(menu).to_be_disabled()
    page.get_by_label("Select LAB-00").check()
    page.get_by_label("Select LAB-01").check()
    menu.click()
    expect(page.get_by_role("menuitem", name="Read power state 1 of 2")).to_be_visible()
    expect(page.get_by_text("LAB-00 is not set up.")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Select LAB-02").check()
    menu.click()
    expect(page.get_by_role("menuitem", name="Read power state 2 of 3")).to_be_visible()


def test_a_new_state_comes_into_its_row_and_no_row_moves(tabs, lab):
    page = tabs.open(factories.person())
    page.goto(lab.get_absolute_url() + "?sort=power")
    first = rows(page).first
    name = first.get_by_role("link").inner_text()
    Device.objects.filter(name=name).update(power_state=8)
    page.evaluate("htmx.trigger('[hx-get*=states]', 'zcc:poll')")
    expect(first).to_contain_text("Off")
    expect(first).to_contain_text(name)


def test_a_monitor_looks_and_is_offered_no_act(tabs, lab):
    page = tabs.open(factories.person(Role.MONITOR, lab))
    page.goto(lab.get_absolute_url())
    expect(rows(page)).to_have_count(50)
    for name in ("New", "Edit", "Delete", "Quick Tasks"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    page.get_by_role("link", name="LAB-01").click()
    expect(page.get_by_text("You may look at this device, not switch it.")).to_be_visible()


def test_helpdesk_finds_a_pc_and_sees_what_may_be_done(tabs, lab):
    page = tabs.open(factories.person(Role.POWER_OPERATOR, lab, without=("power-cycle",)))
    page.goto("/find/")
    expect(page.get_by_label("Name, host name")).to_be_focused()
    page.keyboard.type("lab-17", delay=60)
    expect(page.get_by_role("heading", name="LAB-17")).to_be_visible()
    expect(page.get_by_role("button", name="Power Off")).to_be_visible()
    expect(page.get_by_role("button", name="Power Cycle Reset")).to_have_count(0)


def test_the_key_of_the_search_opens_the_first_result(tabs, lab):
    page = tabs.open(factories.person())
    page.goto("/devices/")
    page.keyboard.press("/")
    page.keyboard.type("lab-42", delay=60)
    expect(page.locator("#find-results").get_by_role("link", name="LAB-42")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/devices/{Device.objects.get(name='LAB-42').pk}/$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_list_its_menus_and_dialogs(tabs, axe, lab, scheme):
    page = tabs.open(factories.person(), color_scheme=scheme, reduced_motion="reduce")
    page.goto(lab.get_absolute_url() + "?mode=smb")
    page.get_by_label("Select this page").check()
    for name in ("Quick Tasks", "Filter", "Columns"):
        page.get_by_role("button", name=name).click()
        expect(page.locator(".dropdown-menu.show")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert axe(page) == []
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete 50 devices")).to_be_visible()
    assert axe(page) == []
