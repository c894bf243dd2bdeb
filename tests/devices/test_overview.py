"""Home counts what its links list, and says what needs a person."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from devices.models.rights import Role
from devices.services import overview
from tests import factories

pytestmark = pytest.mark.django_db


def test_unknown_and_old_states_never_count_as_off():
    now = timezone.now()
    factories.device(mode="smb", power_state=8, power_seen_at=now)
    factories.device(mode="smb", power_state=8, power_seen_at=now - timedelta(hours=1))
    factories.device(mode="smb", power_state=8, power_seen_at=now - timedelta(days=2))
    factories.device(mode="smb", power_state=8, power_seen_at=now, unreadable_since=now)
    factories.device()

    counts = overview.states(factories.person()).counts

    assert counts == {"on": 0, "sleep": 0, "off": 1, "old": 1, "unknown": 2, "not-read": 1}


def test_each_number_is_the_length_of_the_list_it_links_to(client):
    for state in (2, 2, 8):
        factories.device(mode="smb", power_state=state, power_seen_at=timezone.now())
    client.force_login(factories.person())

    home = client.get(reverse("devices:home"))

    for name, _, count in home.context["states"].rows:
        listed = client.get(reverse("devices:devices"), {"power": name})
        assert listed.context["page"].total == count, name


def test_an_operator_counts_the_devices_of_their_folder_only():
    lab = factories.folder()
    factories.device(where=lab, mode="smb", power_state=2, power_seen_at=timezone.now())
    factories.device(mode="smb", power_state=2, power_seen_at=timezone.now())

    assert overview.states(factories.person(Role.POWER_OPERATOR, lab)).counts["on"] == 1


def test_devices_without_set_up_and_silent_servers_need_a_person():
    factories.device()
    admin = factories.person()

    needs = overview.needs_a_person(admin, overview.states(admin))

    assert [need.what for need in needs] == ["1 device is not set up"]


def test_home_makes_the_same_queries_for_many_devices(client, django_assert_max_num_queries):
    client.force_login(factories.person())
    for _ in range(30):
        factories.device(mode="smb", power_state=2, power_seen_at=timezone.now())

    with django_assert_max_num_queries(13):
        assert client.get(reverse("devices:home")).status_code == 200


def test_an_empty_zone_shows_the_first_steps(client):
    client.force_login(factories.person())

    page = client.get(reverse("devices:home"))

    assert "First ME credential" in page.content.decode()
