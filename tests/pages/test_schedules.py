"""Schedules in the browser: make, override, revert, read the trace, watch it fire, find its run."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from devices.levels import Place
from devices.models import Setting
from power.levels import POWER_SCHEDULES
from power.models import PowerSchedule
from tests.factories import device, folder, person
from tests.pages.steps import wait_for_end
from tests.power.test_schedules import an_entry, save

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ZONE = "/configuration/settings/power-management-settings/"


def settings_of(thing):
    kind = "folders" if hasattr(thing, "depth") else "devices"
    return f"/{kind}/{thing.pk}/settings/power-management-settings/"


def add(page, state):
    """Open the editor for a new schedule of ``state`` and return it."""
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("menuitem", name=state, exact=True).click()
    editor = page.get_by_role("dialog", name=f"Schedule Editor: {state}")
    expect(editor.get_by_text("Next five")).to_be_visible()
    return editor


def ok(editor):
    editor.get_by_role("button", name="OK", exact=True).click()
    expect(editor).to_be_hidden()


def apply(page):
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Saved").first).to_be_visible()


def states(page):
    return page.locator("#schedules-list tbody tr td:first-child").all_inner_texts()


def test_zone_sets_folder_overrides_device_reverts_and_says_why(tabs, axe):
    lab = folder("Lab")
    pc = device("PC-1", lab)
    page = tabs.open(person())
    page.goto(ZONE)
    editor = add(page, "Power Off")
    assert axe(page) == []
    ok(editor)
    apply(page)

    page.goto(settings_of(lab))
    expect(page.get_by_text(re.compile("Inherited.*from the zone"))).to_be_visible()
    expect(page.get_by_role("button", name="Add", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Override settings").click()
    ok(add(page, "Power On"))
    page.get_by_role("row", name=re.compile("Power Off")).get_by_label("Delete").click()
    expect(page.locator("#schedules-list tbody tr")).to_have_count(1)
    apply(page)
    assert axe(page) == []

    save(Place(device=pc), an_entry("reset"))
    page.goto(settings_of(pc))
    assert states(page) == ["Reset"]
    page.get_by_role("button", name="Revert").click()
    page.get_by_role("dialog").get_by_role("button", name="Revert").click()
    expect(page.locator("#schedules-list tbody tr td:first-child")).to_have_text("Power On")
    apply(page)
    page.get_by_role("link", name="Schedules", exact=True).click()
    expect(page.get_by_text("Inherited from folder /Workstations/Lab")).to_be_visible()
    assert axe(page) == []


def test_schedule_fires_and_its_run_is_found(tabs, axe, managed_fleet, quick, worker, dispatcher):
    lab = folder("Lab")
    [pc] = managed_fleet(1, where=lab, power=8)
    save(Place(lab), an_entry("on"))
    PowerSchedule.objects.update(next_at=timezone.now())
    page = tabs.open(person())
    event = page.locator("a.z-ev").filter(has_text=re.compile("done|Running"))
    for _ in range(50):
        page.goto(f"/folders/{lab.pk}/calendar/")
        if event.count():
            break
    event.first.click()
    page.get_by_role("link", name="Open schedule").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Power On, /Workstations/Lab")
    assert axe(page) == []
    page.locator("#schedule-runs").get_by_role("row").nth(1).get_by_role("link").click()
    wait_for_end(page)
    expect(page.locator("[data-col=status]")).to_have_attribute("data-value", "done")
    expect(page.get_by_role("link", name="scheduled run")).to_be_visible()
    assert len(pc.orders) == 1


def test_editor_shows_what_a_type_has_and_says_what_contradicts(tabs, axe):
    tabs.expect("422")
    page = tabs.open(person())
    page.goto(ZONE)
    editor = add(page, "Power Off")
    expect(editor.get_by_role("checkbox", name="Saturday")).not_to_be_checked()
    editor.get_by_label("Repeat").select_option("nth-weekday")
    expect(editor.get_by_role("checkbox", name="Saturday")).to_be_hidden()
    expect(editor.get_by_text(re.compile("on the first Monday"))).to_be_visible()
    editor.get_by_label("End of the time to start").fill("17:50")
    editor.get_by_label("End of the time to start").blur()
    said = "The end (17:50) lies before the start (18:00)"
    expect(editor.get_by_text(said)).to_be_visible()
    editor.get_by_role("button", name="OK", exact=True).click()
    expect(editor.get_by_label("End of the time to start")).to_have_attribute(
        "aria-invalid", "true"
    )
    assert axe(page) == []
    editor.get_by_label("Schedule type").select_option("none")
    expect(editor.get_by_label("Repeat")).to_be_hidden()
    expect(editor.locator("#schedule-preview")).to_contain_text("nothing is triggered")
    ok(editor)
    expect(page.locator("#schedules-list tbody tr")).to_contain_text("never")


def test_days_left_out_are_added_and_taken_out(tabs):
    page = tabs.open(person())
    page.goto(ZONE)
    editor = add(page, "Power On")
    for _ in range(2):
        editor.get_by_role("button", name="Add", exact=True).click()
    for at, (first, last) in enumerate([("2190-01-01", "2190-01-02"), ("2191-01-01", "")]):
        editor.get_by_label("Not from").nth(at).fill(first)
        editor.get_by_label("Not until").nth(at).fill(last)
    editor.get_by_label("Not until").nth(1).blur()
    expect(editor.get_by_text(re.compile("not on 2 ranges of days"))).to_be_visible()
    editor.get_by_label("Take out").first.click()
    expect(editor.get_by_text(re.compile("not on 1 range of days"))).to_be_visible()
    ok(editor)
    apply(page)
    rule = Setting.objects.get(key=POWER_SCHEDULES.name).value[0]["rule"]
    assert rule["blackouts"] == [["2191-01-01", "2191-01-01"]]


def test_reset_brings_back_what_was_loaded(tabs):
    save(Place(), an_entry("on"), an_entry("off"))
    page = tabs.open(person())
    page.goto(ZONE)
    page.get_by_label("Move up").nth(1).click()
    expect(page.locator("#schedules-list tbody tr td:first-child").first).to_have_text("Power Off")
    expect(page.get_by_text("1 unsaved change: Schedules")).to_be_visible()
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(page.locator("#schedules-list tbody tr td:first-child").first).to_have_text("Power On")
    expect(page.get_by_text("unsaved change")).to_have_count(0)


def test_calendar_skips_pauses_and_feeds(tabs, axe):
    device(where=folder("Lab"))
    save(Place(), an_entry("off"))
    page = tabs.open(person())
    page.goto(f"/calendar/?view=list&week={timezone.localdate() + timedelta(days=7)}")
    page.locator("#main tbody a").first.click()
    expect(page.get_by_role("heading", name=re.compile("what will happen"))).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Skip this one").click()
    expect(page.get_by_role("button", name="Do it after all")).to_be_visible()

    page.get_by_role("button", name="Pause all").click()
    dialog = page.get_by_role("dialog", name=re.compile("Pause all schedules"))
    dialog.get_by_role("button", name="OK: pause").click()
    expect(
        page.get_by_text(re.compile("All schedules of the zone are paused until"))
    ).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("act again.")).to_be_visible()

    page.get_by_role("button", name="Feed").click()
    feed = page.get_by_role("dialog", name=re.compile("Calendar feed"))
    feed.get_by_role("button", name="Make an address").click()
    address = feed.get_by_label("Address, shown only now").input_value()
    answer = page.request.get(address)
    assert answer.text().startswith("BEGIN:VCALENDAR")
