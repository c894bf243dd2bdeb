"""Look-ups for many values at once: one parameter, however many there are."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, BigAutoField, BigIntegerField, ForeignKey, Lookup
from django.db.models.sql.compiler import SQLCompiler


class Among(Lookup):
    """``pk__among=[1, 2, …]``: like ``in`` for whole numbers, but as a single parameter.

    A list of a thousand parameters costs more to prepare than the statement to run.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*parameters, _parameter(self.rhs)]

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        among = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608
        return among, (*parameters, _parameter(self.rhs))


def keys_parameter(keys: Iterable[int]) -> Any:
    """Return primary keys as the parameter that ``among`` takes on this database."""
    return list(keys) if connection.vendor == "postgresql" else json.dumps(list(keys))


def _parameter(keys: Any) -> Any:
    """Return ``keys`` as a parameter; a slot of a statement that is run later stays one."""
    return keys_parameter(keys) if isinstance(keys, Iterable) else keys


for field in (AutoField, BigAutoField, BigIntegerField, ForeignKey):
    field.register_lookup(Among)
