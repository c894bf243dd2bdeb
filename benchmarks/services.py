"""A PostgreSQL database and a Redis number for one benchmark, dropped when it ends."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg
import redis as redis_client
from psycopg import sql

POSTGRES = os.environ.get("ZCC_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("ZCC_TEST_REDIS", "redis://127.0.0.1:6379")


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the address of an empty database."""
    name = f"zcc_test_{secrets.token_hex(6)}"
    with closing(psycopg.connect(POSTGRES, autocommit=True)) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{name}"))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def redis() -> Iterator[str]:
    """Yield the address of an empty Redis number."""
    for number in range(15, 0, -1):
        url = f"{REDIS}/{number}"
        with closing(redis_client.Redis.from_url(url)) as client:
            if client.dbsize():
                continue
            try:
                yield url
            finally:
                client.flushdb()
            return
    raise SystemExit("All numbers of Redis are in use.")


@contextmanager
def zone() -> Iterator[None]:
    """Be the console of an empty zone, with a database and a Redis number of its own."""
    with (
        postgres() as database,
        redis() as broker,
        tempfile.TemporaryDirectory(prefix="zcc-bench-") as place,
    ):
        os.environ.update(
            DJANGO_SETTINGS_MODULE="zcc.settings",
            ZCC_DATABASE_URL=database,
            ZCC_BROKER_URL=broker,
            ZCC_DATA_DIR=place,
            ZCC_PRACTICE="1",
            ZCC_SERVER_NAME="bench",
            ZCC_ITEMS_PER_CHUNK="1000",
            ZCC_LOG_LEVEL="ERROR",
            ZCC_STATIC_FROM_SOURCE="1",
        )
        django.setup()
        yield
        django.db.connections.close_all()
