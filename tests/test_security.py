"""What every answer carries, what cookies are allowed, what a production start is checked for."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import reverse

from devices.views.errors import bad_request, server_error
from tests.factories import PASSWORD, person

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent
PAGES = ["devices:home", "devices:preferences", "devices:administrators", "devices:audit"]
HTMX = {"HX-Request": "true"}


def nonce_of(answer) -> str:
    return re.search(r"'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])[1]


@pytest.mark.parametrize("name", [*PAGES, "devices:sign_in"])
def test_every_page_has_a_policy_with_its_own_nonce(client, name):
    if name != "devices:sign_in":
        client.force_login(person())
    first, second = client.get(reverse(name)), client.get(reverse(name))

    policy = first.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self' 'nonce-" in policy
    assert nonce_of(first) != nonce_of(second)
    assert set(re.findall(r'<script[^>]*nonce="([^"]*)"', first.text)) == {nonce_of(first)}


@pytest.mark.parametrize("name", [*PAGES, "devices:sign_in"])
def test_no_page_needs_what_the_policy_forbids(client, name):
    if name != "devices:sign_in":
        client.force_login(person())
    page = client.get(reverse(name)).text

    assert not re.search(r"<[^>]+\sstyle=", page)
    assert not re.search(r"<[^>]+\son\w+=", page)
    assert not re.search(r"hx-on", page)
    assert not re.search(r'(src|href)="(https?:)?//', page)
    for script in re.findall(r"<script[^>]*>", page):
        assert "nonce=" in script or 'type="application/json"' in script or "src=" in script


@pytest.mark.parametrize(
    ("path", "status"), [("/no/such/page/", 404), ("/configuration/administrators/77/", 404)]
)
def test_page_that_is_not_there_is_ours_and_safe(client, path, status):
    client.force_login(person())
    answer = client.get(path)

    assert answer.status_code == status
    assert "Nothing here" in answer.text
    assert set(re.findall(r'<script[^>]*nonce="([^"]*)"', answer.text)) == {nonce_of(answer)}


def test_fault_of_ours_is_told_without_a_query(django_assert_num_queries):
    request = RequestFactory().get("/")
    request.csp_nonce = "abc"
    with django_assert_num_queries(0):
        fault, damaged = server_error(request), bad_request(request, ValueError("x"))

    assert (fault.status_code, damaged.status_code) == (500, 400)
    assert "zcc made a mistake" in fault.text
    assert 'nonce="abc"' in fault.text


def test_fault_of_ours_does_not_tell_its_text(client, monkeypatch):
    monkeypatch.setattr("devices.views.people.PreferencesForm", None)
    client.force_login(person())
    client.raise_request_exception = False

    answer = client.get(reverse("devices:preferences"))
    assert answer.status_code == 500
    assert "NoneType" not in answer.text


def test_wrong_host_is_refused(client):
    answer = client.get("/sign-in/", headers={"Host": "evil.example"})

    assert answer.status_code == 400
    assert "could not be read" in answer.text


def test_part_asked_for_without_a_session_sends_the_whole_page_to_the_sign_in(client):
    answer = client.get(
        reverse("devices:home"), headers={**HTMX, "HX-Current-URL": "http://testserver/tasks/"}
    )

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in/?next=%2Ftasks%2F"
    assert "password" not in answer.text


def test_page_and_part_of_one_address_are_kept_apart(client):
    client.force_login(person())
    answer = client.get(reverse("devices:preferences"))

    assert "HX-Request" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_frames_and_sniffing_are_forbidden(client):
    headers = client.get("/sign-in/").headers

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_session_cookie_is_not_for_scripts_and_ends(client):
    user = person()
    answer = client.post("/sign-in/", {"username": user.username, "password": PASSWORD})

    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert 0 < cookie["max-age"] <= 24 * 3600
    assert PASSWORD not in answer.text


def test_sign_in_makes_a_new_session(client):
    """A session that was planted before must not become the person's."""
    client.get("/sign-in/")
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    user = person()
    client.post("/sign-in/", {"username": user.username, "password": PASSWORD})

    assert client.session.session_key != before


def test_form_without_a_token_is_refused_also_at_the_sign_in():
    user = person()
    browser = Client(enforce_csrf_checks=True)

    answer = browser.post("/sign-in/", {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 403
    assert PASSWORD not in answer.text


def test_passwords_of_people_are_hashed_slowly_outside_tests():
    from zcc import settings as product

    assert "Argon2" in product.PASSWORD_HASHERS[0]
    assert settings.AUTH_USER_MODEL == "devices.User"


def production(tmp_path: Path, **more: str) -> dict[str, str]:
    """Return the environment of a console behind https."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZCC_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return {**kept, "ZCC_DATA_DIR": str(tmp_path), "ZCC_HTTPS": "1", **more}


def run(code_or_args: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *code_or_args],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_deployment_check_finds_nothing(tmp_path):
    env = production(tmp_path, ZCC_ALLOWED_HOSTS="zcc.example.org")
    done = run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], env)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


def test_behind_https_cookies_are_secure_and_http_is_redirected(tmp_path):
    code = """
import django; django.setup()
from django.conf import settings
from django.test import Client
print(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.DEBUG)
plain = Client().get("/sign-in/", headers={"host": "localhost"})
print(plain.status_code, plain.url)
"""
    env = production(tmp_path, DJANGO_SETTINGS_MODULE="zcc.settings", ZCC_STATIC_FROM_SOURCE="1")
    done = run(["-c", code], env)

    assert done.stdout.split("\n")[:2] == ["True True False", "301 https://localhost/sign-in/"]


def test_secret_key_is_made_once_and_is_nobody_elses(tmp_path):
    code = "from zcc import settings; print(settings.SECRET_KEY)"
    first, second = (run(["-c", code], production(tmp_path)).stdout for _ in range(2))

    assert first == second
    assert len(first.strip()) >= 50
    assert oct((tmp_path / "secret.key").stat().st_mode)[-3:] == "600"
