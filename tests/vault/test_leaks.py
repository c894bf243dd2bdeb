"""No password leaves the vault: not into rows, pages, logs, crash reports or messages."""

import logging
import sys
from io import StringIO

import pytest
from django.core import serializers
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse
from django.views.debug import technical_500_response

from tests import factories
from vault import crypto, forms, keys, services
from vault.models import Credential
from vault.views import editing

PASSWORD = "Zebra-Crossing-77"
OTHER = "Zebra-Crossing-88"
BOTH = {"password": PASSWORD, "password_again": PASSWORD}
NEW = {"name": "ME Labs", "login_name": "admin", "folder": "", "description": "", **BOTH}
HTMX = {"HTTP_HX_REQUEST": "true"}


class Broken(Exception):
    pass


@pytest.fixture
def keeper(client, db):
    client.force_login(factories.person())
    return client


def dump():
    """Return every value of every table, text as it is and bytes as bytes."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                found += [bytes(v) if isinstance(v, memoryview) else v for v in row]
    return b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in found)


def test_a_dump_of_the_database_holds_no_password_and_no_key(keeper, ring):
    keeper.post(reverse("vault:new"), NEW, **HTMX)
    kept = Credential.objects.get()
    services.change_password(credential=kept, password=OTHER, by=None)
    key = keys.parse(ring.read_text(), "ring").popitem()[1]

    everything = dump()

    assert b"ME Labs" in everything
    for secret in (PASSWORD.encode(), OTHER.encode(), key, PASSWORD.encode().hex().encode()):
        assert secret not in everything


def test_no_page_shows_a_password(keeper):
    keeper.post(reverse("vault:new"), NEW, **HTMX)
    kept = Credential.objects.get()
    pages = [reverse(f"vault:{name}") for name in ("credentials", "panel", "new", "lookup")]
    own = ("credential", "where_used", "edit", "change_password", "delete")
    pages += [reverse(f"vault:{name}", args=[kept.pk]) for name in own]

    for page in pages:
        response = keeper.get(page, **HTMX)
        assert response.status_code == 200
        assert PASSWORD.encode() not in response.content


def test_a_crash_in_the_form_is_reported_without_the_password(keeper, settings, monkeypatch, rf):
    report = crash(monkeypatch, rf, forms.PasswordForm, "clean")

    assert "Broken" in report
    assert PASSWORD not in report


def test_a_crash_in_the_crypto_is_reported_without_the_password(keeper, monkeypatch, rf):
    report = crash(monkeypatch, rf, crypto, "key_label")

    assert "Broken" in report
    assert PASSWORD not in report


def test_a_crash_in_the_database_is_reported_without_the_password(keeper, monkeypatch, rf):
    report = crash(monkeypatch, rf, services.audit, "record")

    assert "Broken" in report
    assert PASSWORD not in report


def crash(monkeypatch, rf: RequestFactory, place, name):
    """Let ``place.name`` fail in a view that holds a password; return the page of the crash."""

    def fail(*args, **kwargs):
        raise Broken

    monkeypatch.setattr(place, name, fail)
    request = rf.post(reverse("vault:new"), NEW)
    request.user = factories.person()
    request.htmx = True
    try:
        editing.new(request)
    except Broken:
        return technical_500_response(request, *sys.exc_info()).content.decode()
    raise AssertionError("nothing crashed")


def test_a_crash_while_revealing_is_reported_without_the_password(db, monkeypatch, rf):
    kept = factories.credential(password=PASSWORD)

    def fail(*args):
        raise Broken

    try:
        texts = crypto.reveal(kept.secrets.all())
        assert list(texts.values()) == [PASSWORD]
        del texts
        monkeypatch.setattr(crypto, "unlock", fail)
        crypto.reveal(kept.secrets.all())
    except Broken:
        report = technical_500_response(rf.get("/"), *sys.exc_info()).content.decode()

    assert "Broken" in report
    assert PASSWORD not in report


def test_the_log_of_a_crash_holds_no_password(keeper, monkeypatch):
    keeper.raise_request_exception = False
    written = StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    monkeypatch.setattr(services.audit, "record", crypto.unlock)  # fails: wrong arguments
    try:
        response = keeper.post(reverse("vault:new"), NEW, **HTMX)
    finally:
        logging.getLogger().removeHandler(handler)

    assert response.status_code == 500
    assert "Traceback" in written.getvalue()
    assert PASSWORD not in written.getvalue() + response.content.decode()


def test_reprs_and_serialized_rows_hold_no_password(db):
    secret = factories.credential(password=PASSWORD).secrets.get()
    form = forms.PasswordForm(BOTH)
    form.is_valid()

    told = repr(secret) + repr(secret.wrapped_keys.get()) + repr(crypto.key_ring()) + repr(form)
    told += serializers.serialize("json", [secret])

    assert PASSWORD not in told
