"""The search of the bar, and Find a PC."""

import pytest
from django.urls import reverse
from django.utils import timezone

from devices.models import Job
from devices.models.rights import Role
from devices.services.find import find
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
BACKEND = "django.contrib.auth.backends.ModelBackend"


def job(title: str, user=None) -> Job:
    return Job.objects.create(
        kind=Job.Kind.POWER,
        task="power.tasks.none",
        title=title,
        asked_by=user,
        asked_by_name=str(user or "somebody"),
        expires_at=timezone.now(),
    )


def found(user, text: str) -> dict[str, list[str]]:
    return {
        group.title: [str(row[0] if isinstance(row, tuple) else row) for row in group.rows]
        for group in find(user, text)
    }


def test_a_search_finds_devices_folders_tasks_settings_and_servers():
    factories.device("Power-PC", factories.folder("Power room"))
    factories.server("Power sender")
    job("Power Off")
    groups = found(factories.person(), "power")
    assert list(groups) == ["Devices", "Folders", "Tasks", "Settings", "Servers"]
    assert groups["Devices"] == ["Power-PC"]
    assert groups["Folders"] == ["Power room"]


def test_a_search_shows_nobody_what_is_not_theirs():
    lab, other = factories.folder("PC lab"), factories.folder("PC other")
    factories.device("PC-1", lab), factories.device("PC-2", other)
    factories.server("PC sender")
    job("PC work of others")
    user = factories.person(Role.POWER_OPERATOR, lab)
    job("PC work", user)
    assert found(user, "pc") == {
        "Devices": ["PC-1"],
        "Folders": ["PC lab"],
        "Tasks": ["PC work, 0 devices"],
    }


def test_credentials_are_found_by_those_who_may_use_them():
    factories.credential("ME Labs")

    assert found(factories.person(), "labs") == {"Credentials": ["ME Labs"]}
    assert found(factories.person(Role.MONITOR), "labs") == {}


def test_a_task_is_found_by_its_number():
    wanted = job("Reset")
    job("Power Off")
    for text in (str(wanted.pk), f"task {wanted.pk}", f"#{wanted.pk}"):
        assert found(factories.person(), text)["Tasks"] == ["Reset, 0 devices"]


@pytest.mark.parametrize("text", ["", "   ", "\0", "zzz"])
def test_nothing_is_found_by_nothing(client, text):
    user = factories.person()
    client.force_login(user, backend=BACKEND)
    assert client.get(reverse("devices:search"), {"q": text}).status_code == 200
    assert find(user, text) == []


def test_the_bar_gets_a_short_list_and_the_page_all(client):
    for number in range(8):
        factories.device(f"PC-{number}")
    client.force_login(factories.person(), backend=BACKEND)
    short = client.get(reverse("devices:search"), {"q": "pc"}, **HTMX)
    assert "<html" not in short.content.decode()
    assert len(short.context["groups"][0].rows) == 5
    page = client.get(reverse("devices:search"), {"q": "pc"})
    assert len(page.context["groups"][0].rows) == 8


def test_queries_of_a_search_do_not_grow(client, django_assert_max_num_queries):
    for number in range(20):
        factories.device(f"PC-{number}", factories.folder(f"PC {number}"))
    client.force_login(factories.person(), backend=BACKEND)
    with django_assert_max_num_queries(10):
        client.get(reverse("devices:search"), {"q": "pc"}, **HTMX)


# Find a PC


def test_one_match_is_opened_at_once(client):
    lab = factories.folder("Lab")
    device = factories.device("LAB-018", lab, serial_number="S77")
    factories.device("LAB-019", lab), factories.device("OTHER-018")
    client.force_login(factories.person(Role.POWER_OPERATOR, lab), backend=BACKEND)
    answer = client.get(reverse("devices:find"), {"q": "s77"})
    assert answer.context["opened"] == device
    assert "2 PCs in your folders: Lab" in answer.content.decode()


def test_of_several_matches_none_is_opened_until_one_is_chosen(client):
    lab = factories.folder("Lab")
    first, second = factories.device("LAB-018", lab), factories.device("LAB-118", lab)
    hidden = factories.device("OTHER-018")
    client.force_login(factories.person(Role.POWER_OPERATOR, lab), backend=BACKEND)
    answer = client.get(reverse("devices:find"), {"q": "18"}, **HTMX)
    assert (answer.context["rows"], answer.context["opened"]) == ([first, second], None)
    answer = client.get(reverse("devices:find"), {"q": "18", "pc": second.pk}, **HTMX)
    assert answer.context["opened"] == second
    answer = client.get(reverse("devices:find"), {"q": "18", "pc": hidden.pk}, **HTMX)
    assert answer.context["opened"] is None


def test_no_match_says_among_how_many(client):
    lab = factories.folder("Lab")
    factories.device("A", lab)
    client.force_login(factories.person(Role.POWER_OPERATOR, lab), backend=BACKEND)
    text = client.get(reverse("devices:find"), {"q": "zzz"}, **HTMX).content.decode()
    assert "None of the 1 PCs in your folders matches" in text


def test_queries_of_find_are_few(client, django_assert_max_num_queries):
    lab = factories.folder("Lab")
    for number in range(15):
        factories.device(f"PC-{number}", lab)
    client.force_login(factories.person(Role.POWER_OPERATOR, lab), backend=BACKEND)
    with django_assert_max_num_queries(10):
        client.get(reverse("devices:find"), {"q": "pc"})
