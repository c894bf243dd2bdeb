"""Write rows that a query makes: one statement, however many there are."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, models
from django.db.models import DateTimeField, Func


def insert_select(
    model: type[models.Model], columns: Mapping[str, Any], rows: models.QuerySet[Any]
) -> int:
    """Insert a row of ``model`` for each of ``rows`` and return their number.

    ``columns`` has an expression over ``rows`` for each field by its name; the others must have
    a default in the database or be nullable. No signal is sent and no ``save`` is called. To be
    called in a transaction.
    """
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    named = {f"column_{number}": each for number, each in enumerate(columns.values())}
    selected = rows.order_by().annotate(**named).values_list(*named)
    query, parameters = selected.query.sql_with_params()
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) {query}"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL jit = off")  # it takes longer to compile than to run
        cursor.execute(statement, parameters)
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
