"""What a command finds in the database before it begins."""

from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


def prepare() -> None:
    """Make the tables of a new installation; refuse one that is of another version.

    Raises:
        CommandError: the database cannot be reached, or has to be brought up to date first.
    """
    if connection.vendor == "sqlite":
        Path(settings.DATA_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"The database cannot be reached: {error}".strip()) from None
    if not executor.loader.applied_migrations:
        call_command("migrate", verbosity=0)
    elif plan:
        raise CommandError("The database is of an older version: run `manage.py migrate` first.")
