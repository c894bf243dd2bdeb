"""Look-ups for many values at once: one parameter, however many there are."""

import json
from typing import Any

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
        return f"{column} = ANY(%s)", [*parameters, list(self.rhs)]

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        values = json.dumps(list(self.rhs))
        among = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608
        return among, (*parameters, values)


for field in (AutoField, BigAutoField, BigIntegerField, ForeignKey):
    field.register_lookup(Among)
