"""Probes are answered before everything else."""

import pytest
from django.db import connection
from django.test import Client

from zcc import health


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probe_needs_neither_session_nor_known_host_nor_https(db, settings, path):
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["zcc.example.org"]

    answer = Client().get(path, headers={"host": "10.1.2.3:8000"})

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert not answer.cookies


def test_other_addresses_go_on_to_the_console(db):
    assert Client().get("/healthz/x").status_code in (302, 404)


@pytest.mark.django_db(transaction=True)
def test_missing_migration_makes_it_not_ready_until_it_is_there():
    health.missing.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET app = 'gone' WHERE app = 'power'")
        try:
            before = Client().get("/readyz")
        finally:
            cursor.execute("UPDATE django_migrations SET app = 'power' WHERE app = 'gone'")

    assert (before.status_code, before.content) == (503, b"migrations are missing\n")
    assert Client().get("/readyz").status_code == 200
