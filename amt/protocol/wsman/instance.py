"""What a device said of one object: its properties, typed where our schema knows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from typing import Any, TypeVar

from amt.constants import BASE_AMT, BASE_CIM, BASE_IPS
from amt.protocol.errors import AmtBadAnswer

Number = TypeVar("Number", bound=IntEnum)
Value = Any  # str, int, bool, bytes, datetime, timedelta, Reference, a tuple or a dict of these
MOMENTS = (datetime, date, time, timedelta)
BASES = {"AMT": BASE_AMT, "CIM": BASE_CIM, "IPS": BASE_IPS}


def resource_uri(class_name: str) -> str:
    """Return the resource URI of a class, which is also the namespace of its elements."""
    try:
        return BASES[class_name.partition("_")[0]] + class_name
    except KeyError:
        raise ValueError(f"{class_name!r} is not a class of AMT, CIM or IPS.") from None


@dataclass(frozen=True, slots=True)
class Reference:
    """An endpoint reference: which object of which class."""

    class_name: str
    selectors: Mapping[str, str | Reference] = field(default_factory=dict)
    address: str = ""

    def __hash__(self) -> int:
        return hash((self.class_name, tuple(self.selectors.items())))


@dataclass(frozen=True, slots=True)
class Instance(Mapping[str, Value]):
    """The properties that were in the answer, and only those.

    A property that was there but empty is ``""``; an array is a tuple even with one element.
    Text that does not fit its type is kept as it came: the typed readers below refuse it by name.
    ``unknown`` names what our schema does not have; those values are plain text.
    """

    class_name: str
    properties: Mapping[str, Value]
    unknown: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> Value:
        return self.properties[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.properties)

    def __len__(self) -> int:
        return len(self.properties)

    def all(self, name: str) -> tuple[Value, ...]:
        """Return every value of a property: none, one or many."""
        value = self.properties.get(name, ())
        return value if isinstance(value, tuple) else (value,)

    def integer(self, name: str) -> int:
        """Return a whole number.

        Raises:
            AmtBadAnswer: it is absent or not a number.
        """
        value = self.integer_or_none(name)
        if value is None:
            raise unexpected(self.class_name, f"{name} is missing")
        return value

    def integer_or_none(self, name: str) -> int | None:
        """Return a whole number, None when it is absent or empty."""
        value = self._single(name)
        return None if value is None else as_integer(self.class_name, name, value)

    def member(self, name: str, numbers: type[Number]) -> Number | None:
        """Return the meaning of a number; None when it is absent or has none that we know."""
        value = self.integer_or_none(name)
        return next((member for member in numbers if member == value), None)

    def integers(self, name: str) -> tuple[int, ...]:
        """Return every value of a property as whole numbers."""
        return tuple(as_integer(self.class_name, name, value) for value in self.all(name))

    def text(self, name: str) -> str:
        """Return the text of a property, empty when it is absent."""
        value = self._single(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool | None:
        """Return a truth value, None when it is absent."""
        value = self._single(name)
        if isinstance(value, str):
            return {"true": True, "1": True, "false": False, "0": False}.get(value.lower())
        return None if value is None else bool(value)

    def _single(self, name: str) -> Value:
        """Return the first value that is not empty, None when there is none."""
        return next((value for value in self.all(name) if value != ""), None)


def as_integer(class_name: str, name: str, value: Value) -> int:
    """Return ``value`` as a whole number; text of digits counts, a truth value does not."""
    try:
        if isinstance(value, str | int) and not isinstance(value, bool):
            return int(value)
    except ValueError:
        pass
    raise unexpected(class_name, f"{name} is {value!r}, not a number")


def unexpected(class_name: str, what: str, *, may_have_been_obeyed: bool = False) -> AmtBadAnswer:
    """Return the error for an answer that is WS-Management but not what the class promises."""
    return AmtBadAnswer(
        reason="unexpected",
        detail=f"{class_name}: {what}",
        may_have_been_obeyed=may_have_been_obeyed,
    )
