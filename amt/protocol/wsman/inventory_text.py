"""Texts of an inventory from instances; what is absent or odd becomes an empty text or stays."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from amt.protocol.errors import AmtBadAnswer
from amt.protocol.wsman.instance import Instance

logger = logging.getLogger(__name__)

MOST_OF_A_KIND = 64  # memory modules, disks, certificates …
LARGEST = 2**64  # CIM has nothing above
Given = TypeVar("Given")
Facts = dict[str, dict[str, str]]  # text by name, by section
Answers = Mapping[str, Sequence[Instance]]  # by class


def first(answers: Answers, name: str) -> Instance:
    """Return the first instance of a class; an empty one, if there is none."""
    found = answers.get(name, ())
    return found[0] if found else Instance(name, {})


def each(
    answers: Answers, name: str, read: Callable[[Instance], dict[str, str]]
) -> list[dict[str, str]]:
    """Return what ``read`` makes of the instances of a class, the first ones if they are many."""
    return [safely(read, one) for one in answers.get(name, ())[:MOST_OF_A_KIND]]


def safely(read: Callable[[Given], dict[str, str]], given: Given) -> dict[str, str]:
    """Return what ``read`` makes of ``given``; nothing where that is so odd that it fails."""
    try:
        return read(given)
    except Exception:
        logger.warning("A part of an inventory could not be read", exc_info=True)
        return {}


def numbered(name: str, found: Sequence[dict[str, str]]) -> Facts:
    """Return sections of one kind; several are numbered from 1."""
    if len(found) == 1:
        return {name: found[0]}
    return {f"{name} {number}": facts for number, facts in enumerate(found[:MOST_OF_A_KIND], 1)}


def whole(found: Instance, name: str) -> int | None:
    """Return a whole number, None where it is absent or none."""
    try:
        number = found.integer_or_none(name)
    except AmtBadAnswer:
        return None
    return None if number is None or abs(number) > LARGEST else number


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
