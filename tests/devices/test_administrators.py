"""Accounts, their roles, and what is left of them when somebody takes something away."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from devices.models import AuditEntry, User
from devices.models.rights import Right, Role, may, may_in
from tests.factories import folder, person, zone

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("devices:administrators"), reverse("devices:new_administrator")
NEW_PASSWORD = "staple-battery-42"


@pytest.fixture
def boss() -> User:
    return person()


@pytest.fixture
def browser(client, boss) -> Client:
    client.force_login(boss)
    return client


def at(name: str, pk: int) -> str:
    return reverse(f"devices:{name}", args=[pk])


def new_person(**fields) -> dict:
    values = {"username": "helen", "folder": zone().pk, "role": "monitor", **fields}
    return {name: value for name, value in values.items() if value is not None}


def test_list_shows_each_account_with_its_roles(browser):
    user = person(Role.POWER_OPERATOR, folder("Lab-7"))

    page = browser.get(LIST).text
    assert user.username in page
    assert "Power Operator in Lab-7" in page


def test_list_finds_user_names(browser):
    wanted, other = person(Role.MONITOR, folder()), person(Role.POWER_OPERATOR, folder())

    page = browser.get(LIST, {"q": wanted.username[:9] + "\0"}).text
    assert wanted.username in page
    assert other.username not in page


def test_list_costs_the_same_with_more_accounts(browser, django_assert_num_queries):
    browser.get(LIST)
    with django_assert_num_queries(8):
        browser.get(LIST)
    for _ in range(5):
        person(Role.MONITOR, folder())
    with django_assert_num_queries(8):
        browser.get(LIST)


def test_new_person_gets_a_link_once_and_no_password(browser, boss):
    lab = folder("Lab-1")
    answer = browser.post(
        NEW, new_person(folder=lab.pk, role="power-operator", rights=["power-on"])
    )

    user = User.objects.get(username="helen")
    assert not user.has_usable_password()
    assert [right for right in Right if may_in(user, right, lab)] == [
        Right.VIEW, Right.POWER_ON, Right.READ_STATE,
    ]  # fmt: skip
    link = re.search(r"http://testserver(/sign-in/[^\"]+)", answer.text)[1]
    visitor = Client()
    passwords = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert visitor.post(link, passwords).status_code == 302
    assert link not in browser.get(at("person", user.pk)).text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"username": ""}, "User name is needed."),
        ({"username": "a b"}, "User name: letters, digits and the characters"),
        ({"role": "king"}, "&quot;king&quot; is none of its choices"),
        ({"folder": 0}, "is none of its choices"),
        ({"rights": ["administrate"]}, "&quot;administrate&quot; is none of its choices"),
        ({"email": "x"}, "E-mail: it takes an address like"),
    ],
)
def test_refused_person_names_the_field(browser, fields, sentence):
    answer = browser.post(NEW, new_person(**fields))

    assert answer.status_code == 422
    assert sentence in answer.text


def test_user_names_that_differ_in_capitals_only_are_refused(browser, boss):
    answer = browser.post(NEW, new_person(username=boss.username.upper()))

    assert answer.status_code == 422
    assert "Somebody already has this user name." in answer.text


def test_disabled_person_is_out_and_can_come_back(browser):
    user = person(Role.MONITOR)
    assert browser.post(at("disable_person", user.pk)).status_code == 302
    user.refresh_from_db()
    assert not user.is_active

    assert browser.post(at("enable_person", user.pk)).status_code == 302
    user.refresh_from_db()
    assert user.is_active


def test_last_administrator_cannot_be_disabled(browser, boss):
    person(Role.ADMINISTRATOR, folder())  # of a folder: does not count

    answer = browser.post(at("disable_person", boss.pk))

    assert answer.status_code == 422
    assert "last enabled Administrator of the zone" in answer.text
    boss.refresh_from_db()
    assert boss.is_active


def test_last_administrator_cannot_be_demoted(browser, boss):
    row = boss.assignments.get()

    answer = browser.post(at("change_role", row.pk), {"role": "monitor"})
    assert answer.status_code == 422
    assert "last enabled Administrator of the zone" in answer.text
    assert browser.post(at("remove_role", row.pk)).status_code == 422
    row.refresh_from_db()
    assert row.role == Role.ADMINISTRATOR


def test_disabled_administrator_does_not_count_as_one(browser, boss):
    other = person()
    browser.post(at("disable_person", other.pk))

    assert browser.post(at("disable_person", boss.pk)).status_code == 422


def test_one_of_two_administrators_can_go(browser):
    other = person()

    assert browser.post(at("remove_role", other.assignments.get().pk)).status_code == 302
    assert not may(User.objects.get(pk=other.pk), Right.ADMINISTRATE)


def test_reset_ends_password_and_sessions_and_shows_a_link(browser):
    user, theirs = person(Role.MONITOR), Client()
    theirs.force_login(user)

    answer = browser.post(at("reset_person", user.pk))

    assert "/sign-in/" in answer.text
    assert theirs.get(reverse("devices:preferences")).status_code == 302
    user.refresh_from_db()
    assert not user.has_usable_password()


def test_role_is_added_changed_and_removed(browser):
    user, lab = person(Role.MONITOR), folder("Lab-3")
    data = {"folder": lab.pk, "role": "power-operator", "rights": ["power-on", "send-anyway"]}
    answer = browser.post(at("assign_role", user.pk), data)
    assert answer.headers["HX-Redirect"] == at("person", user.pk)

    row = user.assignments.get(folder=lab)
    assert row.rights == {"view", "read-state", "power-on", "send-anyway"}
    browser.post(at("change_role", row.pk), {"role": "monitor", "rights": ["power-on"]})
    row.refresh_from_db()
    assert (row.rights, row.without) == ({"view"}, [])
    browser.post(at("remove_role", row.pk))
    assert not user.assignments.filter(folder=lab).exists()


def test_form_of_a_role_shows_what_is_held(browser):
    row = person(Role.POWER_OPERATOR, folder(), without=("power-off",)).assignments.get()

    page = browser.get(at("change_role", row.pk)).text
    ticked = set(re.findall(r'value="([\w-]+)"[^>]* checked', page))
    assert ticked == {"power-operator", "power-on", "power-reset", "power-cycle"}


def test_person_page_says_what_is_really_allowed(browser):
    above = folder("Lab-1")
    user = person(Role.POWER_OPERATOR, above)
    below = folder("Lab-1-left", below=above)
    user.assignments.create(folder=below, role=Role.POWER_OPERATOR, without=["power-off"])

    page = browser.get(at("person", user.pk)).text
    real = page[page.index("may really do") :]
    lines = re.findall(r"<tr><td>([^<]+)</td><td>([^<]+)</td><td>([^<]+)</td>", real)
    assert [line[0] for line in lines] == ["Lab-1", "Lab-1-left"]
    assert "Power Off" in lines[0][1]
    assert "Power Off" not in lines[1][1]
    assert lines[1][2] == "Power Off"


def test_renaming_is_audited_with_old_and_new(browser):
    user = person(Role.MONITOR)
    data = {"username": user.username, "first_name": "Ada", "last_name": "", "email": ""}
    assert browser.post(at("edit_person", user.pk), data).status_code == 200

    entry = AuditEntry.objects.get(verb="person.change")
    assert (entry.old, entry.new) == ({"first_name": ""}, {"first_name": "Ada"})


@pytest.mark.parametrize("role", [Role.POWER_OPERATOR, Role.MONITOR])
def test_others_may_not_look_at_accounts(client, role):
    user = person(role)
    client.force_login(user)

    answer = client.get(at("person", user.pk))
    assert answer.status_code == 403
    assert "Administrators, servers, audit" in answer.text


def test_administrator_of_a_folder_administrates_no_accounts(client):
    client.force_login(person(Role.ADMINISTRATOR, folder()))

    assert client.get(LIST).status_code == 403
