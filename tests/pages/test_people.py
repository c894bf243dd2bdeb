"""People in the browser: from sign-in to sign-out, and an account from its first link on."""

import re

import pytest
from playwright.sync_api import Page, expect

from devices import audit
from devices.models import Comment, User
from devices.models.rights import Role
from devices.services import people
from tests.factories import PASSWORD, device, folder, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEW = "staple-battery-42"


def both_themes_are_clean(page: Page, axe) -> None:
    """Check with axe in light and in dark."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # no colour half-way
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        assert axe(page) == []


def test_somebody_signs_in_after_a_typing_mistake_and_out_again(page, tabs, axe):
    user = person()
    tabs.expect("422")
    page.goto("/audit/")
    both_themes_are_clean(page, axe)
    page.get_by_label("User name").fill(user.username)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not fit together")
    both_themes_are_clean(page, axe)

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Audit")).to_be_visible()
    page.get_by_role("button", name=user.username).click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out.")


def test_one_click_on_a_sign_in_link_is_enough(page):
    owner = people.make_owner(username="owner", must_change_password=False)

    page.goto(people.make_sign_in_link(owner))
    expect(page.get_by_role("button", name="owner")).to_be_visible()


def test_new_administrator_gets_a_link_chooses_a_password_and_is_in(tabs, axe):
    folder("Lab-1")
    boss = tabs.open(person())
    boss.goto("/configuration/administrators/")
    boss.locator("main").get_by_role("link", name="New", exact=True).click()
    both_themes_are_clean(boss, axe)
    boss.get_by_label("User name").fill("helen")
    boss.get_by_label("Folder").select_option(label="Zone / Workstations / Lab-1")
    boss.get_by_label("Power Off").uncheck()
    boss.get_by_role("button", name="OK").click()
    link = boss.get_by_label("Link", exact=True).input_value()
    both_themes_are_clean(boss, axe)

    helen = tabs.open()
    helen.goto(link)
    both_themes_are_clean(helen, axe)
    helen.get_by_label("New password", exact=True).fill(NEW)
    helen.get_by_label("New password again").fill(NEW)
    helen.get_by_role("button", name="Keep it and sign in").click()
    expect(helen.get_by_role("button", name="helen")).to_be_visible()


def test_role_is_given_changed_and_taken_in_dialogs(tabs, axe):
    user, page = person(Role.MONITOR, folder("Lab-1")), tabs.open(person())
    folder("Lab-2")
    page.goto(f"/configuration/administrators/{user.pk}/")
    both_themes_are_clean(page, axe)
    page.get_by_role("button", name="Add").click()
    page.get_by_label("Folder").select_option(label="Zone / Workstations / Lab-2")
    page.get_by_label("Reset", exact=True).uncheck()
    assert axe(page) == []
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_role("cell", name="Power Operator", exact=True)).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Lab-2.*Reset$"))).to_be_visible()

    row = page.get_by_role("row", name=re.compile("^Lab-2 Power Operator"))
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status").first).to_contain_text("no longer has a role in Lab-2")


def test_last_administrator_is_told_why_not(tabs):
    boss = person()
    page = tabs.open(boss)
    tabs.expect("422")
    page.goto(f"/configuration/administrators/{boss.pk}/")
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()

    expect(page.get_by_role("alert")).to_contain_text("last enabled Administrator of the zone")


def test_audit_is_read_filtered_and_paged(tabs, axe):
    for number in range(60):
        audit.record(
            None, "device.change", device(f"PC-{number:02}"), old={"model": ""}, new={"model": "X"}
        )
    page = tabs.open(person())
    page.goto("/audit/?size=25")
    both_themes_are_clean(page, axe)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="PC-34", exact=True)).to_be_visible()
    page.get_by_label("Object").fill("PC-07")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row")).to_have_count(2)


def test_comment_goes_from_the_foot_of_a_page_to_the_administrators(tabs, axe):
    writer = tabs.open(person(Role.MONITOR))
    writer.goto("/tasks/")
    writer.get_by_role("link", name="User Comments").click()
    writer.get_by_role("textbox", name="Comment").fill("The list is too short.")
    assert axe(writer) == []
    writer.get_by_role("button", name="OK").click()
    expect(writer.get_by_role("dialog")).to_be_hidden()
    assert Comment.objects.get().page == "/tasks/"

    reader = tabs.open(person())
    reader.goto("/configuration/comments/")
    expect(reader.get_by_text("The list is too short.")).to_be_visible()
    both_themes_are_clean(reader, axe)


def test_own_settings_reach_another_browser(tabs, axe):
    user = person()
    page = tabs.open(user)
    page.goto("/my/settings/")
    both_themes_are_clean(page, axe)
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_role("radio", name="Dark").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("footer")).to_contain_text("Times are Asia/Tokyo")

    other = tabs.open(user)
    other.goto("/")
    expect(other.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert User.objects.get(pk=user.pk).preferences["theme"] == "dark"


def test_password_is_changed_with_the_rules_in_sight(tabs, axe):
    page = tabs.open(person())
    page.goto("/my/password/")
    expect(page.get_by_text("at least 12 characters")).to_be_visible()
    both_themes_are_clean(page, axe)
    page.get_by_label("Password until now").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW)
    length = page.get_by_role("listitem").filter(has_text="at least 12 characters")
    expect(length).to_contain_text("kept:")
    page.get_by_label("New password again").fill(NEW)
    expect(page.get_by_role("listitem").filter(has_text="Both are equal")).to_contain_text("kept:")
    page.get_by_role("button", name="Change password").click()

    expect(page.get_by_role("status").first).to_contain_text("Your password is changed.")
