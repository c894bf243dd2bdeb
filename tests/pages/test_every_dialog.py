"""Every dialog: axe finds nothing in light or dark, it fits a phone, and Help and Cancel work."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.small_zone import small_zone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TARGETS = {"dialog": "#dialog-body", "lookup": "#lookup-body"}
DIALOGS = [
    ("devices:device_new", "", "dialog"),
    ("devices:device_edit", "device", "dialog"),
    ("devices:filter_inventory", "", "dialog"),
    ("devices:save_search", "", "dialog"),
    ("devices:edit_search", "saved", "dialog"),
    ("devices:folder_new", "folder", "dialog"),
    ("devices:folder_rename", "folder", "dialog"),
    ("devices:folder_move", "folder", "dialog"),
    ("devices:folder_delete", "folder", "dialog"),
    ("devices:folder_lookup", "", "lookup"),
    ("devices:server_lookup", "", "lookup"),
    ("devices:server_rename", "server", "dialog"),
    ("devices:server_delete", "server", "dialog"),
    ("devices:task_status", "", "dialog"),
    ("devices:comment", "", "dialog"),
    ("devices:edit_person", "user", "dialog"),
    ("devices:assign_role", "user", "dialog"),
    ("devices:change_role", "assignment", "dialog"),
    ("power:pause", "folder", "dialog"),
    ("power:calendar_feed", "folder", "dialog"),
    ("amt:create_certificate", "", "dialog"),
    ("amt:create_request", "", "dialog"),
    ("amt:delete_certificate", "certificate", "dialog"),
    ("vault:new", "", "dialog"),
    ("vault:lookup", "", "lookup"),
    ("vault:edit", "credential", "dialog"),
    ("vault:change_password", "credential", "dialog"),
    ("vault:delete", "credential", "dialog"),
]
OPEN = "([address, target]) => htmx.ajax('GET', address, target)"
TOO_WIDE = "element => element.scrollWidth - element.clientWidth"


def opened(page, name, word, kind, place):
    """Open the dialog of this address over the page and return it."""
    address = reverse(name, args=[getattr(place, word).pk] if word else [])
    page.evaluate(OPEN, [address, TARGETS[kind]])
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading").first).to_be_visible()
    return dialog


def test_axe_finds_nothing_and_dialogs_fit_a_phone(tabs, axe):
    zone, found = small_zone(), []
    page = tabs.open(zone.people["zone"])
    page.goto("/help/keyboard/")
    for name, word, kind in DIALOGS:
        dialog = opened(page, name, word, kind, zone.places["inside"])
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
            found += [f"{name} {theme}: {line}" for line in axe(page)]
        page.set_viewport_size({"width": 390, "height": 800})
        if (more := dialog.evaluate(TOO_WIDE)) > 0:
            found.append(f"{name} is {more} px too wide for 390 px")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()

    assert "\n".join(found) == ""


def test_help_of_a_dialog_opens_beside_it(tabs):
    zone = small_zone()
    page = tabs.open(zone.people["zone"])
    page.goto("/help/keyboard/")
    dialog = opened(page, "vault:new", "", "dialog", zone.places["inside"])
    with page.context.expect_page() as beside:
        dialog.get_by_role("link", name="Help for this dialog").click()

    expect(beside.value.get_by_role("heading", level=1)).to_have_text("Credential Vault")
    expect(dialog).to_be_visible()


def test_address_of_a_dialog_is_a_page_that_can_be_left(tabs, axe):
    zone = small_zone()
    page = tabs.open(zone.people["zone"])
    page.goto("/devices/")
    page.goto("/devices/new/")
    expect(page.get_by_role("heading", level=1, name="New device")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Cancel").click()

    expect(page).to_have_url(re.compile("/devices/$"))


def test_first_field_of_a_dialog_has_the_focus(tabs):
    zone = small_zone()
    page = tabs.open(zone.people["zone"])
    page.goto("/help/keyboard/")
    dialog = opened(page, "vault:new", "", "dialog", zone.places["inside"])

    expect(dialog.get_by_label("Credential name")).to_be_focused()
