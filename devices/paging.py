"""Pages of a list by key: page 200 costs what page 1 costs. No HTML here.

The place of a page is kept in the address: ``after`` or ``before`` a row, or ``at=last``. A row is
told by the values it is sorted by and its number in the list, so that "51-100 of 10,000" needs no
counting of what lies before.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Exists, F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan, LessThan
from django.http import QueryDict

M = TypeVar("M", bound=models.Model)
Orders = Mapping[str, Sequence[str]]
SIZES = (25, 50, 100)
DEFAULT_SIZE = 50
COUNTED = 10_000  # above it a count says "more than"
PLACE_NAMES = ("after", "before", "at")  # what an address says of the page, not of the list
DIALOG = "do"  # names a dialog of the page, which no other page of the list opens again
NEVER_NULL = (Coalesce, Count, Exists)  # annotations; others are taken for nullable


@dataclass(frozen=True)
class Key:
    """A column that rows are sorted by: a field, a field of a relation, or an annotation."""

    name: str
    field: "models.Field[Any, Any]"
    is_nullable: bool

    def value(self, row: models.Model) -> Any:
        """Return the row's own value."""
        value: Any = row
        for step in self.name.split("__"):
            value = None if value is None else getattr(value, step)
        return value

    def read(self, raw: Any) -> Any:
        """Return a value of an address as the column's type; ValidationError if it is none."""
        if isinstance(raw, str) and "\0" in raw:
            raise ValidationError("A value of the address has a NUL in it.")
        value = self.field.to_python(raw)
        self.field.run_validators(value)
        return value


@dataclass(frozen=True)
class Place:
    """Where a page begins (or ends, if it ``is_back``): at a row, or at an end of the list."""

    is_back: bool = False
    values: tuple[Any, ...] | None = None
    number: int = 0  # of that row; below 1 it is counted from the end

    def first(self, found: int, *, has_more: bool) -> int:
        """Return the number of the first of ``found`` rows."""
        if not self.is_back:
            return self.number + 1
        if not has_more:
            return 1
        return max(1, self.number - found) if self.number > 0 else self.number - found


@dataclass(frozen=True)
class Page(Generic[M]):
    """The rows of one page, where it stands, and the queries of the others (without "?")."""

    rows: list[M]
    sort: str  # as in the address: "name", "-name"
    size: int
    total: int  # exact up to COUNTED, else COUNTED + 1
    first: int  # number of the first row; below 1 it is counted from the end
    queries: Mapping[str, str]  # first, previous, next, last, size-25 …

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def total_text(self) -> str:
        return f"more than {COUNTED:,}" if self.total > COUNTED else f"{self.total:,}"

    @property
    def position_text(self) -> str:
        """Return "51-100 of 10,000", or "the last 50 of more than 10,000"."""
        if not self.rows:
            return "0"
        if self.first > 0:
            return f"{self.first:,}-{self.last:,} of {self.total_text}"
        if self.last >= -1:
            return f"the last {len(self.rows)} of {self.total_text}"
        return f"{-self.first:,}-{-self.last:,} from the end of {self.total_text}"

    @property
    def has_next(self) -> bool:
        return "next" in self.queries

    @property
    def has_previous(self) -> bool:
        return "previous" in self.queries

    @property
    def first_query(self) -> str:
        return self.queries.get("first", "")

    @property
    def previous_query(self) -> str:
        return self.queries.get("previous", "")

    @property
    def next_query(self) -> str:
        return self.queries.get("next", "")

    @property
    def last_query(self) -> str:
        return self.queries.get("last", "")

    @property
    def size_queries(self) -> list[tuple[int, str]]:
        """Return each number of rows a page may have, with the query that asks for it."""
        return [(size, self.queries[f"size-{size}"]) for size in SIZES]


def paginate(
    queryset: models.QuerySet[M],
    query: QueryDict,
    *,
    orders: Orders,
    default: str,
    total: int | None = None,
) -> Page[M]:
    """Return the page of ``queryset`` that the address asks for: one query for rows, one to count.

    ``orders`` maps the names that ``sort`` may have to columns, to which the primary key is added;
    ``default`` is such a name, with "-" before it for descending. ``total`` spares the count.
    """
    sort = sort_of(query, orders, default)
    keys = keys_of(queryset, orders[sort.removeprefix("-")])
    size = size_of(query)
    total = count(queryset) if total is None else total
    place = place_of(query, keys, total)
    wanted = (total % size or size) if place == _end(total) and total <= COUNTED else size
    rows_beyond = _ordered(queryset, keys, place, sort.startswith("-"))
    found = list(rows_beyond[: wanted + 1]) if total else []
    if place.values and not found:  # what was there is gone: begin again
        return paginate(queryset, changed(query), orders=orders, default=default, total=total)
    rows, has_more = found[:wanted], len(found) > wanted
    first = place.first(len(rows), has_more=has_more)
    if place.is_back:
        rows.reverse()
    ends = _ends(rows, keys, first, place, has_more)
    queries = {name: changed(query, **ends[name]).urlencode() for name in ends}
    queries |= {f"size-{n}": changed(query, size=str(n)).urlencode() for n in SIZES}
    return Page(rows, sort, size, total, first, queries)


def count(queryset: models.QuerySet[Any]) -> int:
    """Return the number of rows, or COUNTED + 1 if there are more, which costs no more."""
    rows = queryset.order_by().values("pk")
    return int(rows[: COUNTED + 1].count())


def sort_of(query: QueryDict, orders: Orders, default: str) -> str:
    """Return the order that the address asks for if it is one of ``orders``, else ``default``."""
    sort = query.get("sort", "")
    return sort if sort.removeprefix("-") in orders else default


def size_of(query: QueryDict) -> int:
    """Return the rows a page that the address asks for."""
    size = query.get("size", "")
    return int(size) if size in {str(n) for n in SIZES} else DEFAULT_SIZE


def changed(query: QueryDict, **names: str) -> QueryDict:
    """Return the query of the list's first page, with ``names`` set (an empty one is left out)."""
    new = query.copy()
    for name in (*PLACE_NAMES, DIALOG, *names):
        new.pop(name, None)
    for name, value in names.items():
        if value:
            new[name] = value
    return new


def keys_of(queryset: models.QuerySet[Any], names: Sequence[str]) -> list[Key]:
    """Return the columns of these names, and the primary key if it is not among them."""
    rest = [] if {"pk", "id"} & set(names) else ["pk"]
    return [_key(queryset, name) for name in (*names, *rest)]


def _key(queryset: models.QuerySet[Any], name: str) -> Key:
    if (annotation := queryset.query.annotations.get(name)) is not None:
        return Key(name, annotation.output_field, not isinstance(annotation, NEVER_NULL))
    options, is_nullable, field = queryset.model._meta, False, queryset.model._meta.pk
    for step in name.split("__"):
        field = options.pk if step == "pk" else options.get_field(step)
        is_nullable = is_nullable or field.null
        options = field.related_model._meta if field.is_relation else options
    return Key(name, field, is_nullable)


def place_of(query: QueryDict, keys: Sequence[Key], total: int) -> Place:
    """Return the place that the address names; the beginning if it names none that can be read."""
    if query.get("at") == "last":
        return _end(total)
    is_back = "before" in query
    try:
        raw = json.loads(base64.urlsafe_b64decode(query.get("before") or query.get("after") or ""))
        number, *values = raw
        read = tuple(key.read(value) for key, value in zip(keys, values, strict=True))
        return Place(is_back, read, int(number))
    except (ValueError, TypeError, ValidationError, OverflowError):
        return Place()


def _end(total: int) -> Place:
    return Place(True, None, 0 if total > COUNTED else total + 1)


def _ordered(
    queryset: models.QuerySet[M], keys: Sequence[Key], place: Place, is_descending: bool
) -> models.QuerySet[M]:
    """Return the rows beyond ``place``, the nearest first. Nulls stand last in either order."""
    is_up = is_descending == place.is_back
    if place.values is not None:
        queryset = queryset.filter(_beyond(keys, place.values, is_up, not place.is_back))
    order = []
    for key in keys:
        nulls: Any = {"nulls_first" if place.is_back else "nulls_last": key.is_nullable or None}
        order.append(F(key.name).asc(**nulls) if is_up else F(key.name).desc(**nulls))
    return queryset.order_by(*order)


def _beyond(
    keys: Sequence[Key], values: Sequence[Any], is_up: bool, nulls_beyond: bool
) -> Q | GreaterThan | LessThan:
    """Return the condition "beyond the row of these values"."""
    if not any(key.is_nullable for key in keys):
        names = Func(*(F(key.name) for key in keys), template="(%(expressions)s)")
        row = Func(*map(_value, keys, values), template="(%(expressions)s)")
        names.output_field = row.output_field = keys[0].field
        # One comparison of rows is what an index of these columns can answer.
        return GreaterThan(names, row) if is_up else LessThan(names, row)
    found, equal = Q(pk__in=[]), Q()
    for key, value in zip(keys, values, strict=True):
        found |= equal & _column_beyond(key.name, value, is_up, nulls_beyond)
        equal &= Q(**{f"{key.name}__isnull": True} if value is None else {key.name: value})
    return found


def _value(key: Key, value: Any) -> Value:
    return Value(value, output_field=key.field)


def _column_beyond(name: str, value: Any, is_up: bool, nulls_beyond: bool) -> Q:
    if value is None:
        return Q(pk__in=[]) if nulls_beyond else Q(**{f"{name}__isnull": False})
    beyond = Q(**{f"{name}__{'gt' if is_up else 'lt'}": value})
    return beyond | Q(**{f"{name}__isnull": True}) if nulls_beyond else beyond


def _ends(
    rows: Sequence[models.Model], keys: Sequence[Key], first: int, place: Place, has_more: bool
) -> dict[str, dict[str, str]]:
    """Return what is to be said in the address of each page that can be gone to."""
    if not rows:
        return {}
    before = has_more if place.is_back else place.values is not None
    after = has_more if not place.is_back else place.values is not None
    ends: dict[str, dict[str, str]] = {}
    if before:
        ends["first"] = {"after": ""}
        ends["previous"] = {"before": _told(rows[0], keys, first)}
    if after:
        ends["next"] = {"after": _told(rows[-1], keys, first + len(rows) - 1)}
        ends["last"] = {"at": "last"}
    return ends


def _told(row: models.Model, keys: Sequence[Key], number: int) -> str:
    """Return a row as an address tells it."""
    values = [number, *(key.value(row) for key in keys)]
    text = json.dumps(values, default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()
