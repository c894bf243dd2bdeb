"""The SMB settings page and the panel, through the client."""

from uuid import uuid4

import pytest
from django.test import override_settings
from django.urls import reverse

from amt.models import AmtSettings
from amt.services.settings import save_settings
from devices.models import Device, Setting
from devices.models.rights import Right, Role
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    user = factories.person()
    client.force_login(user)
    return user


@pytest.fixture
def device():
    return factories.device(where=factories.folder("Lab-2"))


@pytest.fixture
def set_up(device):
    save_settings(
        device=device,
        asked_by=None,
        address="127.9.0.1",
        credential=factories.credential("ME Labs"),
        server=factories.server("SRV-AMT-01"),
    )
    return device


def url(device, name="settings"):
    return reverse(f"amt:{name}", args=[device.pk])


def posted(device, **changes):
    row = AmtSettings.objects.filter(device=device).first()
    data = {
        "version": row.version if row else 0,
        "address": row.address if row else "127.9.0.1",
        "credential": row.credential_id if row else factories.credential().pk,
        "server": row.server_id if row else factories.server().pk,
        "host_addressing": device.host_addressing,
        "addressing": row.addressing if row else "",
        "tls": row.tls if row else "auto",
        "apply": "1",
    }
    return data | changes


def test_a_device_is_set_up_from_the_page(client, admin, device):
    answer = client.post(url(device), posted(device, host_addressing="dhcp", addressing="static"))

    device.refresh_from_db()
    assert answer.status_code == 302
    assert (device.mode, device.amt_settings.addressing) == (Device.Mode.SMB, "static")
    assert "Saved:" in client.get(url(device)).content.decode()


def test_the_page_shows_what_is_chosen(client, admin, set_up):
    page = client.get(url(set_up)).content.decode()

    assert "ME Labs (admin)" in page
    assert "SRV-AMT-01, silent" in page
    assert "Delete Setting" in page


def test_ok_leaves_for_the_device(client, admin, set_up):
    data = posted(set_up, ok="1")
    del data["apply"]

    assert client.post(url(set_up), data).url == set_up.get_absolute_url()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("address", "127.0.0.999", "Each part goes from 0 to 255."),
        ("address", "10.1.1.1", "A practice zone reaches only"),
        ("address", "", "IP address or FQDN: give one of both."),
        ("credential", "", "ME credential: choose one from the vault."),
        ("credential", str(uuid4()), "not in the vault any more"),
        ("credential", "nonsense", "not in the vault any more"),
        ("server", "999999", "Server: that one is not there any more."),
        ("tls", "ssl3", "Connection: choose one of those offered."),
        ("addressing", "static-ish", "AMT addressing is DHCP, static, or not known."),
    ],
)
def test_a_refused_field_names_the_rule_and_saves_nothing(
    client, admin, device, field, value, sentence
):
    answer = client.post(url(device), posted(device, **{field: value}))

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not AmtSettings.objects.exists()


@pytest.mark.parametrize(
    ("tls", "key", "sentence"),
    [
        ("plain", "amt.plain_allowed", "allow no plain HTTP"),
        ("legacy", "amt.legacy_tls_allowed", "allow no TLS 1.0 or 1.1"),
    ],
)
def test_a_profile_that_policy_forbids_is_refused(client, admin, device, tls, key, sentence):
    Setting.objects.create(key=key, folder=device.folder, value=False)

    answer = client.post(url(device), posted(device, tls=tls))

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


@override_settings(PRACTICE=False)
def test_outside_a_practice_zone_loopback_is_refused(client, admin, device):
    answer = client.post(url(device), posted(device, address="127.0.0.1"))

    assert "loopback" in answer.content.decode()


def test_two_people_at_once_see_both_values_and_choose(client, admin, set_up):
    stale = posted(set_up, address="127.9.0.3")
    client.post(url(set_up), posted(set_up, address="127.9.0.2"))

    asked = client.post(url(set_up), stale)
    page = asked.content.decode()

    assert asked.status_code == 422
    assert "<td>127.9.0.2</td><td>127.9.0.3</td>" in page
    assert AmtSettings.objects.get().address == "127.9.0.2"


@pytest.mark.parametrize(
    ("choice", "status", "address"),
    [("mine", 302, "127.9.0.3"), ("theirs", 302, "127.9.0.2"), ("", 422, "127.9.0.2")],
)
def test_their_values_or_mine(client, admin, set_up, choice, status, address):
    client.post(url(set_up), posted(set_up, address="127.9.0.2"))

    again = posted(set_up, address="127.9.0.3", asked="1", choice=choice)
    answer = client.post(url(set_up), again)

    assert (answer.status_code, AmtSettings.objects.get().address) == (status, address)


def test_delete_setting(client, admin, set_up):
    answer = client.post(url(set_up, "delete_settings"))

    set_up.refresh_from_db()
    assert answer.url == url(set_up)
    assert set_up.mode == ""


def test_a_device_in_enterprise_mode_is_locked(client, admin, set_up):
    Device.objects.update(mode=Device.Mode.ENTERPRISE)

    page = client.get(url(set_up)).content.decode()

    assert "one mode at most" in page
    assert 'name="apply"' not in page


def test_who_may_only_look_sees_it_locked_and_is_refused(client, set_up):
    client.force_login(factories.person(Role.MONITOR, set_up.folder))

    page = client.get(url(set_up)).content.decode()

    assert "You may look at this setting" in page
    assert "Test connection" not in page
    assert client.post(url(set_up), posted(set_up)).status_code == 403
    assert client.post(url(set_up, "delete_settings")).status_code == 403
    assert client.post(url(set_up, "test_device")).status_code == 403


def test_without_the_right_to_use_credentials_the_address_is_refused(client, set_up):
    user = factories.person(Role.ADMINISTRATOR, set_up.folder, without=(Right.CREDENTIALS,))
    client.force_login(user)

    answer = client.post(url(set_up), posted(set_up, address="127.9.0.2"))

    assert answer.status_code == 403
    assert "Browse for a credential" not in client.get(url(set_up)).content.decode()


@pytest.mark.parametrize("name", ["settings", "panel", "test_result"])
def test_a_device_of_another_folder_is_not_there(client, set_up, name):
    elsewhere = factories.person(Role.ADMINISTRATOR, factories.folder())
    client.force_login(elsewhere)

    assert client.get(url(set_up, name)).status_code == 404


@pytest.mark.parametrize("name", ["settings", "delete_settings", "confirm_identity", "test_device"])
def test_nothing_is_changed_in_another_folder(client, set_up, name):
    client.force_login(factories.person(Role.ADMINISTRATOR, factories.folder()))

    assert client.post(url(set_up, name), posted(set_up)).status_code == 404
    assert AmtSettings.objects.count() == 1


def test_a_changed_certificate_is_compared_side_by_side_and_confirmed(client, admin, set_up):
    AmtSettings.objects.update(pin="aa" * 32, seen_pin="bb" * 32)
    page = client.get(url(set_up)).content.decode()

    client.post(url(set_up, "confirm_identity"), {"pin": "bb" * 32, "realm": ""})

    assert "aa" * 32 in page
    assert "bb" * 32 in page
    assert AmtSettings.objects.get().pin == "bb" * 32


def test_a_certificate_that_changed_again_is_not_confirmed(client, admin, set_up):
    AmtSettings.objects.update(pin="aa" * 32, seen_pin="cc" * 32)

    client.post(url(set_up, "confirm_identity"), {"pin": "bb" * 32, "realm": ""})

    assert AmtSettings.objects.get().pin == "aa" * 32


def test_the_panel_shows_how_a_device_is_reached(client, admin, set_up):
    page = client.get(url(set_up, "panel")).content.decode()

    assert "SMB (manual setup)" in page
    assert "127.9.0.1" in page
    assert f"/vault/{AmtSettings.objects.get().credential_id}/" in page


def test_the_panel_of_a_device_that_is_not_set_up_leads_to_its_setting(client, admin, device):
    assert "Set it up" in client.get(url(device, "panel")).content.decode()


def test_the_panel_links_no_credential_for_who_may_not_open_it(client, set_up):
    client.force_login(factories.person(Role.MONITOR))

    page = client.get(url(set_up, "panel")).content.decode()

    assert "ME Labs" in page
    assert "/vault/" not in page


def test_a_password_is_never_on_the_page(client, admin, device):
    credential = factories.credential(password="Secret-1-Secret")
    client.post(url(device), posted(device, credential=credential.pk))

    for name in ("settings", "panel"):
        assert "Secret-1-Secret" not in client.get(url(device, name)).content.decode()


def test_the_settings_list_has_smb_first(client, admin, set_up):
    page = client.get(reverse("devices:device_settings", args=[set_up.pk])).content.decode()
    page = page[page.index('aria-label="Settings"') :]

    assert page.index("Intel AMT SMB Mode") < page.index("Power orders")


def test_the_page_costs_a_fixed_number_of_queries(
    client, admin, set_up, django_assert_max_num_queries
):
    for _ in range(5):
        factories.device(where=set_up.folder)

    with django_assert_max_num_queries(14):
        client.get(url(set_up))


def test_server_credential_and_uuid_are_columns_of_the_list_and_of_its_csv(client, admin):
    admin.preferences = {"columns": {"devices": ["server", "credential", "uuid"]}}
    admin.save()
    factories.device("bare")
    for number in range(3):
        row = factories.device(f"pc-{number}", mode="smb", amt_address=f"127.9.1.{number}")
        AmtSettings.objects.create(
            device=row,
            mode="smb",
            address=row.amt_address,
            credential=factories.credential(f"ME {number}"),
            server=factories.server(f"SRV-{number}"),
            uuid=f"0000000{number}-1111-2222-3333-444444444444",
        )

    for column in ("server", "credential", "uuid"):
        for way, wanted in (("", ["bare", "pc-0", "pc-1", "pc-2"]), ("-", ["pc-2", "pc-1"])):
            answer = client.get("/devices/", {"sort": f"{way}{column}"})
            found = [device.name for device in answer.context["page"].rows]
            assert found[: len(wanted)] == wanted
    for text in ("SRV-1", "ME 1", "00000001-1111-2222-3333-444444444444"):
        assert text in answer.text
    lines = b"".join(client.get("/devices/csv/").streaming_content).decode().splitlines()
    assert "server,credential,uuid" in lines[0]
    assert "SRV-2,ME 2,00000002-1111-2222-3333-444444444444" in lines[-1]
