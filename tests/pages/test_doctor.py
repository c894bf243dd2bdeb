"""The doctor on a discovered device's page: what is known at once, Examine looks at the device."""

from contextlib import ExitStack

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from amt.models import Certificate, DiscoveredDevice
from amt.protocol.hello import read
from amt.services import certificates
from amt.services.discovery import Heard, record_hellos
from amt.simulator import DeviceSpec, Fleet, hello
from amt.simulator.set_up import trusted_hashes
from tests.factories import person
from tests.fixtures.simulated import next_addresses
from zcc import heartbeat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def heard(transactional_db):
    """Return a function that starts a device which waits to be set up, and hears its hello."""
    server = heartbeat.of_this_site.refresh()
    certificates.create_management(server=server, by=None, common_name="amt.example.org")
    root = bytes(Certificate.objects.authorities().get().der)
    with ExitStack() as running:

        def make(**spec):
            spec = {"hashes": trusted_hashes(root, (16, 1)), "dhcp_suffix": "example.org", **spec}
            made = DeviceSpec(next_addresses(1)[0], is_factory=True, is_activated=True, **spec)
            fleet = running.enter_context(Fleet([made]).running())
            said = read(hello.message(fleet[made.address], 0))
            record_hellos([Heard(said, made.address, timezone.now())], server=server)
            return DiscoveredDevice.objects.get(uuid=said.uuid)

        yield make


def test_examine_proves_that_a_device_will_let_itself_be_set_up(tabs, heard, axe):
    page = tabs.open(person())
    page.goto(heard().get_absolute_url())
    causes = page.locator("#doctor section").first
    expect(causes).to_contain_text("as far as is known")

    causes.get_by_role("button", name="Examine").click()

    expect(causes).to_contain_text("Nothing speaks against it.")
    row = page.get_by_role("row", name="CA hash")
    expect(row).to_contain_text("It took our certificate.")
    assert axe(page) == []


def test_causes_have_proof_next_step_and_the_hash_to_enter(tabs, heard, axe):
    page = tabs.open(person())
    page.goto(heard(server_name="old.example.org", hashes=()).get_absolute_url())
    causes = page.locator("#doctor section").first

    causes.get_by_role("button", name="Examine").click()

    first = causes.get_by_role("listitem").first
    expect(first).to_contain_text("The device does not hold the hash of our CA")
    expect(first).to_contain_text("Certain")
    expect(page.locator("#doctor")).to_contain_text("examined")
    assert axe(page) == []
    first.get_by_role("link", name="Show the hashes").click()
    expect(page).to_have_title("Hashes - zcc")
