"""The settings pages of zone, folder and device, through the client."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from devices import levels
from devices.levels import Key, Place
from devices.models import AuditEntry, Setting
from devices.models.rights import Right, Role
from devices.services.settings import SomebodyWasFaster, Wish, save_settings
from tests import factories

pytestmark = pytest.mark.django_db

ON = ("Tests", "Test page")
SECONDS = Key("test.seconds", *ON, "Seconds", "Help.", default=60, unit="s", least=5, most=600)
ALLOWED = Key("test.allowed", *ON, "Allowed", "Help.", default=True)
ZONE_ONLY = Key(
    "test.zone", *ON, "Zone only", "Help.", default=3, least=1, most=9, levels=("zone",)
)
PAGE = "test-page"


@pytest.fixture(autouse=True)
def declared(monkeypatch):
    monkeypatch.setattr(levels, "_keys", dict(levels._keys))
    for key in (SECONDS, ALLOWED, ZONE_ONLY):
        levels.declare(key)


@pytest.fixture
def admin(client):
    user = factories.person()
    client.force_login(user)
    return user


@pytest.fixture
def device():
    return factories.device(where=factories.folder("Lab-2"))


def zone_url():
    return reverse("devices:zone_settings", args=[PAGE])


def device_url(device):
    return reverse("devices:device_settings", args=[device.pk, PAGE])


def put(value, *, key=SECONDS, folder=None, device=None):
    return Setting.objects.create(key=key.name, folder=folder, device=device, value=value)


def posted(response, **changes):
    """Return what a browser would send of the form that ``response`` shows, with ``changes``."""
    data = {}
    for panel in response.context["form"].panels:
        slug = panel.key.slug
        data |= {f"{slug}-set": "1" if panel.is_set else "", f"{slug}-version": str(panel.version)}
        data[f"{slug}-was"] = panel.was
        value = panel.field.value()
        if panel.is_set and value is not False:
            data[slug] = "on" if value is True else str(value)
    data |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in data.items() if value is not None}


def save(client, url, **changes):
    return client.post(url, posted(client.get(url), apply="1", **changes))


def test_the_zone_sets_a_value_and_it_counts_for_every_device(client, admin, device):
    answer = save(client, zone_url(), test_seconds="45")

    assert answer.status_code == 302
    assert levels.resolve(SECONDS, [device])[device.pk].value == 45


def test_what_was_not_changed_is_not_written(client, admin):
    save(client, zone_url(), test_seconds="45")

    assert [row.key for row in Setting.objects.all()] == ["test.seconds"]


def test_a_device_shows_a_value_locked_with_the_folder_it_comes_from(client, admin, device):
    put(20, folder=device.folder)

    page = client.get(device_url(device)).content.decode()

    assert "Inherited from folder" in page
    assert "/Workstations/Lab-2" in page
    assert "Override settings" in page


def test_an_override_of_a_device_counts_for_it_alone(client, admin, device):
    other = factories.device(where=device.folder)

    save(client, device_url(device), test_seconds_set="1", test_seconds="30")

    values = levels.resolve(SECONDS, [device, other])
    assert (values[device.pk].value, values[other.pk].value) == (30, 60)


def test_a_locked_field_is_not_believed(client, admin, device):
    save(client, device_url(device), test_seconds="30")

    assert not Setting.objects.exists()


def test_revert_brings_the_inherited_value_back(client, admin, device):
    put(20, folder=device.folder)
    put(30, device=device)

    page = client.get(device_url(device)).content.decode()
    save(client, device_url(device), test_seconds_set="")

    assert "Set here; would be 20 s from folder" in page
    assert levels.resolve(SECONDS, [device])[device.pk].value == 20


def test_a_switch_can_be_turned_off_for_a_device(client, admin, device):
    save(client, device_url(device), test_allowed_set="1", test_allowed=None)

    assert levels.resolve(ALLOWED, [device])[device.pk].value is False


def test_a_key_of_the_zone_alone_is_not_offered_for_a_device(client, admin, device):
    page = client.get(device_url(device)).content.decode()

    assert "Zone only" not in page


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("601", "Seconds is 601. From 5 to 600 s."),
        ("4", "Seconds is 4. From 5 to 600 s."),
        ("soon", "Seconds is a whole number."),
        ("", "Seconds needs a value. From 5 to 600 s."),
    ],
)
def test_a_refused_value_names_the_field_and_the_rule(client, admin, value, rule):
    answer = save(client, zone_url(), test_seconds=value)

    assert answer.status_code == 422
    assert rule in answer.content.decode()
    assert not Setting.objects.exists()


def test_ok_leaves_and_apply_stays(client, admin, device):
    url = device_url(device)
    stay = save(client, url, test_seconds_set="1", test_seconds="30")
    leave = client.post(url, posted(client.get(url), ok="1"))

    assert stay.url == url
    assert leave.url == device.get_absolute_url()


def test_saving_says_what_changed_and_when(client, admin):
    save(client, zone_url(), test_seconds="45")
    page = client.get(zone_url()).content.decode()

    assert "Saved: Seconds is 45 s." in page
    assert "data-unsaved>Saved" in page


def test_old_and_new_values_are_in_the_audit(client, admin, device):
    put(30, device=device)

    save(client, device_url(device), test_seconds="40")

    entry = AuditEntry.objects.get(verb="settings.change")
    assert (entry.old, entry.new) == ({"test.seconds": 30}, {"test.seconds": 40})
    assert (entry.user, entry.target_name) == (admin, device.name)


def test_saving_over_a_newer_value_shows_both_and_asks(client, admin):
    stale = posted(client.get(zone_url()), test_seconds="45", apply="1")
    put(90)

    answer = client.post(zone_url(), stale)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Now: 90 s" in page
    assert "Yours: 45 s" in page
    assert levels.zone_value(SECONDS) == 90


@pytest.mark.parametrize(("choice", "value"), [("mine", 45), ("theirs", 90)])
def test_the_person_decides_whose_value_counts(client, admin, choice, value):
    stale = posted(client.get(zone_url()), test_seconds="45", apply="1")
    put(90)
    asked = client.post(zone_url(), stale)

    again = posted(asked, test_seconds="45", test_seconds_asked="1", apply="1")
    undecided = client.post(zone_url(), again)
    client.post(zone_url(), again | {"test-seconds-choice": choice})

    assert undecided.status_code == 422
    assert levels.zone_value(SECONDS) == value


def test_a_change_of_another_key_meanwhile_is_no_conflict(client, admin):
    stale = posted(client.get(zone_url()), test_seconds="45", apply="1")
    put(7, key=ZONE_ONLY)

    answer = client.post(zone_url(), stale)

    assert answer.status_code == 302
    assert (levels.zone_value(SECONDS), levels.zone_value(ZONE_ONLY)) == (45, 7)


def test_one_conflict_saves_nothing_of_the_page(device):
    admin = factories.person()
    put(90)
    wishes = [Wish(ALLOWED, True, False, 0), Wish(SECONDS, True, 45, 0)]

    with pytest.raises(SomebodyWasFaster):
        save_settings(place=Place(), wishes=wishes, asked_by=admin)

    assert levels.zone_value(ALLOWED) is True


def test_the_trace_tells_which_level_counts(client, admin, device):
    put(20, folder=device.folder)

    page = client.get(device_url(device)).content.decode()

    assert "Folder /Workstations/Lab-2" in page
    assert "Which level counts, and why" in page


def test_who_may_only_look_finds_it_locked_and_is_refused(client, device):
    client.force_login(factories.person(Role.MONITOR, device.folder))

    page = client.get(device_url(device))
    answer = client.post(device_url(device), {})

    assert "You may look at these settings" in page.content.decode()
    assert "data-setting-override" not in page.content.decode()
    assert answer.status_code == 403


def test_a_device_of_another_folder_is_not_there(client, device):
    elsewhere = factories.folder("Elsewhere")
    client.force_login(factories.person(Role.ADMINISTRATOR, elsewhere))

    assert client.get(device_url(device)).status_code == 404


def test_an_administrator_of_a_folder_sets_it_there_and_not_in_the_zone(client, device):
    client.force_login(factories.person(Role.ADMINISTRATOR, device.folder))

    folder_url = reverse("devices:folder_settings", args=[device.folder.pk, PAGE])
    save(client, folder_url, test_seconds_set="1", test_seconds="25")

    assert levels.resolve_folder(SECONDS, device.folder).value == 25
    assert client.get(zone_url()).status_code == 403


def test_configuration_says_what_is_configured_and_who_overrides(client, admin, device):
    put(45)
    put(20, folder=device.folder)
    put(False, key=ALLOWED, folder=device.folder)
    put(30, device=device)

    answer = client.get(reverse("devices:configuration"))

    overridden = dict(answer.context["categories"]["Tests"])
    assert [str(text) for text in overridden.values()] == ["1 folder, 1 device"]
    assert [text.is_configured for text in overridden.values()] == [True]
    assert "1 folder, 1 device" in answer.content.decode()


def test_the_list_of_overrides_names_each_with_its_value(client, admin, device):
    put(45)
    put(20, folder=device.folder)
    put(30, device=device)

    page = client.get(reverse("devices:setting_overrides", args=[PAGE])).content.decode()

    assert "20 s" in page
    assert "30 s" in page
    assert device.name in page
    assert "45 s" not in page


def test_the_pages_cost_the_same_however_many_override(
    client, admin, django_assert_max_num_queries
):
    for _ in range(12):
        put(20, device=factories.device())

    with django_assert_max_num_queries(9):
        client.get(reverse("devices:configuration"))
    with django_assert_max_num_queries(9):
        client.get(reverse("devices:setting_overrides", args=[PAGE]))


def test_configuration_is_closed_to_who_holds_nothing_in_the_zone(client):
    client.force_login(factories.person(Role.POWER_OPERATOR))

    assert client.get(reverse("devices:configuration")).status_code == 403


def test_an_unknown_page_of_settings_is_not_there(client, admin, device):
    assert client.get(reverse("devices:zone_settings", args=["nothing"])).status_code == 404
    assert client.get(reverse("devices:device_settings", args=[device.pk, "x"])).status_code == 404


def test_the_root_of_the_tree_leads_to_the_zone(client, admin):
    url = reverse("devices:folder_settings", args=[factories.zone().pk, PAGE])

    assert client.get(url).url == zone_url()


def test_nonsense_in_hidden_fields_is_taken_for_a_change(client, admin):
    data = posted(client.get(zone_url()), test_seconds="45", test_seconds_was="{", apply="1")
    data["test-seconds-version"] = "x"

    assert client.post(zone_url(), data).status_code == 302


def test_a_right_can_be_taken_out_of_a_role(device):
    user = factories.person(Role.ADMINISTRATOR, device.folder, without=(Right.CONFIGURE,))

    with pytest.raises(PermissionDenied):
        save_settings(place=Place(device=device), wishes=[], asked_by=user)


def test_the_form_tells_what_stood_there_when_it_was_opened(client, admin):
    put(90)

    panels = {panel.key.name: panel for panel in client.get(zone_url()).context["form"].panels}

    assert json.loads(panels["test.seconds"].was) == [True, 90]
