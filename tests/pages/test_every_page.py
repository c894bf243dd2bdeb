"""Every page: axe finds nothing in light or dark, and no width makes it scroll sideways."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from devices.help import TOPICS
from tests.factories import person
from tests.small_zone import small_zone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PARTS = 4  # so that processes share them
WIDTHS = (1280, 820, 390)
SIDEWAYS = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
  const page = document.documentElement;
  done(page.scrollWidth - page.clientWidth);
})))"""  # tables fit themselves in the frame after a change
# Each page by the name of its address and what stands for its key in the small zone.
PAGES = [
    ("devices:home", {}),
    ("devices:search", {}),
    ("devices:find", {}),
    ("devices:devices", {}),
    ("devices:folder", {"pk": "folder"}),
    ("devices:filter_inventory", {}),
    ("devices:searches", {}),
    ("devices:device_new", {}),
    ("devices:device", {"pk": "device"}),
    ("devices:device_tasks", {"pk": "device"}),
    ("devices:device_audit", {"pk": "device"}),
    ("devices:device_messages", {"pk": "device"}),
    ("devices:messages", {}),
    ("devices:device_settings", {"pk": "device"}),
    ("devices:folder_settings", {"pk": "folder"}),
    ("amt:settings", {"pk": "device"}),
    ("amt:inventory", {"pk": "device"}),
    ("devices:agents", {}),
    ("amt:csv_import", {}),
    ("devices:servers", {}),
    ("devices:server", {"pk": "server"}),
    ("devices:jobs", {}),
    ("devices:job", {"pk": "job"}),
    ("devices:job_line", {"pk": "item"}),
    ("devices:configuration", {}),
    ("devices:zone_settings", {"page": "power-orders"}),
    ("devices:setting_overrides", {"page": "power-orders"}),
    ("vault:credentials", {}),
    ("power:calendar", {}),
    ("power:folder_calendar", {"pk": "folder"}),
    ("power:device_schedules", {"pk": "device"}),
    ("power:schedule", {"entry": "schedule"}),
    ("devices:zone_settings", {"page": "power-management-settings"}),
    ("devices:folder_settings", {"pk": "folder", "page": "power-management-settings"}),
    ("vault:credential", {"pk": "credential"}),
    ("vault:where_used", {"pk": "credential"}),
    ("amt:discovered", {}),
    ("amt:discovered_device", {"pk": "heard"}),
    ("amt:orphaned", {}),
    ("amt:discovery_tasks", {}),
    ("amt:new_discovery_task", {}),
    ("amt:discovery_task", {"pk": "search"}),
    ("amt:discovery_run", {"pk": "scan"}),
    ("amt:reconciliation", {}),
    ("amt:reconciliation_run", {"pk": "reconciled"}),
    ("amt:certificates", {}),
    ("amt:certificate", {"pk": "certificate"}),
    ("amt:import_certificate", {}),
    ("amt:zone_hashes", {}),
    ("amt:mebx_card", {"kind": "enterprise"}),
    ("amt:mebx_card", {"kind": "small-business"}),
    ("amt:setup_file", {}),
    ("amt:zone_change", {}),
    ("devices:administrators", {}),
    ("devices:new_administrator", {}),
    ("devices:person", {"pk": "user"}),
    ("devices:audit", {}),
    ("devices:comments", {}),
    ("devices:change_password", {}),
    ("devices:preferences", {}),
    ("devices:help", {}),
    ("devices:help_code", {"code": "tls-too-old"}),
    *[("devices:help", {"slug": topic.slug}) for topic in TOPICS],
]


def address(name, args, place):
    return reverse(
        name,
        kwargs={
            key: getattr(getattr(place, word, word), "pk", getattr(place, word, word))
            for key, word in args.items()
        },
    )


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_and_nothing_scrolls_sideways(tabs, axe, part):
    zone = small_zone()
    page, found = tabs.open(zone.people["zone"]), []
    for name, args in PAGES[part::PARTS]:
        place = address(name, args, zone.places["inside"])
        page.set_viewport_size({"width": 1280, "height": 800})
        assert page.goto(place).status == 200, place
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
            found += [f"{place} {theme}: {line}" for line in axe(page)]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if (more := page.evaluate(SIDEWAYS)) > 0:
                found.append(f"{place} scrolls sideways by {more} px at {width} px")

    assert "\n".join(found) == ""


@pytest.mark.parametrize("role", ["admin", "operator", "monitor"])
def test_pages_of_other_roles_are_as_clean(tabs, axe, role):
    zone = small_zone()
    here, page, found = zone.places["inside"], tabs.open(zone.people[role]), []
    device = here.device.get_absolute_url()
    for place in [
        "/",
        "/find/?q=PC",
        "/devices/",
        device,
        f"{device}amt/",
        f"/tasks/{here.job.pk}/",
    ]:
        assert page.goto(place).status == 200
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
            found += [f"{place} {theme}: {line}" for line in axe(page)]

    assert "\n".join(found) == ""


def test_theme_is_chosen_in_the_bar_and_kept(tabs):
    page = tabs.open(person())
    page.goto("/help/")
    page.get_by_role("button", name="Light or dark").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    page.goto("/tasks/")

    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_errors_are_pages_that_lead_on(tabs, axe):
    page = tabs.open(person("monitor"))
    tabs.expect("404")
    tabs.expect("403")
    for place, status in (("/nowhere/", 404), ("/configuration/administrators/", 403)):
        assert page.goto(place).status == status
        assert page.get_by_role("main").get_by_role("link").count() > 0
        assert axe(page) == []
