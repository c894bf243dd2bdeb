"""Values change in place: states on the list and on a device's page, counts on Home."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from amt.constants import PowerState
from devices.models import Device
from tests.factories import device, person
from tests.pages.steps import wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SOON = 20_000  # milliseconds: a device's page asks every 5 s, the list every 15 s


def test_state_is_read_by_a_task_and_shown_with_its_age(tabs, worker, managed_fleet):
    one = managed_fleet(1, power=PowerState.ON)[0]
    page, other = tabs.open(person()), tabs.open(person())
    other.goto(one.row.get_absolute_url())
    expect(other.locator("#device-state")).to_contain_text("Nobody has read its state yet")
    page.goto(one.row.get_absolute_url())
    page.get_by_role("button", name="Read power state").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)
    expect(page.get_by_text("It is on.")).to_be_visible()

    expect(other.locator("#device-seen")).to_contain_text(re.compile(r"On\s+\d+ s"), timeout=SOON)
    expect(other.locator("#device-state")).to_contain_text("read by task")


def test_list_shows_another_state_without_moving_rows(tabs):
    rows = [device(f"LAB-{n}", mode="smb", power_seen_at=timezone.now()) for n in range(3)]
    Device.objects.update(power_state=2)
    page = tabs.open(person())
    page.goto("/devices/?sort=power")
    first = page.locator("tbody tr[data-pk]").first
    name = first.get_by_role("link").inner_text()
    Device.objects.filter(name=name).update(power_state=8, power_seen_at=timezone.now())

    expect(first.get_by_text(re.compile("^Off"))).to_be_visible(timeout=SOON)
    expect(first.get_by_role("link").first).to_have_text(name)
    assert len(rows) == 3


@pytest.mark.parametrize(("state", "word"), [(2, "On"), (3, "Sleep"), (8, "Off")])
def test_number_on_home_is_that_of_the_list_behind_it(tabs, state, word):
    for number in range(7):
        device(mode="smb", power_state=state if number < 4 else 7, power_seen_at=timezone.now())
    page = tabs.open(person())
    page.goto("/")
    count = page.get_by_role("main").get_by_role("row", name=re.compile(f"^{word}")).first
    told = count.get_by_role("link").inner_text()
    count.get_by_role("link").click()

    expect(page.locator("tbody tr[data-pk]")).to_have_count(int(told))


def test_server_among_the_targets_goes_last_or_stays_out(
    tabs, worker, dispatcher, quick, managed_fleet
):
    devices = managed_fleet(3, power=PowerState.ON)
    server = devices[0].row.amt_settings.server
    server.device = devices[0].row
    server.save()
    page = tabs.open(person())
    page.goto("/devices/")
    page.get_by_label("Select this page").check()
    page.get_by_role("button", name="Quick Tasks", exact=True).click()
    page.get_by_role("menuitem", name="Intel AMT Power Management").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("^Power Off")).check()
    expect(dialog.get_by_text("is in the selection and sends these orders")).to_be_visible()
    dialog.get_by_role("button", name="OK: switch 3 off").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)

    assert [one.orders[0].requested for one in devices] == [8, 8, 8]
    assert devices[0].orders[0].time >= max(one.orders[0].time for one in devices[1:])
