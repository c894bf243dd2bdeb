"""Quick Task Status: opened from the bar, Home and the list; follows by itself; found again."""

import re

import pytest
from playwright.sync_api import expect

from amt.constants import PowerState
from tests.factories import person
from tests.pages.steps import order, tick_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_running_task_is_followed_from_the_bar_closed_and_found_again(
    tabs, worker, quick, managed_fleet, axe
):
    quick("power.devices_at_once", 2)
    managed_fleet(6, power=PowerState.ON, latency_ms=700)
    page = tabs.open(person())
    tick_all(page)
    order(page, "Power Off")
    page.goto("/configuration/")
    page.get_by_role("link", name="Quick Task Status").click()
    dialog = page.get_by_role("dialog", name="Quick Task Status")
    expect(dialog.get_by_role("row", name=re.compile("Power Off.*of 6.*Running"))).to_be_visible()
    assert axe(page) == []
    expect(page).to_have_url(re.compile(r"do=task-status"))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Quick Task Status").click()

    expect(dialog.get_by_text("6 of 6")).to_be_visible(timeout=60_000)
    dialog.get_by_role("link", name="Power Off").click()
    expect(page).to_have_url(re.compile(r"/tasks/\d+/$"))


@pytest.mark.parametrize("place", ["/", "/tasks/"])
def test_it_opens_where_tasks_are_listed(tabs, managed_fleet, place):
    managed_fleet(1)
    page = tabs.open(person())
    page.goto(place)
    page.get_by_role("main").get_by_role(
        "button", name=re.compile("Quick Task Status|Show their progress")
    ).click()

    dialog = page.get_by_role("dialog", name="Quick Task Status")
    expect(dialog.get_by_text("No task yet")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    expect(dialog).to_be_hidden()


def test_address_opens_it_again(tabs, managed_fleet):
    managed_fleet(1)
    page = tabs.open(person())
    page.goto("/devices/?do=task-status")

    expect(page.get_by_role("dialog", name="Quick Task Status")).to_be_visible()
