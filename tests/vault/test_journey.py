"""Keep a credential in the browser: make it, see its rules, find it, change it, delete it."""

import pytest

from tests import factories
from tests.vault.conftest import use
from vault import crypto
from vault.models import Credential

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "Zebra-Crossing-77"


def active_password():
    return list(crypto.reveal(Credential.objects.get().secrets.active()).values())


def test_a_credential_is_made_changed_and_deleted(tabs):
    page = tabs.open(factories.person())
    page.goto("/vault/")
    page.get_by_role("link", name="New credential").last.click()
    dialog = page.get_by_role("dialog", name="New credential")
    dialog.get_by_label("Credential name").fill("ME Labs")
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_label("Re-enter password").fill(PASSWORD)
    dialog.get_by_label("Folder").fill("Labs/North")
    dialog.get_by_role("button", name="OK").click()

    page.get_by_text("Saved: credential ME Labs.").wait_for()
    assert active_password() == [PASSWORD]
    page.get_by_role("link", name="ME Labs", exact=True).click()
    page.get_by_role("button", name="Change password").click()
    dialog = page.get_by_role("dialog", name="Change password of ME Labs")
    dialog.get_by_label("Password", exact=True).fill("Other-Crossing-88")
    dialog.get_by_label("Re-enter password").fill("Other-Crossing-88")
    dialog.get_by_role("button", name="OK").click()
    page.get_by_text("Saved: ME Labs uses another password.").wait_for()
    assert active_password() == ["Other-Crossing-88"]
    assert "Crossing" not in page.content()

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="OK: delete it").click()
    page.get_by_text("No credentials yet").wait_for()
    assert not Credential.objects.exists()


def test_the_rules_are_ticked_as_the_password_is_typed(tabs):
    page = tabs.open(factories.person())
    page.goto("/vault/?do=new")
    rules = page.get_by_role("list", name="Password rules")
    typed = page.get_by_label("Password", exact=True)

    for text, kept in [
        ("a", 3),
        ("aB", 4),
        ("aB3", 5),
        ("aB3!", 6),
        ("aB3!aaaa", 7),
        ("aB3!aaa,", 6),
    ]:
        typed.fill(text)
        assert rules.get_by_text("kept:").locator("visible=true").count() == kept
    typed.fill(PASSWORD)
    page.get_by_label("Re-enter password").fill(PASSWORD)
    assert rules.get_by_text("kept:").locator("visible=true").count() == 8


def test_a_refused_form_keeps_its_dialog_and_names_the_rule(tabs):
    tabs.expect("422")
    page = tabs.open(factories.person())
    page.goto("/vault/?do=new")
    page.get_by_label("Credential name").fill("ME Labs")
    page.get_by_label("Password", exact=True).fill("weak")
    page.get_by_label("Re-enter password").fill("weak")
    page.get_by_role("button", name="OK").click()

    page.get_by_text("It needs a digit, 0 to 9.").first.wait_for()
    assert page.get_by_label("Credential name").input_value() == "ME Labs"
    assert page.get_by_label("Password", exact=True).input_value() == ""


def test_search_folders_and_the_ticked_row(tabs):
    for name, folder in [("ME Labs", "Labs"), ("ME North", "Labs/North"), ("ME Hall", "")]:
        factories.credential(name, folder=folder)
    page = tabs.open(factories.person())
    page.goto("/vault/")
    page.get_by_role("navigation", name="Folders").get_by_role("link", name="North").click()
    page.get_by_role("link", name="ME Labs", exact=True).wait_for(state="detached")

    page.get_by_role("link", name="Folder Labs/North: take this filter away").click()
    page.get_by_label("Search vault").press_sequentially("hall")
    page.get_by_role("link", name="ME Labs", exact=True).wait_for(state="detached")
    page.get_by_label("Select ME Hall").check()
    page.get_by_role("button", name="Edit").click()
    assert page.get_by_label("Credential name").input_value() == "ME Hall"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(tabs, axe, theme):
    kept = factories.credential("ME Labs", folder="Labs/North")
    use(kept, factories.device("PC-1"))
    page = tabs.open(factories.person(), color_scheme=theme)
    for address in (
        "",
        "?do=new",
        f"{kept.pk}/",
        f"{kept.pk}/?do=password",
        f"{kept.pk}/?do=delete",
    ):
        page.goto(f"/vault/{address}")
        if "do=" in address:
            page.get_by_role("dialog").wait_for()
        assert axe(page) == [], address


def test_a_device_gets_a_credential_that_is_made_in_the_look_up(tabs):
    device = factories.device("PC-1")
    factories.credential("ME Labs")
    page = tabs.open(factories.person())
    page.goto(f"/devices/{device.pk}/amt/")
    page.get_by_role("button", name="Browse for a credential").click()
    lookup = page.get_by_role("dialog", name="Credential Lookup")
    assert lookup.get_by_role("button", name="OK").is_disabled()

    lookup.get_by_role("button", name="New").click()
    form = page.get_by_role("dialog", name="New credential")
    form.get_by_label("Credential name").fill("ME North")
    form.get_by_label("Password", exact=True).fill(PASSWORD)
    form.get_by_label("Re-enter password").fill(PASSWORD)
    form.get_by_role("button", name="OK").click()

    assert lookup.get_by_role("radio", name="ME North").is_checked()
    lookup.get_by_role("button", name="OK").click()
    assert page.get_by_label("ME credential").input_value() == "ME North"
    chosen = page.locator("input[name=credential]").input_value()
    assert chosen == str(Credential.objects.get(name="ME North").pk)


def test_typing_in_the_field_opens_the_look_up_with_that_text(tabs):
    device = factories.device("PC-1")
    for name in ("ME Labs", "Zone admin"):
        factories.credential(name)
    page = tabs.open(factories.person())
    page.goto(f"/devices/{device.pk}/amt/")
    page.get_by_label("ME credential").press("z")
    lookup = page.get_by_role("dialog", name="Credential Lookup")
    lookup.get_by_role("radio", name="Zone admin").check()
    assert not lookup.get_by_role("radio", name="ME Labs").is_visible()

    lookup.get_by_role("button", name="OK").click()
    assert page.get_by_label("ME credential").input_value() == "Zone admin"
