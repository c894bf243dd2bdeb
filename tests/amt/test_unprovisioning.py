"""Unprovisioning simulated devices: what is read, what is kept, and who is left behind."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from amt.models import AmtSettings, Certificate, DiscoveredDevice, Orphan, Provisioning
from amt.services import discovery_tasks, orphans
from amt.services.unprovisioning import unprovision
from amt.simulator import Fault
from amt.simulator.set_up import State
from amt.simulator.setup_faults import Effect, SetupFault
from amt.work import run_unprovision_items
from devices.models import AuditEntry, Device, Folder, JobItem, Server
from devices.models.rights import Role
from devices.services.devices import delete_devices
from tests import factories
from vault.models import Secret

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provisioned(waiting):
    """Return a function that provisions one device; keywords are those of DeviceSpec."""

    def make(**spec):
        (one,) = waiting(**spec)
        assert one.provision().status == "done"
        Device.objects.update(last_order_at=None)  # as if it had rested
        return one

    return make


def leave(*, run: bool = True, **options) -> JobItem:
    """Unprovision every device as an administrator; return the line of the first."""
    wanted = {"intent": uuid4(), "asked_by": factories.person(), **options}
    job = unprovision(devices=Device.objects.all(), **wanted)
    item = job.items.first()
    if run:
        run_unprovision_items([item.pk])
        item.refresh_from_db()
    return item


def test_device_forgets_everything_and_the_console_its_login(provisioned):
    one = provisioned()

    item = leave()

    assert (item.status, item.message) == ("done", "Unprovisioned in full."), item.detail
    assert one.machine.set_up.state is State.PRE
    device = Device.objects.get()
    assert (device.mode, device.amt_address, device.power_state) == ("", "", None)
    assert not AmtSettings.objects.exists()
    assert not Provisioning.objects.exists()
    assert Secret.objects.get(amt_uuid=one.machine.uuid).state == Secret.State.RETIRED
    assert Certificate.objects.get(kind=Certificate.Kind.DEVICE).retired_at
    entry = DiscoveredDevice.objects.get()
    assert (entry.state, entry.device) == (DiscoveredDevice.State.PRE, device)
    assert AuditEntry.objects.filter(verb="amt.unprovisioned").exists()


def test_in_part_it_says_hello_again_and_is_provisioned_anew(provisioned):
    one = provisioned()

    item = leave(is_full=False)

    assert item.status == "done", item.message
    assert one.machine.set_up.state is State.IN
    one.heard()
    Device.objects.update(last_order_at=None)
    assert one.provision().status == "done"
    assert Device.objects.get().mode == Device.Mode.ENTERPRISE


def test_only_what_was_provisioned_is_unprovisioned(simulated):
    one = simulated()

    item = leave(run=False)

    assert (item.status, item.error_code) == ("skipped", "not-provisioned")
    assert one.machine.requests == 0


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (SetupFault.of("Unprovision", returns=2076), "failed", "refused"),
        (SetupFault.of("Unprovision", returns=16), "failed", "access-denied"),
        (SetupFault.of("Unprovision", Effect.DROP_BEFORE), "unknown", "no-answer"),
        (SetupFault.of("Unprovision", Effect.DROP_AFTER), "done", ""),
    ],
)
def test_refusal_and_lost_answer_end_as_what_was_seen(provisioned, settings, fault, status, code):
    settings.AMT_BACK_SECONDS = 3
    one = provisioned(setup_faults=frozenset({fault}))

    item = leave()

    assert (item.status, item.error_code) == (status, code), (item.message, item.detail)
    assert (one.machine.set_up.state is State.POST) == (status != "done")
    assert AmtSettings.objects.exists() == (status != "done")


def test_silence_is_not_taken_for_success_before_the_device_said_yes(provisioned):
    one = provisioned()
    one.machine.set_faults(Fault.UNPLUGGED)

    item = leave()

    assert (item.status, item.error_code) == ("failed", "unreachable")
    assert AmtSettings.objects.exists()


def test_device_that_cannot_be_reached_is_deleted_and_kept_in_the_register(provisioned):
    one = provisioned()
    pin = AmtSettings.objects.get().pin
    one.machine.set_faults(Fault.UNPLUGGED)

    item = leave(deletes_failed=True)

    assert item.status == "failed"
    assert "Deleted here" in item.message
    assert not Device.objects.exists()
    orphan = Orphan.objects.get()
    assert (orphan.uuid, orphan.pin, orphan.address) == (one.machine.uuid, pin, one.machine.address)
    assert Secret.objects.get(amt_uuid=one.machine.uuid).state == Secret.State.ACTIVE


def test_orphan_is_managed_again_with_its_own_password_and_unprovisioned(provisioned):
    one = provisioned()
    one.machine.set_faults(Fault.UNPLUGGED)
    leave(deletes_failed=True)
    one.machine.set_faults()

    device = orphans.manage_again(
        orphan=Orphan.objects.get(),
        folder=Folder.objects.get(name="Workstations"),
        server=Server.objects.get(),
        by=factories.person(),
    )
    item = leave()

    assert item.device == device
    assert item.status == "done", item.message
    assert Orphan.objects.get().solved_at
    assert one.machine.set_up.state is State.PRE


def test_provisioned_device_that_is_deleted_is_kept_in_the_register(provisioned):
    one = provisioned()
    pin = AmtSettings.objects.get().pin

    delete_devices(devices=Device.objects.all(), asked_by=factories.person())
    discovery_tasks.tick()
    discovery_tasks.tick()

    orphan = Orphan.objects.get()
    assert (orphan.uuid, orphan.pin, orphan.address) == (one.machine.uuid, pin, one.machine.address)
    assert "deleted here" in orphan.why


def test_orphan_that_says_hello_is_solved(provisioned):
    one = provisioned()
    one.machine.set_faults(Fault.UNPLUGGED)
    leave(deletes_failed=True)

    one.heard()

    assert Orphan.objects.get().solved_how == "It says hello: it waits to be set up."


def test_chosen_credential_is_shown_instead_of_the_device_s_own(provisioned):
    one = provisioned()
    wrong = factories.credential("Other", password="Not-the-0ne!")

    item = leave(credential=wrong)

    assert (item.status, item.error_code) == ("failed", "sign-in-refused")
    assert one.machine.set_up.state is State.POST


def test_who_may_not_provision_may_not_unprovision(provisioned):
    provisioned()

    with pytest.raises(PermissionDenied):
        leave(asked_by=factories.person(Role.POWER_OPERATOR))
