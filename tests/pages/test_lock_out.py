"""Whoever guesses passwords is locked out for a while, and is told so."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.factories import PASSWORD, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_name_is_locked_after_wrong_passwords_even_for_the_right_one(page, tabs, axe):
    user = person()
    for status in ("422", "429", "403"):
        tabs.expect(status)
    page.goto("/sign-in/")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        page.get_by_label("User name").fill(user.username)
        page.get_by_label("Password").fill("wrong-password")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
        if page.get_by_label("User name").count() == 0:
            break
    expect(page.get_by_role("main")).to_contain_text("locked")
    assert axe(page) == []

    page.goto("/sign-in/")
    page.get_by_label("User name").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("main")).to_contain_text("locked")
