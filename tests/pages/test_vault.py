"""The Credential Vault: a credential comes, its password changes, it is used, it goes."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import credential, person
from vault.models import Credential

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "Chalk-board-7"


def type_password(dialog, text, again=None):
    dialog.get_by_label("Password", exact=True).fill(text)
    dialog.get_by_label(re.compile("Re-enter")).fill(text if again is None else again)


def test_credential_is_made_with_its_rules_in_sight_and_never_shown(tabs, axe):
    page = tabs.open(person())
    tabs.expect("422")
    page.goto("/vault/")
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("menuitem", name="Credential").click()
    dialog = page.get_by_role("dialog", name="New credential")
    expect(dialog.get_by_label("Login name")).to_have_value("admin")
    dialog.get_by_label("Credential name").fill("ME Labs")
    type_password(dialog, "short", "other")
    dialog.get_by_role("button", name="OK").click()
    expect(dialog.get_by_text("It needs 8 to 32 characters.", exact=True)).to_be_visible()
    assert axe(page) == []

    type_password(dialog, PASSWORD)
    dialog.get_by_role("button", name="OK").click()
    expect(page.get_by_role("link", name="ME Labs", exact=True).first).to_be_visible()
    assert PASSWORD not in page.content()
    assert Credential.objects.get().login_name == "admin"


def test_password_is_changed_and_the_old_one_is_retired(tabs, axe):
    kept = credential("ME Labs")
    page = tabs.open(person())
    page.goto(kept.get_absolute_url())
    page.get_by_role("button", name="Change password").click()
    dialog = page.get_by_role("dialog", name="Change password of ME Labs")
    type_password(dialog, PASSWORD)
    dialog.get_by_role("button", name="OK").click()

    expect(page.get_by_role("row", name=re.compile("^Active"))).to_have_count(1)
    expect(page.get_by_role("row", name=re.compile("^Retired"))).to_have_count(1)
    assert axe(page) == []


def test_used_credential_says_where_and_cannot_be_deleted(tabs, managed_fleet, axe):
    device = managed_fleet(1)[0].row
    page = tabs.open(person())
    page.goto(Credential.objects.get().get_absolute_url())
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 device uses it, so it stays")
    expect(dialog.get_by_role("button", name="OK")).to_have_count(0)
    dialog.get_by_role("link", name="where it is used").click()

    expect(page.get_by_role("link", name=device.name, exact=True)).to_be_visible()
    assert axe(page) == []


def test_unused_credential_is_deleted(tabs):
    kept = credential("ME old")
    page = tabs.open(person())
    page.goto(kept.get_absolute_url())
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="OK: delete it").click()

    expect(page.get_by_role("heading", level=1, name="Credential Vault")).to_be_visible()
    assert not Credential.objects.exists()


def test_help_on_credentials_is_one_click_away(tabs):
    page = tabs.open(person())
    page.goto("/vault/")
    page.get_by_role("link", name="Help on credentials").click()

    expect(page.get_by_role("heading", level=2, name="Rules of an AMT password")).to_be_visible()
