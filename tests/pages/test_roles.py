"""What Power Operators and Monitors meet: their folder, their verbs, and nothing else."""

import re

import pytest
from playwright.sync_api import expect

from amt.constants import PowerState
from devices.models.rights import Right, Role
from tests.factories import folder, person
from tests.pages.steps import choose, lines, open_power, order, tick_all, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ON, OFF = PowerState.ON, PowerState.OFF_SOFT
VERBS = re.compile(
    "Quick Tasks|Power O|Reset|Retry|Stop the rest|Delete|Edit|New|Apply|Send anyway"
)


@pytest.fixture
def labs(managed_fleet):
    """Return the devices of two folders."""
    inside, outside = folder("Lab-1"), folder("Lab-2")
    here = managed_fleet(3, power=ON, where=inside)
    there = managed_fleet(2, power=ON, where=outside)
    return inside, here, there


@pytest.mark.parametrize(
    ("verb", "before", "requested"),
    [("Power Off", ON, 8), ("Power On", OFF, 2), ("Reset", ON, 10), ("Power Cycle Reset", ON, 5)],
)
def test_operator_orders_in_their_folder_alone(tabs, worker, quick, labs, verb, before, requested):
    inside, here, there = labs
    for one in here:
        if one.machine.power != before:
            one.machine.press_power_button()
    page = tabs.open(person(Role.POWER_OPERATOR, inside))
    tick_all(page)
    order(page, verb)
    wait_for_end(page)

    assert {name: cells[0] for name, cells in lines(page).items()} == {
        one.row.name: "Done" for one in here
    }
    assert [one.orders[0].requested for one in here] == [requested] * 3
    assert not any(one.orders for one in there)


def test_operator_sees_neither_settings_nor_other_folders(tabs, labs):
    inside, here, there = labs
    page = tabs.open(person(Role.POWER_OPERATOR, inside))
    page.goto("/devices/")

    expect(page.get_by_role("link", name=here[0].row.name, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=there[0].row.name, exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^(New|Edit|Delete)"))).to_have_count(0)
    navigation = page.get_by_role("navigation", name="Main").get_by_role("link")
    assert navigation.all_inner_texts() == ["Find a PC", "Tasks"]
    tabs.expect("404")
    assert page.goto(there[0].row.get_absolute_url()).status == 404


def test_operator_may_not_send_to_unknown_states(tabs, worker, quick, managed_fleet):
    inside = folder("Lab-1")
    one = managed_fleet(1, power=ON, where=inside, faults={"state-unreadable"})[0]
    type(one.row).objects.update(
        power_state=2, unreadable_since="2020-01-01T00:00Z", unreadable_code="no-answer"
    )
    page = tabs.open(person(Role.POWER_OPERATOR, inside))
    tick_all(page)
    dialog = open_power(page)
    ok = choose(dialog, "Power Off")
    expect(dialog.get_by_text("unknown is not off")).to_be_visible()
    expect(dialog.get_by_text("Send anyway")).to_have_count(0)
    ok.click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)

    expect(page.get_by_text("so nothing was sent")).to_be_visible()
    assert one.orders == []


def test_administrator_may_send_anyway(tabs, worker, quick, managed_fleet):
    one = managed_fleet(1, power=ON, faults={"state-unreadable"})[0]
    type(one.row).objects.update(
        power_state=2, unreadable_since="2020-01-01T00:00Z", unreadable_code="no-answer"
    )
    page = tabs.open(person())
    tick_all(page)
    dialog = open_power(page)
    choose(dialog, "Power Off")
    dialog.get_by_text("Send anyway...").click()
    dialog.get_by_label("Send Power Off to 1 all the same").check()
    dialog.get_by_role("button", name="OK: switch 1 off").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)

    assert [order.requested for order in one.orders] == [8]


def test_verb_that_is_denied_cannot_be_chosen(tabs, labs):
    inside, *_ = labs
    page = tabs.open(person(Role.POWER_OPERATOR, inside, without=(Right.POWER_OFF,)))
    tick_all(page)
    dialog = open_power(page)

    expect(dialog.get_by_role("radio", name=re.compile("^Power Off"))).to_be_disabled()
    expect(dialog.get_by_text("You may not do this here")).to_be_visible()
    expect(dialog.get_by_role("radio", name=re.compile("^Power On"))).to_be_enabled()


def test_operator_finds_a_pc_and_switches_it(tabs, worker, quick, labs):
    inside, here, _ = labs
    page = tabs.open(person(Role.POWER_OPERATOR, inside))
    page.goto("/find/")
    page.get_by_label("Name, host name").fill(here[0].row.name)
    page.get_by_role("button", name="Power Off").click()
    dialog = page.get_by_role("dialog", name="Intel AMT Power Management")
    dialog.get_by_role("button", name="OK: switch 1 off").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)

    assert here[0].machine.power == OFF


def test_monitor_meets_no_verb_on_any_page(tabs, worker, quick, labs):
    _, here, _ = labs
    boss = tabs.open(person())
    tick_all(boss)
    order(boss, "Power Off")
    wait_for_end(boss)
    page = tabs.open(person(Role.MONITOR))
    device = here[0].row.get_absolute_url()
    for place in ["/", "/devices/", device, f"{device}settings/", f"{device}amt/", boss.url]:
        page.goto(place)
        page.wait_for_load_state("networkidle")
        main = page.get_by_role("main")
        for role in ("button", "menuitem", "radio"):
            assert [
                name for name in main.get_by_role(role).all_inner_texts() if VERBS.match(name)
            ] == [], place


def test_monitor_follows_a_task_but_cannot_stop_it(tabs, worker, quick, managed_fleet):
    quick("power.devices_at_once", 1)
    managed_fleet(3, power=ON, latency_ms=1000)
    boss = tabs.open(person())
    tick_all(boss)
    order(boss, "Power Off")
    page = tabs.open(person(Role.MONITOR))
    page.goto(boss.url)

    expect(page.get_by_text("to go:")).to_be_visible()
    assert page.get_by_role("button", name=re.compile("Stop the rest")).count() == 0
    wait_for_end(page)
    assert [cells[0] for cells in lines(page).values()] == ["Done"] * 3
