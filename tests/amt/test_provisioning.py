"""Provisioning a simulated device from the hello to the first order, and what may go wrong."""

from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from amt.certificates import making
from amt.models import AmtSettings, Certificate, DiscoveredDevice, Provisioning
from amt.services import certificates, provisioning
from amt.services.provisioning import External
from amt.simulator.set_up import State
from amt.simulator.setup_faults import Effect, SetupFault
from amt.work import run_provision_items
from devices.models import Device, JobItem, Setting
from devices.models.rights import Role
from power.models import PowerAction
from power.services.orders import order_power
from power.work import run_power_items
from tests import factories
from tests.fixtures.prospects import ME_PASSWORD, ask, zone_root
from vault import crypto
from vault.models import Secret

pytestmark = pytest.mark.django_db(transaction=True)
PROFILES = ["9.5", "11.8", "12.0", "14.1", "15.0", "16.0", "16.1", "19.0"]


def active_password(uuid) -> str:
    """Return the password that the vault has in use for a device."""
    secret = Secret.objects.get(amt_uuid=uuid, state=Secret.State.ACTIVE)
    return crypto.reveal([secret])[secret.pk]


def takes(machine, password: str) -> bool:
    """Return whether a device lets the administrator in with ``password``."""
    return machine.gatekeeper.has_password("admin", password)


def switched_off(device: Device) -> JobItem:
    """Order Power Off, carry it out and return the line."""
    chosen = Device.objects.filter(pk=device.pk)
    chosen.update(last_order_at=None)  # as if it had rested
    person = factories.person()
    job = order_power(devices=chosen, action=PowerAction.OFF, intent=uuid4(), asked_by=person)
    item = job.items.get()
    run_power_items([item.pk])
    item.refresh_from_db()
    return item


@pytest.mark.parametrize("profile", PROFILES)
def test_device_is_set_up_and_takes_orders(waiting, profile):
    Setting.objects.create(key="amt.legacy_tls_allowed", value=True)
    Setting.objects.create(key="power.verify_seconds", value=5)
    (one,) = waiting(profile=profile)

    item = one.provision()

    assert (item.status, item.error_code) == ("done", ""), (item.message, item.detail)
    row = AmtSettings.objects.get(device=item.device)
    assert one.machine.set_up.state is State.POST
    assert (row.mode, row.uuid) == (Device.Mode.ENTERPRISE, one.machine.uuid)
    assert (row.pin, row.realm) == (one.machine.certificate_sha256, one.machine.realm)
    assert takes(one.machine, active_password(one.machine.uuid))
    assert one.machine.set_up.password == ME_PASSWORD, "MEBx had that of the factory"
    assert DiscoveredDevice.objects.get().state == DiscoveredDevice.State.POST
    assert [step["status"] for step in item.evidence["steps"]] == ["ok"] * 9
    assert switched_off(item.device).status == "done"


def test_certificate_of_the_device_is_issued_by_our_management_certificate(waiting):
    (one,) = waiting()

    one.provision()

    issuer = Certificate.objects.management().get().x509
    shown = Provisioning.objects.get().certificate
    assert shown.kind == Certificate.Kind.DEVICE
    shown.x509.verify_directly_issued_by(issuer)
    assert shown.sha256 == one.machine.certificate_sha256


def test_password_of_the_credential_is_set_where_no_own_one_is_wanted(waiting):
    (one,) = waiting()

    item = one.provision(own_passwords=False)

    assert item.status == "done", item.message
    assert takes(one.machine, ME_PASSWORD)
    assert not Secret.objects.filter(amt_uuid=one.machine.uuid).exists()
    assert switched_off(item.device).status == "done"


def test_password_of_mebx_that_somebody_changed_is_left_alone(waiting):
    (one,) = waiting(mebx_password="Somebody-s-0wn")

    assert one.provision().status == "done"

    assert one.machine.set_up.password == "Somebody-s-0wn"


def test_plain_port_is_closed_unless_the_setting_keeps_it_open(waiting):
    one, other = waiting(2, profile="14.1")
    assert one.provision().status == "done"
    Setting.objects.create(key="amt.plain_allowed_enterprise", value=True)

    assert other.provision().status == "done"

    assert not one.machine.has_plain
    assert other.machine.has_plain


def pair(name: str = "pc.campus.example") -> External:
    """Return a certificate for a device, from an authority elsewhere, and its key."""
    authority = making.new_authority("Elsewhere")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return External(making.new_device(name, key.public_key(), authority), key)


def test_external_certificate_is_shown_and_its_key_forgotten(waiting):
    (one,) = waiting(certificate={"is_ca": False})
    external = pair()

    item = one.provision(external=external)

    assert item.status == "done", (item.message, item.detail)
    shown = x509.load_der_x509_certificate(one.machine.certificate.der)
    assert shown == external.certificate
    assert AmtSettings.objects.get().pin == one.machine.certificate_sha256
    item.job.provision_order.refresh_from_db()
    assert item.job.provision_order.key is None
    assert not Secret.objects.filter(credential=None).exclude(
        pk__in=Certificate.objects.exclude(key=None).values("key")
    )


def test_external_certificate_is_for_one_device(waiting):
    several = waiting(2)

    with pytest.raises(ValidationError, match="for one device"):
        ask(several, external=pair())


def test_entries_that_were_deleted_meanwhile_are_missed(waiting):
    (one,) = waiting()
    one.entry.delete()
    DiscoveredDevice.objects.all().delete()

    with pytest.raises(ValidationError, match="in the list any more"):
        ask([])


def skipped_as(job) -> tuple[str, str]:
    item = job.items.get()
    return item.status, item.error_code


@pytest.mark.parametrize(
    ("make", "code"),
    [
        ({"hashes": ()}, "hash-missing"),
        ({"certificate": {"is_ca": False}}, "needs-external"),
    ],
)
def test_what_will_not_work_is_said_before_anything_is_sent(waiting, make, code):
    from amt.simulator.set_up import trusted_hashes

    if make.get("hashes") == ():
        make = {"hashes": trusted_hashes(b"another root", (16, 1))}
    (one,) = waiting(**make)

    assert skipped_as(ask([one])) == ("skipped", code)
    assert one.machine.requests == 0


def test_entry_is_external_only_after_12_hours_and_nothing_after_24(waiting):
    (one,) = waiting()
    entry = DiscoveredDevice.objects

    entry.update(seen_at=timezone.now() - timedelta(hours=13))
    assert skipped_as(ask([one])) == ("skipped", "external-only")
    assert ask([one], external=pair()).items.get().status == "waiting"
    entry.update(seen_at=timezone.now() - timedelta(hours=25))
    assert skipped_as(ask([one], external=pair())) == ("skipped", "entry-ended")
    one.heard()
    assert ask([one]).items.get().status == "waiting"


def test_device_that_is_provisioned_is_not_provisioned_twice(waiting):
    (one,) = waiting()
    one.provision()
    before = one.machine.requests

    assert skipped_as(ask([one])) == ("skipped", "provisioned-already")
    assert one.machine.requests == before


def test_line_that_lost_its_lease_after_all_was_done_ends_as_done(waiting):
    (one,) = waiting()
    item = one.provision()
    Device.objects.update(last_order_at=None)
    JobItem.objects.update(status="waiting", finished_at=None, lease_token=None)
    item.job.__class__.objects.update(finished_at=None)

    run_provision_items([item.pk])

    item.refresh_from_db()
    assert (item.status, item.error_code) == ("done", ""), item.message
    assert takes(one.machine, active_password(one.machine.uuid))


def test_device_with_a_pre_shared_key_is_told_apart(waiting):
    (one,) = waiting()
    DiscoveredDevice.objects.update(key_id="0000037M", hashes=[])

    code = "psk-unknown" if provisioning.HAS_PSK else "psk-not-supported"
    assert skipped_as(ask([one])) == ("skipped", code)


def test_without_a_management_certificate_nothing_is_begun(waiting):
    (one,) = waiting()
    certificates.delete_management(certificates=list(Certificate.objects.management()), by=None)

    assert skipped_as(ask([one])) == ("skipped", "no-management-certificate")


def test_nothing_is_provisioned_while_the_zone_certificate_changes(waiting):
    from amt.services import zone_change

    (one,) = waiting()
    zone_change.start(by=None)

    with pytest.raises(ValidationError, match="being changed"):
        ask([one])


def test_who_may_not_provision_is_refused(waiting):
    (one,) = waiting()

    with pytest.raises(PermissionDenied):
        ask([one], asked_by=factories.person(Role.POWER_OPERATOR))


def test_same_intent_is_one_task(waiting):
    (one,) = waiting()
    person, intent = factories.person(), uuid4()

    first = ask([one], asked_by=person, intent=intent)

    assert ask([one], asked_by=person, intent=intent) == first


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (SetupFault.NEVER_RETURNS, "unknown", "not-back"),
        (SetupFault.OLD_CERTIFICATE, "failed", "not-committed"),
        (SetupFault.REFUSES_NEW_PASSWORD, "failed", "password-not-taken"),
        (SetupFault.KEYS_NEVER_READY, "failed", "key-not-ready"),
        (SetupFault.CLOCK_STANDS, "failed", "device-fault"),
        (SetupFault.TLS_NOT_TAKEN, "failed", "tls-not-taken"),
        (SetupFault.of("CommitChanges", returns=2057), "failed", "refused"),
        (SetupFault.of("CommitChanges", returns=38), "failed", "refused"),
        (SetupFault.of("AddCertificate", returns=2063), "failed", "refused"),
        (SetupFault.of("SetAdminAclEntryEx", returns=2054), "failed", "refused"),
        (SetupFault.of("GenerateKeyPair", returns=2062), "failed", "refused"),
    ],
)
def test_fault_of_the_device_ends_with_its_code(waiting, settings, fault, status, code):
    settings.AMT_BACK_SECONDS, settings.AMT_KEY_SECONDS = 4, 3
    (one,) = waiting(setup_faults=frozenset({fault}))

    item = one.provision()

    assert (item.status, item.error_code) == (status, code), (item.message, item.detail)
    assert len(item.message) <= 140
    failed = [step for step in item.evidence["steps"] if step["status"] == "failed"]
    assert len(failed) == 1
    if one.machine.set_up.state is not State.POST:
        assert not AmtSettings.objects.exists()


CALLS = [
    "Get AMT_SetupAndConfigurationService",
    "GetUuid",
    "SetMEBxPassword",
    "SetAdminAclEntryEx",
    "SetHighAccuracyTimeSynch",
    "GenerateKeyPair",
    "AddCertificate",
    "Create AMT_TLSCredentialContext",
    "Put AMT_TLSSettingData",
    "CommitChanges",
]


@pytest.mark.parametrize("effect", [Effect.DROP_BEFORE, Effect.DROP_AFTER])
@pytest.mark.parametrize("call", CALLS)
def test_lost_answer_leaves_a_device_that_can_be_provisioned_again(waiting, settings, call, effect):
    settings.AMT_BACK_SECONDS = 3
    (one,) = waiting(setup_faults=frozenset({SetupFault.of(call, effect, times=1)}))

    first = one.provision()
    if first.status != "done":
        assert first.status in ("failed", "unknown")
        if one.machine.set_up.state is State.POST:
            candidate = Secret.objects.get(amt_uuid=one.machine.uuid)
            assert takes(one.machine, crypto.reveal([candidate])[candidate.pk])
        Device.objects.update(last_order_at=None)  # so long later that the device has rested
        second = one.provision()
        assert second.status == "done", (second.message, second.detail)

    assert one.machine.set_up.state is State.POST
    assert takes(one.machine, active_password(one.machine.uuid))
    assert switched_off(Device.objects.get()).status == "done"


def test_devices_without_our_suffix_break_off_and_the_line_says_so(waiting):
    (one,) = waiting(dhcp_suffix="elsewhere.example")

    item = one.provision()

    assert (item.status, item.error_code) == ("failed", "chain-refused"), item.message
    assert one.machine.set_up.state is State.IN


def test_many_devices_are_set_up_by_one_task(waiting):
    from amt.work import run_provision_items

    several = waiting(20)
    job = ask(several)

    run_provision_items(list(job.items.values_list("pk", flat=True)))

    assert set(job.items.values_list("status", flat=True)) == {"done"}
    assert AmtSettings.objects.filter(mode=Device.Mode.ENTERPRISE).count() == 20
    passwords = {active_password(one.machine.uuid) for one in several}
    assert len(passwords) == 20
    job.refresh_from_db()
    assert job.is_finished


def test_no_password_or_key_is_told(waiting, caplog):
    (one,) = waiting(setup_faults=frozenset({SetupFault.of("AddCertificate", returns=2063)}))

    item = one.provision()

    secret = Secret.objects.get(amt_uuid=one.machine.uuid)
    password = crypto.reveal([secret])[secret.pk]
    told = f"{item.message} {item.detail} {item.evidence} {caplog.text}"
    assert password not in told
    assert ME_PASSWORD not in told


def test_root_is_made_once():
    assert zone_root() == zone_root()


def test_prospects_ask_the_database_a_constant_number_of_times(
    waiting, django_assert_max_num_queries
):
    waiting(1)
    row = DiscoveredDevice.objects.get()
    rows = [row] * 200

    with django_assert_max_num_queries(12):
        provisioning.prospects(rows, is_external=False)
