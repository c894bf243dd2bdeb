"""From a condition over inventories to a saved search, an order for all that match, and a file."""

import json
from pathlib import Path

import pytest
from django.http import QueryDict
from django.utils import timezone
from playwright.sync_api import expect

from devices.inventory_facts import record_facts
from devices.models import Folder, InventoryChange
from devices.models.rights import Role
from devices.services import searches
from tests import factories
from tests.pages.steps import open_power, tick_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lab() -> Folder:
    """Return a folder of 60 devices that are set up; each second one has 16 GiB."""
    lab = factories.folder("Lab")
    for number in range(60):
        device = factories.device(f"LAB-{number:02}", lab, mode="smb")
        told = {"Memory 1: Size": "8 GiB", "Processor: Name": "Intel(R) Core(TM) i5-1145G7"}
        told |= {"Memory 2: Size": "8 GiB"} if number % 2 else {}
        at, source = timezone.now(), InventoryChange.Source.AMT
        record_facts(device, source, told.items(), at=at)
    return lab


def write(dialog, row: int, what: str, how: str, value: str) -> None:
    dialog.get_by_label("What").nth(row).fill(what)
    dialog.get_by_label("How to compare").nth(row).select_option(label=how)
    dialog.get_by_label("Value").nth(row).fill(value)


def save_filter(page, name: str) -> None:
    """Save what the list shows, for everybody."""
    page.get_by_role("button", name="Saved searches").click()
    page.get_by_role("menuitem", name="Save this filter...").click()
    dialog = page.get_by_role("dialog", name="Save this filter")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Everybody may use it").check()
    dialog.get_by_role("button", name="OK").click()
    expect(dialog).to_be_hidden()


def test_a_filter_is_written_with_names_and_values_offered_and_errors_shown(tabs, axe, lab):
    page = tabs.open(factories.person())
    tabs.expect("422")
    page.goto(lab.get_absolute_url())
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("button", name="By inventory...").click()
    dialog = page.get_by_role("dialog", name="Filter by inventory")
    expect(dialog.get_by_label("What")).to_be_focused()
    dialog.get_by_label("What").press_sequentially("memory", delay=30)
    expect(page.locator("#fact-names option")).to_have_count(2)
    write(dialog, 0, "Memory: Total size", "is at least", "12")
    dialog.get_by_role("button", name="Another condition").click()
    write(dialog, 1, "Processor: Name", "contains", "i5")
    expect(page.locator("#fact-values-2 option")).to_have_count(1)
    dialog.get_by_role("button", name="OK: show").click()
    expect(dialog.get_by_text("Memory: Total size has a unit")).to_be_visible()
    assert axe(page) == []
    dialog.get_by_label("Value").first.fill("12 GB")
    dialog.get_by_role("button", name="OK: show").click()
    expect(page.get_by_text("Memory: Total size is at least 12 GB")).to_be_visible()
    expect(page.locator("#device-list tbody tr")).to_have_count(30)


def test_all_that_a_saved_search_finds_are_exported_and_get_an_order(tabs, axe, lab):
    page = tabs.open(factories.person())
    page.goto(f"{lab.get_absolute_url()}?fact=at-least|Memory:+Total+size|12+GB")
    save_filter(page, "Large ones")
    page.goto("/devices/")
    page.get_by_role("button", name="Saved searches").click()
    expect(page.get_by_role("menuitem", name="Large ones")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("menuitem", name="Large ones").click()
    expect(page.get_by_role("heading", name="Lab", exact=True)).to_be_visible()
    tick_all(page, f"{page.url}&size=25")
    page.get_by_role("button", name="Select all 30 in Lab").click()
    page.get_by_role("button", name="Action", exact=True).click()
    with page.expect_download() as told:
        page.get_by_role("menuitem", name="Export inventories as JSON").click()
    names = [one["device"] for one in json.loads(Path(told.value.path()).read_text())]
    assert names == [f"LAB-{number:02}" for number in range(1, 60, 2)]
    expect(open_power(page).get_by_text("30 devices").first).to_be_visible()


def is_inside(page, *shown) -> bool:
    """Return whether nothing has to be scrolled sideways to see these."""
    width = page.viewport_size["width"]
    boxes = [one.bounding_box() for one in shown]
    return all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)


@pytest.mark.parametrize("width", [1360, 390])
@pytest.mark.parametrize("name", ["n" * 100, "word " * 19 + "words"])
def test_a_long_name_hides_nothing(tabs, axe, width, name):
    user = factories.person()
    query = QueryDict("mode=smb&q=" + "q" * 100)
    searches.save_search(name=name, is_shared=True, query=query, by=user)
    page = tabs.open(user, viewport={"width": width, "height": 800})
    page.goto("/devices/?mode=smb")
    page.get_by_role("button", name="Saved searches").click()
    entry = page.get_by_role("menuitem", name=name)
    expect(entry).to_be_visible()
    assert is_inside(page, entry, entry.get_by_text("shared"))
    assert axe(page) == []
    page.goto("/devices/searches/")
    change = page.get_by_role("button", name=f"Change {name}")
    delete = page.get_by_role("button", name=f"Delete {name}")
    assert is_inside(page, change, delete, page.get_by_role("link", name=name))
    delete.click()
    dialog = page.get_by_role("dialog")
    assert is_inside(page, dialog.get_by_role("button", name="Close"))
    assert dialog.evaluate("it => it.scrollWidth <= it.clientWidth")
    dialog.get_by_role("button", name="Cancel").click()
    change.click()
    assert is_inside(page, dialog.get_by_role("button", name="Close"))
    assert axe(page) == []


def test_a_shared_search_is_opened_by_a_monitor_and_managed_by_who_may(tabs, axe, lab):
    page = tabs.open(factories.person())
    page.goto(f"{lab.get_absolute_url()}?fact=known|Memory:+Size&mode=smb")
    save_filter(page, "All known")

    monitor = tabs.open(factories.person(Role.MONITOR, lab))
    monitor.goto("/devices/searches/")
    expect(monitor.get_by_role("button", name="Delete All known")).to_have_count(0)
    assert axe(monitor) == []
    monitor.get_by_role("link", name="All known").click()
    expect(monitor.get_by_text("Memory: Size is known")).to_be_visible()

    page.goto("/devices/searches/")
    page.get_by_role("button", name="Change All known").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Known")
    page.get_by_role("dialog").get_by_role("button", name="OK").click()
    page.get_by_role("button", name="Delete Known").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No saved searches yet")).to_be_visible()
