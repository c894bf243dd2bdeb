"""A wrong password: told apart, stopped, found, proven with a candidate, and lifted."""

import re

import pytest
from playwright.sync_api import expect

from amt.models import AmtSettings
from tests import factories
from tests.factories import person
from tests.pages.steps import lines, order, tick_all, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ON = 2
RIGHT = "New-Pass-1"


def read_states(page):
    tick_all(page)
    page.get_by_role("button", name="Quick Tasks", exact=True).click()
    page.get_by_role("menuitem", name="Read power state").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)


@pytest.fixture
def locked(quick, managed_fleet):
    """Return a device whose password the vault does not have, among others."""
    managed_fleet(2, power=ON, tls=False)
    managed_fleet(1, power=ON, tls=False, faults={"refuses"})
    return managed_fleet(1, power=ON, tls=False, password=RIGHT)[0]


def test_wrong_password_is_stopped_counted_and_explained(tabs, worker, locked, axe):
    page = tabs.open(person())
    read_states(page)
    read_states(page)
    tick_all(page)
    order(page, "Power On")
    wait_for_end(page)
    assert "Refused 2 times; we stopped trying" in lines(page)[locked.row.name][-1]
    assert locked.machine.failed_sign_ins == 2
    assert axe(page) == []

    page.get_by_label("Show lines by code").get_by_role("link", name=re.compile("stopped")).click()
    assert set(lines(page)) == {locked.row.name}
    page.get_by_role("link", name=f"Details of {locked.row.name}").click()
    assert axe(page) == []
    page.get_by_role("link", name="sign-in-stopped").click()
    expect(page.get_by_role("heading", name="What to check, in this order")).to_be_visible()
    assert axe(page) == []
    page.goto("/")
    page.get_by_role("row", name=re.compile("sign-in stopped")).get_by_role("link").click()
    expect(page.get_by_role("row", name=re.compile(locked.row.name))).to_be_visible()


def test_candidate_is_proven_on_a_stopped_device_then_used(tabs, worker, locked, axe):
    credential = AmtSettings.objects.get(device=locked.row).credential
    page = tabs.open(person())
    read_states(page)
    read_states(page)
    page.goto(locked.row.get_absolute_url())
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert axe(page) == []
    page.goto(credential.get_absolute_url())
    keep_candidate(page)
    row = page.get_by_role("row", name=re.compile("^Candidate"))
    row.get_by_role("button", name="Test").click()
    dialog = page.get_by_role("dialog", name=re.compile("Test credential"))
    expect(dialog.get_by_text("Sign-in is stopped on 1 of them")).to_be_visible()
    assert axe(page) == []
    dialog.get_by_role("button", name="OK: test 1").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)
    expect(page.get_by_text(f"The device accepts credential {credential}.")).to_be_visible()

    page.goto(credential.get_absolute_url())
    row.get_by_role("button", name="Use").click()
    page.get_by_role("dialog").get_by_role("button", name="Use it").click()
    expect(page.get_by_text("uses another password")).to_be_visible()
    read_states(page)
    assert lines(page)[locked.row.name][-1].startswith("It is on.")


def keep_candidate(page):
    page.get_by_role("button", name="Change password").click()
    dialog = page.get_by_role("dialog", name=re.compile("Change password"))
    dialog.get_by_label("Password", exact=True).fill(RIGHT)
    dialog.get_by_label(re.compile("Re-enter")).fill(RIGHT)
    dialog.get_by_label("Keep it as a candidate").check()
    dialog.get_by_role("button", name="OK").click()


def test_credential_is_tested_where_it_is_used_and_from_the_list(tabs, worker, managed_fleet, axe):
    devices = managed_fleet(3, power=ON, tls=False)
    AmtSettings.objects.update(credential=factories.credential("ME Labs", "P@ssw0rd"))
    credential = AmtSettings.objects.first().credential
    page = tabs.open(person())
    page.goto(f"{credential.get_absolute_url()}where-used/")
    assert axe(page) == []
    page.get_by_label(f"Select {devices[0].row.name}").check()
    page.get_by_role("button", name="Test credential...").click()
    page.get_by_role("dialog").get_by_role("button", name="OK: test 1").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)
    assert len(lines(page)) == 1

    tick_all(page)
    page.get_by_role("button", name="Action").click()
    page.get_by_role("menuitem", name="Test credential").click()
    dialog = page.get_by_role("dialog", name="Test credential")
    assert axe(page) == []
    dialog.get_by_role("button", name="OK: test 3").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)

    assert {cells[-1].split("\n")[0] for cells in lines(page).values()} == {
        "The device accepts credential ME Labs."
    }
