"""From the hello to the first order, and back out again, as an administrator does it."""

import re
from datetime import timedelta
from time import monotonic, sleep

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.utils import timezone
from playwright.sync_api import expect

from amt.models import AmtSettings, DiscoveredDevice, Orphan
from amt.simulator import Fault
from amt.simulator.set_up import State
from devices.models import Device, Server
from devices.services import heartbeat
from tests.amt.test_provisioning import pair
from tests.factories import person
from tests.fixtures.prospects import ask, me_credential
from tests.pages.steps import choose, open_power, wait_for_end

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DISCOVERED = "/devices/discovered/"
WIZARD = "/configuration/certificates/change/"


@pytest.fixture
def at_work(worker, dispatcher, quick):
    """Have a worker and a dispatcher run."""
    quick("amt.legacy_tls_allowed", True)


def begin(page, action="Provision..."):
    """Tick all that is listed and open a dialog of the Action menu."""
    page.goto(DISCOVERED)
    page.get_by_label("Select this page").check()
    page.get_by_role("button", name="Action", exact=True).click()
    page.get_by_role("menuitem", name=action, exact=True).click()
    return page.get_by_role("dialog").first


def choose_credential(page):
    page.get_by_role("button", name="Browse for a credential").click()
    lookup = page.locator("#lookup-body")
    lookup.get_by_role("radio", name="ME Enterprise", exact=True).check()
    lookup.get_by_role("button", name="OK", exact=True).click()
    expect(lookup).to_be_hidden()


def provision(page, dialog):
    choose_credential(page)
    dialog.get_by_role("button", name=re.compile("^OK")).click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)


def wait_until_done(job) -> None:
    """Wait until the worker has carried out what was asked for."""
    until = monotonic() + 60
    while not job.is_finished and monotonic() < until:
        sleep(0.2)
        job.refresh_from_db()
    assert set(job.items.values_list("status", flat=True)) == {"done"}


def rest() -> None:
    """Let the pause after the last order be over."""
    Device.objects.update(last_order_at=None)


def test_from_the_hello_to_power_off(at_work, waiting, tabs, axe):
    one, _ = waiting(2)
    me_credential()
    page = tabs.open(person())
    dialog = begin(page)
    expect(dialog.get_by_text("2 discovered devices")).to_be_visible()
    assert axe(page) == []
    provision(page, dialog)

    expect(page.get_by_text("Provisioned: TLS 1.2, with a password of its own.")).to_have_count(2)
    assert one.machine.set_up.state is State.POST
    page.goto(DISCOVERED)
    expect(page.get_by_text("Provisioned", exact=True)).to_have_count(2)
    assert axe(page) == []
    rest()
    page.goto("/devices/")
    page.get_by_label("Select this page").check()
    choose(open_power(page), "Power Off").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)
    expect(page.get_by_text(re.compile("2 done"))).to_be_visible()


def test_steps_of_one_device_are_told(at_work, waiting, tabs, axe):
    waiting(1)
    me_credential()
    page = tabs.open(person())
    dialog = begin(page)
    expect(dialog.get_by_text("CA hash")).to_be_visible()
    provision(page, dialog)
    page.get_by_role("link", name=re.compile("Done, details")).click()

    expect(page.get_by_role("heading", name="Steps")).to_be_visible()
    for words in ("Own password set", "Certificate issued", "Committed", "Back on the network"):
        expect(page.get_by_text(words)).to_be_visible()
    assert axe(page) == []


def test_external_certificate_branch(at_work, waiting, tabs, tmp_path):
    (one,) = waiting(certificate={"is_ca": False})
    me_credential()
    external = pair()
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "pc.key").write_bytes(external.key.private_bytes(*form))
    (tmp_path / "pc.crt").write_bytes(external.certificate.public_bytes(Encoding.PEM))
    page = tabs.open(person())
    tabs.expect("422")
    dialog = begin(page)
    expect(dialog.get_by_text("isCA is false")).to_be_visible()
    expect(dialog.get_by_label("Use External Certificate to Provision the device")).to_be_checked()
    choose_credential(page)
    dialog.get_by_role("button", name="OK").click()
    expect(dialog.get_by_text("Private key file: choose one.").first).to_be_visible()
    dialog.get_by_label("Private key file").set_input_files(tmp_path / "pc.key")
    dialog.get_by_label("Certificate file").set_input_files(tmp_path / "pc.crt")
    dialog.get_by_role("button", name="OK").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)

    expect(page.get_by_text(re.compile("Provisioned: TLS"))).to_be_visible()
    assert one.machine.certificate.der == external.certificate.public_bytes(Encoding.DER)


def test_unprovision_with_the_delete_box(at_work, waiting, tabs, axe):
    one, other = waiting(2)
    wait_until_done(ask([one, other]))
    rest()
    other.machine.set_faults(Fault.UNPLUGGED)
    page = tabs.open(person())
    dialog = begin(page, "Unprovision...")
    expect(dialog.get_by_text("What each device loses")).to_be_visible()
    assert axe(page) == []
    dialog.get_by_label("Delete the device if unprovisioning fails").check()
    dialog.get_by_role("button", name="OK: unprovision 2").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)

    expect(page.get_by_text("Unprovisioned in full.")).to_be_visible()
    expect(page.get_by_text(re.compile("Deleted here; the register"))).to_be_visible()
    assert one.machine.set_up.state is State.PRE
    assert Device.objects.count() == 1
    assert not AmtSettings.objects.exists()
    assert Orphan.objects.get().uuid == other.machine.uuid
    page.goto("/devices/orphaned/")
    expect(page.get_by_role("button", name="Manage again")).to_be_visible()
    assert axe(page) == []


def test_entry_expires_and_offers_rediscover(at_work, waiting, tabs):
    (one,) = waiting()
    long_ago = timezone.now() - timedelta(hours=25)
    DiscoveredDevice.objects.update(seen_at=long_ago, heard_at=long_ago)
    page = tabs.open(person())
    page.goto(DISCOVERED)
    expect(page.get_by_text("Ended", exact=True)).to_be_visible()
    page.get_by_role("cell").get_by_role("button", name="Rediscover").click()
    page.wait_for_url("**/discovery/runs/*/")
    expect(page.get_by_text(re.compile("found 1 device, 0 of them new"))).to_be_visible(
        timeout=30_000
    )
    page.goto(DISCOVERED)

    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    assert one.machine.set_up.state is State.IN


def test_discovery_task_from_the_editor_to_the_list(at_work, fleet, tabs, axe, settings):
    settings.PRACTICE = True
    devices = [one.address for one in fleet(3, profile="14.1")]
    page = tabs.open(person())
    tabs.expect("422")
    page.goto(DISCOVERED)
    page.get_by_role("link", name="New discovery task").click()
    page.get_by_label("Name", exact=True).fill("Practice")
    page.get_by_label("Address ranges").fill("127.0.0.300")
    page.get_by_role("button", name="OK", exact=True).click()
    expect(page.get_by_text(re.compile("is no IPv4 address or range")).first).to_be_visible()
    assert axe(page) == []
    page.get_by_label("Address ranges").fill(f"{devices[0]}-{devices[2]}")
    page.get_by_role("button", name="OK, and run now").click()
    page.wait_for_url("**/discovery/runs/*/")
    expect(page.get_by_text("Asked 3 addresses, found 3 devices, 3 of them new.")).to_be_visible(
        timeout=30_000
    )
    assert axe(page) == []
    page.goto("/devices/discovery/")
    expect(page.get_by_role("link", name="Practice").first).to_be_visible()
    assert axe(page) == []
    dialog = begin(page, "Add to managed devices...")
    dialog.get_by_role("button", name="OK", exact=True).click()
    expect(page.get_by_text("Added: 3 devices.")).to_be_visible()
    assert Device.objects.count() == 3


def go_on(page, name="Done, go on"):
    page.get_by_role("button", name=name, exact=True).click()


def unprovision_in_part(page) -> None:
    """Let the wizard's first step have its way."""
    expect(page.get_by_text("2 devices are still provisioned").first).to_be_visible()
    go_on(page, "Unprovision them...")
    dialog = page.get_by_role("dialog").first
    dialog.get_by_label(re.compile("In part")).check()
    dialog.get_by_role("button", name="OK: unprovision 2").click()
    page.wait_for_url("**/tasks/*/")
    wait_for_end(page)
    expect(page.get_by_text(re.compile("Unprovisioned in part"))).to_have_count(2)
    page.goto(WIZARD)


def replace_certificate(page) -> None:
    """Keep the authority, delete, restart, create."""
    go_on(page)
    page.get_by_role("radio", name="The same authority, new management certificates").check()
    go_on(page)
    go_on(page)
    go_on(page, "Restart services")
    expect(page.get_by_text(re.compile("Not restarted yet"))).to_be_visible()
    heartbeat.reload_if_asked(Server.objects.get())
    expect(page.get_by_text(re.compile(", restarted"))).to_be_visible(timeout=30_000)
    go_on(page)
    go_on(page)


def test_wizard_changes_the_certificate_of_devices_that_change_sides(at_work, waiting, tabs, axe):
    several = waiting(2)
    wait_until_done(ask(several))
    rest()
    page = tabs.open(person())
    page.goto(WIZARD)
    go_on(page, "Begin the change")
    unprovision_in_part(page)
    replace_certificate(page)
    for one in several:
        one.heard()
    go_on(page)
    expect(page.get_by_text("2 devices are not provisioned again yet")).to_be_visible()
    assert axe(page) == []
    rest()
    go_on(page, "Provision them...")
    provision(page, page.get_by_role("dialog").first)
    expect(page.get_by_text(re.compile("2 done"))).to_be_visible()
    page.goto(WIZARD)
    go_on(page, "Finish")

    expect(page.get_by_text("The zone certificate is changed.")).to_be_visible()
    assert all(one.machine.set_up.state is State.POST for one in several)
