"""The stages of a set-up, in their order: a cause close to where it failed is the likelier one."""

from enum import IntEnum

from amt.constants import PORT_HTTPS
from amt.doctor.facts import Ended, Facts


class Stage(IntEnum):
    """Where a cause makes a set-up end."""

    ENTRY = 0  # before anything is sent
    REACH = 1
    TLS = 2
    TRUST = 3  # the device judges our certificate
    PASSWORD = 4
    SETTINGS = 5
    COMMIT = 6
    BACK = 7


# The steps of a provisioning task's line.
STEPS = {
    "let-in": Stage.TRUST,
    "password": Stage.PASSWORD,
    "clock": Stage.SETTINGS,
    "names": Stage.SETTINGS,
    "certificate": Stage.SETTINGS,
    "tls": Stage.SETTINGS,
    "commit": Stage.COMMIT,
    "back": Stage.BACK,
    "read": Stage.BACK,
}
CODES = {
    "unreachable": Stage.REACH,
    "port-closed": Stage.REACH,
    "no-route": Stage.REACH,
    "name-unknown": Stage.REACH,
    "tls-too-old": Stage.TLS,
    "no-tls": Stage.TLS,
    "chain-refused": Stage.TRUST,
}


def failed_at(facts: Facts) -> Stage | None:
    """Return where it was seen to fail, now or at the last attempt; None where nothing failed."""
    return _seen(facts) or _tried(facts)


def _seen(facts: Facts) -> Stage | None:
    reach = facts.reach
    if reach.failure or (reach.ports is not None and PORT_HTTPS not in reach.ports):
        return Stage.REACH
    if reach.anonymous and (reach.anonymous.is_too_old or reach.anonymous.ended is Ended.NO_TLS):
        return Stage.TLS
    return Stage.TRUST if facts.was_refused else None


def _tried(facts: Facts) -> Stage | None:
    if facts.attempt is None or not facts.attempt.code:
        return None
    return CODES.get(facts.attempt.code) or STEPS.get(facts.attempt.step)


def was_let_in(facts: Facts) -> bool:
    """Return whether the last attempt came past the device's judgement of our certificate."""
    tried = _tried(facts)
    return tried is not None and tried > Stage.TRUST
