"""What opened an engine is kept by its UUID when its device goes, and offered when it is back."""

from uuid import UUID, uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from amt import former
from amt.models import AmtSettings, DiscoveredDevice, FormerSettings, Orphan
from amt.protocol.hello import Hello
from amt.services import discovery, orphans
from amt.services.discovery import Heard
from amt.services.inventory import read_inventory
from amt.services.settings import delete_settings
from amt.work import run_inventory_items
from devices.models import AuditEntry, Device, HostReport, Job
from devices.models.rights import Role
from devices.services import devices as services
from tests import factories
from vault.models import Credential

pytestmark = pytest.mark.django_db
ENGINE = UUID("4c4c4544-0043-3510-8052-c7c04f4e3532")


def lab() -> Credential:
    return Credential.objects.filter(name="Lab").first() or factories.credential("Lab")


def managed(name: str = "pc-1", where=None, uuid: UUID | None = ENGINE, **fields) -> Device:
    device = factories.device(name, where, mode="smb", amt_address="127.0.1.1")
    given = {"mode": "smb", "address": "127.0.1.1", "pin": "ab" * 32, "realm": "Digest:1"}
    AmtSettings.objects.create(
        device=device,
        uuid=uuid,
        credential=lab(),
        server=factories.server(),
        **{**given, **fields},
    )
    return device


def delete(device: Device) -> None:
    doomed = Device.objects.filter(pk=device.pk)
    services.delete_devices(devices=doomed, asked_by=factories.person())


def back(where=None) -> Device:
    """Return the device of a PC that was installed anew and enrolled again."""
    device = factories.device("fresh", where)
    HostReport.objects.create(device=device, uuid=ENGINE, reported_at=timezone.now())
    return device


def test_a_reinstalled_pc_is_set_up_again_with_what_was_kept(client):
    delete(managed())
    device, person = back(), factories.person()
    client.force_login(person)
    page = client.get(reverse("amt:panel", args=[device.pk])).content.decode()
    assert "managed here as pc-1" in page
    assert "Lab" in page
    answer = client.post(reverse("amt:use_again", args=[device.pk]), follow=True)
    assert "set up as it was" in answer.content.decode()
    row = AmtSettings.objects.get()
    assert (row.device, row.mode, row.address, row.credential.name, row.uuid) == (
        *(device, "smb", "127.0.1.1", "Lab"),
        ENGINE,
    )
    assert (row.pin, row.realm) == ("ab" * 32, "Digest:1")  # another engine gets no password
    assert Job.objects.get().kind == Job.Kind.TEST_CONNECTION
    assert not FormerSettings.objects.exists()
    assert AuditEntry.objects.filter(verb="amt.save_settings", target_id=str(device.pk)).exists()


def test_where_it_was_discovered_counts_as_its_address_and_its_orphan_is_solved():
    delete(managed(mode="enterprise"))
    device, now = back(), timezone.now()
    DiscoveredDevice.objects.create(
        uuid=ENGINE, address="127.0.1.77", state=2, first_seen_at=now, seen_at=now
    )
    assert former.offered(device, factories.person()).pin
    orphan = Orphan.objects.create(
        uuid=ENGINE,
        name="pc-1",
        address="127.0.1.1",
        credential=FormerSettings.objects.get().credential,
        why="deleted",
        by_name="somebody",
    )
    row = orphans.use_again(device=device, by=factories.person())
    assert (row.address, row.mode) == ("127.0.1.77", "enterprise")
    orphan.refresh_from_db()
    assert orphan.solved_how == "Managed again as fresh."


def test_without_a_certificate_nobody_who_said_hello_gets_the_sign_in():
    delete(managed(pin=""))
    device, now = back(), timezone.now()
    DiscoveredDevice.objects.create(
        uuid=ENGINE, address="127.0.1.77", state=2, first_seen_at=now, seen_at=now
    )
    assert orphans.use_again(device=device, by=factories.person()).address == "127.0.1.1"


def test_a_hello_makes_nobody_forget():
    delete(managed())
    device = back()
    hello = Hello(3, ENGINE, 0, True, (("sha256", "ab" * 32),))
    discovery.record_hellos([Heard(hello, "127.0.1.66", timezone.now())], server=None)
    assert former.offered(device, factories.person()) is None  # it says that it waits
    DiscoveredDevice.objects.update(state=2)
    assert former.offered(device, factories.person())


def test_deleted_settings_are_offered_on_the_same_device():
    device = managed()
    HostReport.objects.create(device=device, uuid=ENGINE, reported_at=timezone.now())
    delete_settings(device=device, asked_by=factories.person())
    device.refresh_from_db()
    assert former.offered(device, factories.person()).device_name == "pc-1"


@pytest.mark.parametrize("state", [0, 1])
def test_an_engine_that_waits_to_be_set_up_has_forgotten_its_password(state):
    delete(managed())
    device, now = back(), timezone.now()
    assert former.offered(device, factories.person())
    DiscoveredDevice.objects.create(
        uuid=ENGINE, address="127.0.1.77", state=state, first_seen_at=now, seen_at=now
    )
    assert former.offered(device, factories.person()) is None


def test_a_uuid_opens_nothing_of_other_people():
    theirs, mine = factories.folder(), factories.folder()
    delete(managed(where=theirs))
    device = back(mine)
    for person in (
        factories.person(Role.ADMINISTRATOR, mine),
        factories.person(Role.POWER_OPERATOR),
    ):
        assert former.offered(device, person) is None
        with pytest.raises(PermissionDenied):
            orphans.use_again(device=device, by=person)
    assert not AmtSettings.objects.exists()
    assert former.offered(device, factories.person())


def test_the_newest_of_an_engine_is_kept_and_what_told_no_uuid_is_not():
    for name in ("pc-1", "pc-2"):
        device = managed(name)
        AmtSettings.objects.filter(device=device).update(address=f"127.0.1.{name[-1]}")
        delete(device)
    assert FormerSettings.objects.get().address == "127.0.1.2"
    delete(managed("pc-3", uuid=None))
    assert FormerSettings.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_real_device_lets_us_in_again(fleet, settings):
    settings.PRACTICE = True
    (simulated,) = fleet(1, profile="16.1")
    device = managed(uuid=None, address=simulated.address, pin="", realm="")
    read(device)
    assert AmtSettings.objects.get().uuid == simulated.uuid
    delete(device)
    device = factories.device("fresh")
    HostReport.objects.create(device=device, uuid=simulated.uuid, reported_at=timezone.now())
    orphans.use_again(device=device, by=factories.person())
    assert read(device) == "done"


def read(device: Device) -> str:
    chosen = Device.objects.filter(pk=device.pk)
    job = read_inventory(devices=chosen, intent=uuid4(), asked_by=factories.person())
    run_inventory_items(list(job.items.values_list("pk", flat=True)))
    return job.items.get().status
