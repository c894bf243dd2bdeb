"""Write rows that a query makes: one statement, however many there are.

A statement is built once and run as often as there are values for it: building it takes Django
longer than a small one runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.models import DateTimeField, Expression, Func

from devices.models.lookups import keys_parameter


@dataclass(frozen=True)
class Slot:
    """A parameter whose value comes when the statement is run."""

    name: str
    prepare: Callable[[Any], Any]


def keys(name: str) -> Slot:
    """Return a slot for the right side of ``among``: a list of primary keys."""
    return Slot(name, keys_parameter)


class Later(Expression):
    """A value that comes when the statement is run."""

    def __init__(self, name: str, output_field: "models.Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Return a place for it."""
        field = self.output_field
        return "%s", [Slot(self.name, lambda value: field.get_db_prep_value(value, connection))]


class InsertSelect:
    """``INSERT INTO model (columns) SELECT … FROM rows``.

    ``columns`` has an expression over ``rows`` for each field by its name; the others must have
    a default in the database or be nullable. No signal is sent and no ``save`` is called.
    """

    def __init__(
        self, model: type[models.Model], columns: Mapping[str, Any], rows: models.QuerySet[Any]
    ) -> None:
        fields: list[Any] = [model._meta.get_field(name) for name in columns]
        named = {f"column_{number}": each for number, each in enumerate(columns.values())}
        selected = rows.order_by().annotate(**named).values_list(*named)
        query, self._parameters = selected.query.sql_with_params()
        quote = connection.ops.quote_name
        names = ", ".join(quote(field.column) for field in fields)
        self._statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) {query}"

    def run(self, **values: Any) -> int:
        """Write the rows and return their number."""
        given = [
            each.prepare(values[each.name]) if isinstance(each, Slot) else each
            for each in self._parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._statement, given)
            return int(cursor.rowcount)


class AfterSeconds(Func):
    """A time so many seconds after another: ``AfterSeconds(time, seconds)``."""

    output_field = DateTimeField()
    arity = 2

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(%(expressions)s)"
        return self.as_sql(
            compiler, connection, template=template, arg_joiner=" + interval '1 second' * "
        )

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "strftime('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', %(expressions)s || ' seconds')"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", ")
