"""The table "Found before anything is written": one row per question, of the same rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from amt.certificates import chains, firmware, names
from amt.certificates.verdicts import day, moment
from amt.constants import PORT_HTTPS
from amt.doctor import suffixes
from amt.doctor.causes import Cause
from amt.doctor.diagnosis import best_certificate, diagnose
from amt.doctor.facts import Facts, OurCertificate
from amt.doctor.rules_entry import WINDOW
from amt.doctor.rules_ours import told_off


class Level(StrEnum):
    """What comes of a check."""

    OK = "ok"
    WARN = "warn"
    REFUSE = "refuse"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One row."""

    name: str
    level: Level
    sentence: str
    cause: Cause | None = None  # behind a warning or refusal


Answer = tuple[Level, str]


def checks(facts: Facts, causes: Sequence[Cause] | None = None) -> list[Check]:
    """Return the rows in their order. ``causes``: of these facts, if they are at hand."""
    found = diagnose(facts) if causes is None else causes
    return [_check(name, answer, facts, found) for name, answer in ROWS.items()]


def _check(
    name: str, answer: Callable[[Facts], Answer], facts: Facts, causes: Sequence[Cause]
) -> Check:
    if cause := next((one for one in causes if one.kind.check == name), None):
        level = Level.REFUSE if cause.is_certain else Level.WARN
        return Check(name, level, cause.sentence, cause)
    return Check(name, *answer(facts))


def _hash(facts: Facts) -> Answer:
    ours, held = best_certificate(facts), facts.device.hashes
    if facts.reach.let_in:
        return Level.OK, "It took our certificate."
    if facts.device.hello_version == 2:
        return Level.UNKNOWN, "It goes by a PID, not by hashes."
    if not held or ours is None or not ours.root:
        return Level.UNKNOWN, "It has not named its roots: no hello was heard."
    for one in reversed(ours.root.values()):  # the strongest first
        is_read = firmware.reads(facts.device.firmware, one.algorithm)
        if is_read and (one.algorithm, one.digits.lower()) in held:
            return Level.OK, f"{one.label} of {_root_name(ours)} is in its list."
    return Level.UNKNOWN, "It is not known which root is above our certificate."


def _root_name(ours: OurCertificate) -> str:
    return chains.called(ours.chain.root) if ours.chain.root else "our root"


def _suffix(facts: Facts) -> Answer:
    ours, told, reverse = best_certificate(facts), facts.device.suffix, facts.names.reverse
    if told and ours:
        return Level.OK, f"{told}, as in our certificate."
    if facts.reach.let_in:
        return Level.OK, "It took the name of our certificate."
    is_name = reverse is not None and names.is_host_name(reverse)
    if ours and reverse and is_name and suffixes.matches(ours.name, names.suffix(reverse)):
        return Level.OK, f"{reverse} has the domain of our certificate."
    return Level.UNKNOWN, "It does not tell its DNS suffix before it lets us in."


def _validity(facts: Facts) -> Answer:
    seen, hours = facts.device.seen_at, facts.zone.hours_here
    if seen is None or hours is None:
        return Level.UNKNOWN, "It is not known when it gave its last sign."
    told = [f"Valid until {moment(seen + timedelta(hours=hours))}"]
    if facts.device.heard_at and facts.now - facts.device.heard_at <= WINDOW:
        told.append("set-up period open")
    if facts.device.clock_off is not None:
        told.append(f"clock {told_off(facts.device.clock_off)}")
    return Level.OK, f"{', '.join(told)}."


def _certificate(facts: Facts) -> Answer:
    if ours := best_certificate(facts):
        ends = ours.chain.links[0].not_valid_after_utc
        return Level.OK, f"{ours.name} is valid until {day(ends)}."
    if facts.device.hello_version == 2:
        return Level.OK, "A device with a PID needs none."
    return Level.UNKNOWN, "It is not known which certificate would be shown to it."


def _firmware(facts: Facts) -> Answer:
    version = facts.device.firmware
    if version is None:
        return Level.UNKNOWN, "Its version is not known: scan for it, or examine it."
    found = firmware.generation(version)
    kind = f", which takes {found.algorithm.upper().replace('SHA', 'SHA-')}" if found else ""
    return Level.OK, f"AMT {version[0]}.{version[1]}{kind}."


def _name(facts: Facts) -> Answer:
    reverse, address = facts.names.reverse, facts.device.address
    if reverse == "":
        return Level.WARN, f"{address} has no name; one is made up for its certificate."
    if reverse and address and address in (facts.names.addresses or ()):
        return Level.OK, f"{address} is {reverse}, and the other way round."
    return Level.UNKNOWN, "Its name was not looked up."


def _address(facts: Facts) -> Answer:
    ports, address = facts.reach.ports, facts.device.address or "its address"
    if ports is not None and PORT_HTTPS in ports:
        return Level.OK, f"Port {PORT_HTTPS} of {address} answers."
    return Level.UNKNOWN, f"Nobody has looked at {address} just now."


ROWS: dict[str, Callable[[Facts], Answer]] = {
    "CA hash": _hash,
    "DNS suffix": _suffix,
    "Validity": _validity,
    "Certificate": _certificate,
    "Firmware": _firmware,
    "Name": _name,
    "Address": _address,
}
