"""Signing in and out, passwords, links, one's own settings."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from devices.models import AuditEntry, SignInLink, User
from devices.models.rights import Role
from devices.services import people
from tests.factories import PASSWORD, person

pytestmark = pytest.mark.django_db
SIGN_IN = reverse("devices:sign_in")
NEW = "staple-battery-42"


def sign_in(client: Client, user: User, password: str = PASSWORD, **more: str):
    return client.post(SIGN_IN, {"username": user.username, "password": password, **more})


def verbs() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_sign_in_page_can_be_opened_by_anybody(client):
    assert client.get(SIGN_IN).status_code == 200


def test_right_password_signs_in_and_is_audited(client):
    answer = sign_in(client, person())

    assert answer.status_code == 302
    assert is_signed_in(client)
    assert verbs() == ["person.sign_in"]


def test_wrong_password_is_refused_without_saying_what_was_wrong(client):
    answer = sign_in(client, person(), "nonsense")
    unknown = client.post(SIGN_IN, {"username": "nobody", "password": "nonsense"})

    assert answer.status_code == unknown.status_code == 422
    assert "do not fit together" in answer.text
    assert "do not fit together" in unknown.text
    assert "nonsense" not in answer.text


def test_refused_names_are_audited_only_if_they_exist(client):
    user = person()
    sign_in(client, user, "nonsense")
    client.post(SIGN_IN, {"username": "My-Secret-Typed-Here", "password": "x"})

    first, second = AuditEntry.objects.filter(verb="person.sign_in_refused").order_by("id")
    assert first.target_name == user.username
    assert second.target_name == ""


@pytest.mark.parametrize("name", ["a\0b", "x" * 10_000, "\N{PILE OF POO}", "", "' OR 1=1 --"])
def test_odd_names_are_refused_like_others(client, name):
    answer = client.post(SIGN_IN, {"username": name, "password": "\0"})

    assert answer.status_code == 422


def test_sessions_that_ended_are_cleared_away_at_a_sign_in(client, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    Client().force_login(person())
    time_machine.move_to(start + timedelta(days=2), tick=False)
    sign_in(client, person())

    assert Session.objects.count() == 1


def test_disabled_person_cannot_sign_in(client):
    user = person()
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert sign_in(client, user).status_code == 422


def test_open_session_of_a_disabled_person_ends(client):
    user = person()
    sign_in(client, user)
    User.objects.filter(pk=user.pk).update(is_active=False)

    answer = client.get(reverse("devices:preferences"))

    assert answer.status_code == 302
    assert answer.url.startswith(SIGN_IN)


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/", "//elsewhere.example", "javascript:1"]
)
def test_sign_in_leads_to_no_other_site(client, url):
    assert sign_in(client, person(), next=url).url == "/"


def test_sign_in_leads_to_the_page_that_was_wanted(client):
    wanted = reverse("devices:preferences")
    first = client.get(wanted)

    assert first.url == f"{SIGN_IN}?next={wanted}"
    assert f'value="{wanted}"' in client.get(first.url).text
    assert sign_in(client, person(), next=wanted).url == wanted


@pytest.mark.parametrize(
    ("role", "first"),
    [
        (Role.ADMINISTRATOR, "devices:home"),
        (Role.POWER_OPERATOR, "devices:find"),
        (Role.MONITOR, "devices:jobs"),
    ],
)
def test_day_begins_where_the_role_works(client, role, first):
    assert sign_in(client, person(role)).url == reverse(first)


def test_five_failures_lock_the_name_out_and_the_page_says_until_when(client):
    user = person()
    for _ in range(4):
        assert sign_in(client, user, "wrong").status_code == 422
    fifth = sign_in(client, user, "wrong")
    right = sign_in(client, user)

    assert fifth.status_code == right.status_code == 429
    assert "locked from your address for 15 more min" in fifth.text
    assert 0 < int(right.headers["Retry-After"]) <= 900
    assert not is_signed_in(client)
    assert verbs().count("person.lock_out") == 1


def test_lock_out_does_not_reach_other_names_or_addresses(client):
    user, other = person(), person()
    for _ in range(5):
        sign_in(client, user, "wrong")

    assert sign_in(client, other).status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere, user).status_code == 302


def test_lock_out_ends_by_itself_and_trying_does_not_prolong_it(client, time_machine):
    user = person()
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    for _ in range(5):
        sign_in(client, user, "wrong")
    time_machine.move_to(start + timedelta(minutes=14), tick=False)
    assert sign_in(client, user).status_code == 429

    time_machine.move_to(start + timedelta(minutes=16), tick=False)
    assert sign_in(client, user).status_code == 302


def test_no_password_is_kept_with_failures(client):
    sign_in(client, person(), "a-mistyped-secret")

    attempt = AccessAttempt.objects.get()
    assert "a-mistyped-secret" not in f"{attempt.post_data}{attempt.get_data}"


def test_sign_out_ends_the_session(client):
    client.force_login(person())

    answer = client.post(reverse("devices:sign_out"))

    assert answer.url == SIGN_IN
    assert not is_signed_in(client)
    assert "person.sign_out" in verbs()


def test_sign_out_by_a_link_on_another_site_does_nothing(client):
    client.force_login(person())

    assert client.get(reverse("devices:sign_out")).status_code == 405
    assert is_signed_in(client)


def change(client: Client, old: str = PASSWORD, new: str = NEW, again: str = NEW):
    data = {"old_password": old, "new_password1": new, "new_password2": again}
    return client.post(reverse("devices:change_password"), data)


def test_password_change_keeps_this_session_and_ends_the_others(client):
    user, other = person(), Client()
    client.force_login(user)
    other.force_login(user)

    assert change(client).status_code == 302
    page = reverse("devices:preferences")
    assert client.get(page).status_code == 200
    assert other.get(page).status_code == 302
    assert "person.change_password" in verbs()


@pytest.mark.parametrize(
    ("old", "new", "again", "sentence"),
    [
        ("wrong", NEW, NEW, "this is not the password until now"),
        (PASSWORD, "short", "short", "at least 12 characters"),
        (PASSWORD, NEW, NEW + "x", "both passwords must be equal"),
        (PASSWORD, "qwerty123456", "qwerty123456", "too common"),
    ],
)
def test_refused_password_names_the_rule_and_is_not_shown(client, old, new, again, sentence):
    client.force_login(person())

    answer = change(client, old, new, again)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{new}"' not in answer.text
    assert f'value="{old}"' not in answer.text


def test_whoever_must_change_the_password_gets_no_further(client):
    user = person()
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    client.force_login(user)
    page, wanted = reverse("devices:preferences"), reverse("devices:change_password")

    assert client.get(page).url == wanted
    assert client.get(page, headers={"HX-Request": "true"}).headers["HX-Redirect"] == wanted
    assert client.get(wanted).status_code == 200
    change(client)
    assert client.get(page).status_code == 200


def owner() -> User:
    """Return somebody without a password who does not have to choose one, as in a practice zone."""
    user = person()
    user.set_unusable_password()
    user.save()
    return user


def test_sign_in_link_signs_in_with_one_click_and_once(client):
    link = people.make_sign_in_link(owner())

    assert client.get(link).status_code == 302
    assert is_signed_in(client)
    assert Client().get(link).status_code == 410


def test_sign_in_link_ends_after_15_minutes(client, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    link = people.make_sign_in_link(owner())
    time_machine.move_to(start + timedelta(minutes=15, seconds=1), tick=False)

    assert client.get(link).status_code == 410
    assert not is_signed_in(client)


def test_newer_sign_in_link_ends_the_older(client):
    user = owner()
    old, new = people.make_sign_in_link(user), people.make_sign_in_link(user)

    assert client.get(old).status_code == 410
    assert client.get(new).status_code == 302


def test_sign_in_link_of_a_disabled_person_does_nothing(client):
    user = owner()
    link = people.make_sign_in_link(user)
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert client.get(link).status_code == 410


def test_sign_in_link_is_used_once_even_by_two_at_the_same_time():
    people.make_sign_in_link(owner())
    first = second = SignInLink.objects.get()

    assert people.use_sign_in_link(link=first)
    assert not people.use_sign_in_link(link=second)


def test_token_of_a_link_is_not_kept(client):
    token = people.make_sign_in_link(owner()).rstrip("/").rsplit("/", 1)[1]

    kept = [*SignInLink.objects.values().first().values(), *AuditEntry.objects.values_list("new")]
    assert token not in str(kept)


def test_head_request_does_not_use_a_link_up(client):
    link = people.make_sign_in_link(owner())

    assert client.head(link).status_code == 405
    assert client.get(link).status_code == 302


def test_link_of_a_new_person_survives_being_looked_at_and_ends_with_the_password(client):
    user = people.make_owner(username="owner")
    link = people.make_sign_in_link(user)
    assert client.get(link).status_code == 200
    assert not is_signed_in(client)

    assert client.post(link, {"new_password1": "a", "new_password2": "a"}).status_code == 422
    assert client.post(link, {"new_password1": NEW, "new_password2": NEW}).status_code == 302
    assert is_signed_in(client)
    assert client.get(reverse("devices:preferences")).status_code == 200
    assert Client().get(link).status_code == 410
    assert sign_in(Client(), user, NEW).status_code == 302


def test_owner_is_made_once_and_only_in_an_empty_zone():
    assert people.make_owner(username="owner")
    assert people.make_owner(username="second") is None


def test_command_prints_a_link_that_works(client, capsys):
    user = owner()
    call_command("sign_in_link", user.username, base="http://127.0.0.1:8000/")

    link = capsys.readouterr().out.strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/sign-in/[\w-]{43}/", link)
    assert client.get(link.removeprefix("http://127.0.0.1:8000")).status_code == 302


def test_command_refuses_an_unknown_name():
    with pytest.raises(CommandError, match="no enabled account"):
        call_command("sign_in_link", "nobody")


def test_own_time_zone_counts_on_every_page(client):
    user = person()
    client.force_login(user)
    data = {"time_zone": "Asia/Tokyo", "theme": "dark"}

    assert client.post(reverse("devices:preferences"), data).status_code == 302
    assert "Times are Asia/Tokyo" in client.get(reverse("devices:preferences")).text
    user.refresh_from_db()
    assert user.preferences == {"theme": "dark", "keys": False}


def test_unknown_time_zone_is_refused_by_name(client):
    client.force_login(person())

    answer = client.post(reverse("devices:preferences"), {"time_zone": "Mars", "theme": "dark"})

    assert answer.status_code == 422
    assert "&quot;Mars&quot; is none of its choices" in answer.text
