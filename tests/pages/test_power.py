"""A fleet is switched from the list of devices; every line says what the device really did."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from amt.constants import PowerState
from devices.models import Job
from tests.factories import person
from tests.pages.steps import choose, lines, open_power, order, tick_all, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ON, OFF = PowerState.ON, PowerState.OFF_SOFT


@pytest.mark.parametrize(
    ("verb", "before", "requested"),
    [("Power Off", ON, 8), ("Power On", OFF, 2), ("Reset", ON, 10), ("Power Cycle Reset", ON, 5)],
)
def test_all_24_are_ordered_and_each_line_agrees_with_its_device(
    tabs, worker, quick, managed_fleet, verb, before, requested
):
    devices, page = managed_fleet(24, power=before), tabs.open(person())
    tick_all(page)
    expect(page.get_by_text("24 selected")).to_be_visible()

    order(page, verb)
    wait_for_end(page)

    ended = lines(page)
    assert {name: cells[0] for name, cells in ended.items()} == {
        device.row.name: "Done" for device in devices
    }
    assert [[one.requested for one in device.orders] for device in devices] == [[requested]] * 24


def test_number_has_to_be_typed_above_the_limit(tabs, worker, quick, managed_fleet):
    quick("power.typed_count", 5)
    devices, page = managed_fleet(6, power=ON), tabs.open(person())
    tick_all(page)
    dialog = open_power(page)

    ok = choose(dialog, "Power On")
    expect(ok).to_be_enabled()
    ok = choose(dialog, "Power Off")
    expect(ok).to_be_disabled()
    dialog.get_by_label("Type 6").fill("5")
    expect(ok).to_be_disabled()
    dialog.get_by_label("Type 6").fill("6")
    ok.click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)

    assert [device.machine.power for device in devices] == [OFF] * 6


def test_next_boot_goes_to_pxe_by_more_options(tabs, worker, quick, managed_fleet):
    devices, page = managed_fleet(2, power=ON), tabs.open(person())
    tick_all(page)
    dialog = open_power(page)
    choose(dialog, "Reset")
    dialog.get_by_text("More options").click()
    dialog.get_by_label("Boot once from").select_option("PXE (network)")
    ok = dialog.get_by_role("button", name="OK: reset 2, boot from PXE (network)")
    expect(ok).to_be_enabled()
    ok.click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)

    expect(page.get_by_role("heading", level=1)).to_contain_text("Reset, boot from PXE (network)")
    sources = [[boot.source for boot in device.machine.boots] for device in devices]
    assert sources == [["Intel(r) AMT: Force PXE Boot"]] * 2


def test_who_may_not_choose_the_boot_is_not_offered_it(tabs, worker, quick, managed_fleet):
    managed_fleet(1, power=ON)
    page = tabs.open(person("power-operator"))
    page.goto("/devices/")
    tick_all(page)
    dialog = open_power(page)
    choose(dialog, "Reset")

    expect(dialog.get_by_text("More options")).to_have_count(0)


def test_reset_without_boot_records_is_accepted_not_done(tabs, worker, quick, managed_fleet):
    devices = [managed_fleet(2, power=ON), managed_fleet(2, power=ON, profile="16.1-no-records")]
    page = tabs.open(person())
    tick_all(page)
    order(page, "Reset")
    wait_for_end(page)

    ended = lines(page)
    assert [ended[one.row.name][0] for one in devices[0]] == ["Done"] * 2
    assert [ended[one.row.name][0] for one in devices[1]] == ["Accepted"] * 2
    page.get_by_label("Show lines").get_by_role("link", name=re.compile("Accepted")).click()
    expect(page.get_by_text("this firmware writes no boot record")).to_have_count(2)


def test_failures_are_filtered_explained_and_retried(tabs, worker, quick, managed_fleet, axe):
    good, bad = managed_fleet(2, power=ON), managed_fleet(2, power=ON, faults={"refuses"})
    page = tabs.open(person())
    tick_all(page)
    order(page, "Power Off")
    wait_for_end(page)
    page.get_by_label("Show lines").get_by_role("link", name=re.compile("Failed")).click()

    assert set(lines(page)) == {one.row.name for one in bad}
    expect(page.get_by_text("is closed: AMT is not set up there").first).to_be_visible()
    assert axe(page) == []
    for one in bad:
        one.machine.set_faults()
    page.get_by_role("button", name="Retry 2 that are safe").click()
    expect(page.get_by_text("again after task")).to_be_visible()
    wait_for_end(page)
    assert [one.machine.power for one in [*good, *bad]] == [OFF] * 4
    assert all(len(one.orders) == 1 for one in [*good, *bad])


def test_line_in_full_leads_to_the_help_of_its_code(tabs, worker, quick, managed_fleet):
    managed_fleet(1, power=ON, faults={"answers-html"})
    page = tabs.open(person())
    tick_all(page)
    order(page, "Power Off")
    wait_for_end(page)
    page.get_by_role("link", name=re.compile("Failed, details")).click()
    page.get_by_role("link", name="bad-answer").click()

    expect(page).to_have_url(re.compile("/help/codes/bad-answer/$"))
    expect(page.get_by_role("heading", name="What to check, in this order")).to_be_visible()


def test_rest_is_stopped_while_some_are_under_way(tabs, worker, quick, managed_fleet):
    quick("power.devices_at_once", 2)
    devices = managed_fleet(12, power=ON, latency_ms=700)
    page = tabs.open(person())
    tick_all(page)
    order(page, "Power Off")
    page.get_by_role("button", name=re.compile("Stop the rest")).click()
    wait_for_end(page)

    ended = lines(page)
    stopped = [one for one in devices if ended[one.row.name][0] == "Stopped"]
    assert 6 <= len(stopped) <= 12
    assert not any(one.orders for one in stopped)
    sent = [one for one in devices if one not in stopped]
    assert all(ended[one.row.name][0] == "Done" and len(one.orders) == 1 for one in sent)


def test_csv_holds_the_lines_of_the_filter(tabs, worker, quick, managed_fleet):
    managed_fleet(2, power=ON)
    bad = managed_fleet(1, power=ON, faults={"refuses"})
    page = tabs.open(person())
    tick_all(page)
    order(page, "Power Off")
    wait_for_end(page)
    page.get_by_label("Show lines").get_by_role("link", name=re.compile("Failed")).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()

    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert [(row["device"], row["code"]) for row in rows] == [(bad[0].row.name, "port-closed")]


def test_permanent_link_opens_the_same_lines_for_somebody_else(tabs, worker, quick, managed_fleet):
    managed_fleet(3, power=ON)
    page = tabs.open(person())
    tick_all(page)
    order(page, "Power Off")
    wait_for_end(page)

    other = tabs.open(person("monitor"))
    other.goto(page.url + "?status=done")
    assert lines(other) == lines(page)
    expect(other.get_by_role("button", name=re.compile("Retry|Nothing to retry"))).to_have_count(0)


def test_double_click_on_ok_is_one_task(tabs, worker, quick, managed_fleet):
    devices, page = managed_fleet(2, power=ON), tabs.open(person())
    tick_all(page)
    choose(open_power(page), "Reset").dblclick()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)

    assert Job.objects.count() == 1
    assert all(len(one.orders) == 1 for one in devices)
