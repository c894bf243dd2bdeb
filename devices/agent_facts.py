"""What an agent says of its PC, checked before any of it is kept. Everything in it is foreign."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from uuid import UUID

LENGTHS = {
    "serial_number": 100,
    "host_name": 255,
    "manufacturer": 100,
    "model": 100,
    "os_name": 100,
    "os_version": 100,
    "agent_version": 20,
}
MOST_ADDRESSES, MOST_PROGRAMS, LONGEST_PROGRAM = 64, 5_000, 200
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
MAC = re.compile(r"[0-9a-f]{12}")


class BadFacts(ValueError):
    """A field is not what it should be; the sentence names it."""


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """A report, checked."""

    uuid: UUID | None
    texts: Mapping[str, str]  # by the names of LENGTHS
    macs: list[str]
    addresses: list[str]
    software: list[list[str]]


def read_facts(told: object) -> AgentFacts:
    """Return a report's facts; fields that nobody knows are left out.

    Raises:
        BadFacts: a field has another type, is too long, or there are too many of its kind.
    """
    if not isinstance(told, dict):
        raise BadFacts("facts: not an object.")
    return AgentFacts(
        uuid=_uuid(told.get("uuid")),
        texts={name: _text(told, name, most) for name, most in LENGTHS.items()},
        macs=_list(told, "macs", _mac),
        addresses=_list(told, "addresses", _address),
        software=_software(told.get("software", [])),
    )


def _uuid(value: object) -> UUID | None:
    if value in (None, ""):
        return None
    try:
        return UUID(str(value)[:64])
    except ValueError:
        raise BadFacts("uuid: not a UUID.") from None


def _text(told: Mapping[str, Any], name: str, most: int) -> str:
    value = told.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadFacts(f"{name}: not text.")
    if len(value) > most:
        raise BadFacts(f"{name}: {len(value)} characters; {most} at most.")
    return CONTROL.sub(" ", value).strip()


def _list(told: Mapping[str, Any], name: str, read: Any) -> list[str]:
    values = told.get(name, [])
    if not isinstance(values, list):
        raise BadFacts(f"{name}: not a list.")
    if len(values) > MOST_ADDRESSES:
        raise BadFacts(f"{name}: {len(values)} of them; {MOST_ADDRESSES} at most.")
    return list(dict.fromkeys(read(value) for value in values))


def _mac(value: object) -> str:
    plain = re.sub(r"[:.-]", "", value.lower()) if isinstance(value, str) else ""
    if not MAC.fullmatch(plain):
        raise BadFacts("macs: one is not a MAC address.")
    return plain


def _address(value: object) -> str:
    try:
        return str(ip_address(str(value).partition("%")[0]))
    except ValueError:
        raise BadFacts("addresses: one is not an IP address.") from None


def _software(values: object) -> list[list[str]]:
    if not isinstance(values, list):
        raise BadFacts("software: not a list.")
    if len(values) > MOST_PROGRAMS:
        raise BadFacts(f"software: {len(values):,} of them; {MOST_PROGRAMS:,} at most.")
    return sorted(_program(value) for value in values)


def _program(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) != 2:
        raise BadFacts("software: one is not a name and a version.")
    if not all(isinstance(text, str) and len(text) <= LONGEST_PROGRAM for text in value):
        raise BadFacts(f"software: one is not text of {LONGEST_PROGRAM} characters at most.")
    return [CONTROL.sub(" ", text).strip() for text in value]
