"""Servers: their list, one of them, the look-up; rename, runs on, delete."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from amt.models import AmtSettings
from devices.models import AuditEntry, Server
from devices.models.rights import Role
from devices.services import servers as services
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def admin(client):
    user = factories.person()
    client.force_login(user, backend=BACKEND)
    return user


def used(server: Server, count: int = 1) -> None:
    credential = factories.credential()
    for number in range(count):
        device = factories.device()
        address = f"127.0.0.{number + 1}"
        AmtSettings.objects.create(
            device=device, mode="smb", address=address, credential=credential, server=server
        )


def test_the_list_says_who_is_online_silent_or_stopped_and_how_many_use_each(client, admin):
    now = timezone.now()
    used(factories.server("Alpha", heartbeat_at=now), 3)
    factories.server("Beta", heartbeat_at=now - timedelta(hours=3))
    factories.server("Gamma", heartbeat_at=now, stopped_at=now)
    answer = client.get(reverse("devices:servers"))
    assert [(row.name, row.used_by) for row in answer.context["page"].rows] == [
        ("Alpha", 3),
        ("Beta", 0),
        ("Gamma", 0),
    ]
    text = answer.content.decode()
    assert text.index("Online") < text.index("Silent") < text.index("Stopped")


def test_queries_of_the_list_do_not_grow(client, admin, django_assert_max_num_queries):
    for _ in range(20):
        used(factories.server(), 2)
    with django_assert_max_num_queries(7):
        client.get(reverse("devices:servers"))


def test_the_zones_monitor_looks_at_servers_and_changes_nothing(client):
    server = factories.server()
    client.force_login(factories.person(Role.MONITOR), backend=BACKEND)
    text = client.get(server.get_absolute_url()).content.decode()
    assert "Rename" not in text
    for name in ("server_rename", "server_delete", "server_runs_on"):
        assert client.post(reverse(f"devices:{name}", args=[server.pk])).status_code == 403


def test_a_name_is_changed_and_its_queue_stays(client, admin):
    server = factories.server("Old")
    address = reverse("devices:server_rename", args=[server.pk])
    answer = client.post(address, {"name": "New"}, **HTMX)
    assert answer["HX-Redirect"] == server.get_absolute_url()
    server.refresh_from_db()
    assert (server.name, server.queue) == ("New", "zcc.old")
    assert AuditEntry.objects.get(verb="server.rename").old == {"name": "Old"}


def test_a_taken_name_is_refused(client, admin):
    factories.server("Taken")
    address = reverse("devices:server_rename", args=[factories.server("Old").pk])
    answer = client.post(address, {"name": "taken"}, **HTMX)
    assert answer.status_code == 422
    assert Server.objects.filter(name="Old").exists()


@pytest.mark.parametrize(
    "fields", [{"host_name": "srv-1.example.org"}, {"name": "SRV-1"}, {"host_name": "srv-1.lan"}]
)
def test_the_device_it_runs_on_is_proposed_by_its_host_name(client, admin, fields):
    server = factories.server(host_name="SRV-1.example.org")
    factories.device("other", host_name="srv-10.example.org")
    device = factories.device(**fields)
    assert services.proposed_device(server) == device
    assert "It seems to run on" in client.get(server.get_absolute_url()).content.decode()


def test_two_devices_of_that_name_are_no_proposal():
    server = factories.server(host_name="srv-1.example.org")
    factories.device("a", host_name="srv-1.example.org")
    factories.device("b", host_name="srv-1.example.org")
    assert services.proposed_device(server) is None
    assert services.proposed_device(factories.server()) is None


def test_a_person_confirms_the_device_and_may_take_it_back(client, admin):
    server, device = factories.server("Alpha"), factories.device("SRV")
    address = reverse("devices:server_runs_on", args=[server.pk])
    client.post(address, {"device": device.pk}, **HTMX)
    server.refresh_from_db()
    assert server.device == device
    assert AuditEntry.objects.get(verb="server.runs-on").new == {"runs on": "SRV"}
    client.post(address, {"device": ""}, **HTMX)
    server.refresh_from_db()
    assert server.device is None


def test_a_server_in_use_cannot_be_deleted_and_says_by_how_many(client, admin):
    server = factories.server("Alpha")
    used(server, 2)
    answer = client.post(reverse("devices:server_delete", args=[server.pk]), **HTMX)
    assert answer.status_code == 422
    assert "2 devices use Alpha." in answer.content.decode()


def test_an_online_server_would_come_back_so_it_stays(client, admin):
    server = factories.server("Alpha", heartbeat_at=timezone.now())
    dialog = client.get(reverse("devices:server_delete", args=[server.pk]))
    assert "Alpha is online" in dialog.content.decode()


def test_an_unused_server_is_deleted(client, admin):
    server = factories.server("Alpha")
    answer = client.post(reverse("devices:server_delete", args=[server.pk]), **HTMX)
    assert answer["HX-Redirect"] == reverse("devices:servers")
    assert not Server.objects.exists()
    assert AuditEntry.objects.get(verb="server.delete").target_name == "Alpha"


def test_services_ask_for_the_right_themselves():
    server, operator = factories.server(), factories.person(Role.POWER_OPERATOR)
    with pytest.raises(PermissionDenied):
        services.rename_server(server=server, name="x", asked_by=operator)
    with pytest.raises(PermissionDenied):
        services.delete_server(server=server, asked_by=operator)


def test_the_look_up_finds_servers_by_name(client, admin):
    factories.server("Alpha"), factories.server("Beta")
    text = client.get(reverse("devices:server_lookup"), {"q": "alp"}).content.decode()
    assert text.count('name="choice"') == 1
    assert 'data-text="Alpha, silent"' in text
    text = client.get(reverse("devices:server_lookup"), {"q": "zzz"}).content.decode()
    assert "No server matches" in text


def test_devices_that_use_a_server_are_listed_as_far_as_one_may_see_them(client):
    server = factories.server()
    used(server, 2)
    client.force_login(factories.person(Role.MONITOR), backend=BACKEND)
    assert len(client.get(server.get_absolute_url()).context["page"].rows) == 2
