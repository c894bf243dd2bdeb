"""A page whose console is gone says from when its values are, and recovers by itself."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from devices.models import Device
from tests.factories import device, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_page_without_answers_says_so_tells_the_past_and_recovers(tabs, axe):
    device("LAB-1", mode="smb", power_state=2, power_seen_at=timezone.now())
    page = tabs.open(person())
    tabs.expect("ERR_INTERNET_DISCONNECTED")
    tabs.expect("htmx")  # it says so, too
    page.clock.install(time=timezone.now())
    page.goto("/devices/")
    state = page.locator("tr[data-pk]").get_by_text(re.compile("^On"))
    expect(state).to_be_visible()
    page.context.set_offline(True)
    for _ in range(6):
        page.clock.run_for(10_000)

    note = page.get_by_role("alert")
    expect(note).to_contain_text("This page has not been updated for")
    expect(note).to_contain_text("Trying again in")
    expect(page.locator("tr[data-pk]").get_by_text("was on")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try now").click()
    expect(note).to_be_hidden()
    expect(state).to_be_visible()
    assert Device.objects.count() == 1
