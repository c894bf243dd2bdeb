"""Answers for those who watch the process: is it alive, and may it get requests?

They come before everything else: a probe has no session and calls the process by any host name.
"""

from collections.abc import Callable
from functools import cache

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


def probes(get_response: Handler) -> Handler:
    """Answer /healthz and /readyz."""

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = ANSWERS.get(request.path)
        return answer() if answer else get_response(request)

    return middleware


def alive() -> HttpResponse:
    """Say that the process answers."""
    return _plain(200, "ok")


def ready() -> HttpResponse:
    """Say whether the database answers and has the tables of this version.

    The broker is not asked: while it is away, orders wait in their rows.
    """
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return _plain(200, "ok") if is_migrated() else _plain(503, "migrations are missing")
    except Error:
        connection.close()
        return _plain(503, "the database does not answer")


def is_migrated() -> bool:
    """Return whether all migrations of this version are there; once they are, they stay."""
    if missing():
        missing.cache_clear()
        return False
    return True


@cache
def missing() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _plain(status: int, text: str) -> HttpResponse:
    answer = HttpResponse(f"{text}\n", content_type="text/plain", status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


ANSWERS = {"/healthz": alive, "/readyz": ready}
