"""SMB settings of a device: one per device, replaced as a whole, its old values in the audit."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from amt.models import AmtSettings
from amt.services.settings import (
    SettingsChanged,
    confirm_identity,
    delete_settings,
    save_settings,
)
from devices.models import AuditEntry, Device
from devices.models.rights import Right, Role
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return factories.person()


def save(device, user, **changes):
    row = AmtSettings.objects.filter(device=device).first()
    values = {
        "address": row.address if row else "127.9.0.1",
        "credential": row.credential if row else factories.credential(),
        "server": row.server if row else factories.server(),
        "version": row.version if row else 0,
    }
    return save_settings(device=device, asked_by=user, **(values | changes))


def test_a_saved_setting_is_copied_to_the_columns_of_the_list(admin):
    device = factories.device()

    save(device, admin, address="127.9.0.7", host_addressing="dhcp", addressing="static")

    device.refresh_from_db()
    assert (device.mode, device.amt_address) == (Device.Mode.SMB, "127.9.0.7")
    assert "127.9.0.7" in device.search_text
    assert (device.host_addressing, device.amt_settings.addressing) == ("dhcp", "static")


@pytest.mark.parametrize("host", ["static", "dhcp"])
@pytest.mark.parametrize("amt", ["static", "dhcp"])
def test_all_four_pairs_of_addressing_are_kept(admin, host, amt):
    device = factories.device()

    row = save(device, admin, host_addressing=host, addressing=amt)

    assert (device.host_addressing, row.addressing) == (host, amt)


def test_a_second_save_replaces_the_first_and_the_audit_keeps_the_old_values(admin):
    device = factories.device()
    save(device, admin, address="127.9.0.1")

    save(device, admin, address="127.9.0.2")

    assert AmtSettings.objects.get(device=device).address == "127.9.0.2"
    entry = AuditEntry.objects.filter(verb="amt.save_settings").first()
    assert (entry.old, entry.new) == ({"address": "127.9.0.1"}, {"address": "127.9.0.2"})
    assert entry.target_name == device.name


def test_another_address_forgets_who_was_there_and_its_power_state(admin):
    device = factories.device(power_state=2, power_seen_at=timezone.now())
    row = save(device, admin)
    AmtSettings.objects.filter(pk=row.pk).update(
        pin="aa", realm="r", firmware="16.1", tls_version="TLS 1.3", seen_pin="bb"
    )

    row = save(device, admin, address="127.9.0.2")

    device.refresh_from_db()
    assert (row.pin, row.realm, row.firmware, row.seen_pin) == ("", "", "", "")
    assert (device.power_state, device.power_seen_at, device.amt_version) == (None, None, "")


def test_another_server_keeps_who_was_there(admin):
    device = factories.device()
    row = save(device, admin)
    AmtSettings.objects.filter(pk=row.pk).update(pin="aa", tls_version="TLS 1.3")

    row = save(device, admin, server=factories.server())

    assert row.pin == "aa"
    assert Device.objects.get(pk=device.pk).connection == "TLS 1.3"


def test_saving_what_is_there_already_writes_nothing(admin):
    device = factories.device()
    version = save(device, admin).version

    assert save(device, admin).version == version
    assert AuditEntry.objects.filter(verb="amt.save_settings").count() == 1


def test_saving_over_a_newer_version_is_refused(admin):
    device = factories.device()
    save(device, admin, address="127.9.0.1")
    save(device, admin, address="127.9.0.2")

    with pytest.raises(SettingsChanged) as changed:
        save(device, admin, address="127.9.0.3", version=1)

    assert changed.value.row.address == "127.9.0.2"
    assert AmtSettings.objects.get(device=device).address == "127.9.0.2"


def test_an_address_no_password_may_be_sent_to_is_refused_by_the_service_too(admin):
    with pytest.raises(ValidationError, match="practice zone"):
        save(factories.device(), admin, address="10.1.1.1")


@pytest.mark.parametrize("field", ["address", "credential", "tls"])
def test_where_the_password_goes_needs_the_right_to_use_credentials(field):
    device = factories.device()
    save(device, None)
    user = factories.person(Role.ADMINISTRATOR, device.folder, without=(Right.CREDENTIALS,))
    wanted = {"address": "127.9.0.9", "credential": factories.credential(), "tls": "plain"}

    with pytest.raises(PermissionDenied, match="right to use credentials"):
        save(device, user, **{field: wanted[field]})


def test_server_and_addressing_need_no_right_to_use_credentials():
    device = factories.device()
    save(device, None)
    user = factories.person(Role.ADMINISTRATOR, device.folder, without=(Right.CREDENTIALS,))

    row = save(device, user, server=factories.server("Other"), addressing="dhcp")

    assert (row.server.name, row.addressing) == ("Other", "dhcp")


def test_who_may_only_look_changes_nothing():
    device = factories.device()

    with pytest.raises(PermissionDenied, match="not change"):
        save(device, factories.person(Role.POWER_OPERATOR))


def test_a_deleted_setting_leaves_a_device_that_is_not_set_up(admin):
    device = factories.device(power_state=2, power_seen_at=timezone.now() - timedelta(minutes=1))
    save(device, admin)

    delete_settings(device=device, asked_by=admin)

    device.refresh_from_db()
    assert (device.mode, device.amt_address, device.connection) == ("", "", "")
    assert (device.power_state, device.power_seen_at) == (None, None)
    assert not AmtSettings.objects.exists()
    assert AuditEntry.objects.get(verb="amt.delete_settings").old["address"] == "127.9.0.1"


def test_a_device_in_no_mode_is_never_saved(admin):
    with pytest.raises(ValidationError, match="SMB or in Enterprise"):
        save(factories.device(), admin, mode="")


def changed_identity(admin):
    device = factories.device()
    row = save(device, admin)
    known = {"pin": "aa", "realm": "Digest:A", "tls_version": "TLS 1.2"}
    AmtSettings.objects.filter(pk=row.pk).update(**known, seen_pin="bb", seen_realm="Digest:B")
    return device


def test_a_person_confirms_what_they_compared(admin):
    device = changed_identity(admin)

    row = confirm_identity(device=device, asked_by=admin, pin="bb", realm="Digest:B")

    assert (row.pin, row.realm, row.seen_pin, row.seen_realm) == ("bb", "Digest:B", "", "")
    assert Device.objects.get(pk=device.pk).connection == "TLS 1.2"
    entry = AuditEntry.objects.get(verb="amt.confirm_identity")
    assert (entry.old["pin"], entry.new["pin"]) == ("aa", "bb")


def test_what_was_shown_since_is_not_confirmed_with_it(admin):
    device = changed_identity(admin)
    AmtSettings.objects.filter(device=device).update(seen_pin="cc")

    with pytest.raises(SettingsChanged):
        confirm_identity(device=device, asked_by=admin, pin="bb", realm="Digest:B")


def test_confirming_needs_the_right_to_use_credentials(admin):
    device = changed_identity(admin)
    user = factories.person(Role.ADMINISTRATOR, device.folder, without=(Right.CREDENTIALS,))

    with pytest.raises(PermissionDenied):
        confirm_identity(device=device, asked_by=user, pin="bb", realm="Digest:B")
