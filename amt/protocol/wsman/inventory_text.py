"""Texts of an inventory from instances; what is absent or odd becomes an empty text or stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from amt.protocol.errors import AmtBadAnswer
from amt.protocol.wsman.instance import Instance

Facts = dict[str, dict[str, str]]  # text by name, by section
Answers = Mapping[str, Sequence[Instance]]  # by class


def first(answers: Answers, name: str) -> Instance:
    """Return the first instance of a class; an empty one, if there is none."""
    found = answers.get(name, ())
    return found[0] if found else Instance(name, {})


def each(
    answers: Answers, name: str, read: Callable[[Instance], dict[str, str]]
) -> list[dict[str, str]]:
    """Return what ``read`` makes of every instance of a class."""
    return [read(one) for one in answers.get(name, ())]


def numbered(name: str, found: Sequence[dict[str, str]]) -> Facts:
    """Return sections of one kind; several are numbered from 1."""
    if len(found) == 1:
        return {name: found[0]}
    return {f"{name} {number}": facts for number, facts in enumerate(found, 1)}


def whole(found: Instance, name: str) -> int | None:
    """Return a whole number, None where it is absent or none."""
    try:
        return found.integer_or_none(name)
    except AmtBadAnswer:
        return None


def meaning(found: Instance, name: str, meanings: Mapping[int, str]) -> str:
    """Return what a number means; itself where we do not know."""
    number = whole(found, name)
    return meanings.get(number, str(number)) if number is not None else found.text(name)


def text(found: Instance, name: str) -> str:
    """Return a text without what pads it."""
    return found.text(name).strip()


def yes(found: Instance, name: str) -> str:
    """Return yes or no."""
    value = found.flag(name)
    return "" if value is None else "yes" if value else "no"


def with_unit(number: int | None, unit: str) -> str:
    """Return "2,400 MHz"; nothing for 0, which firmware says of what it does not know."""
    return f"{number:,} {unit}" if number else ""
