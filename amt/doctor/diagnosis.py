"""Why will this device refuse, or did it refuse, to be set up? Ranked causes with their proof."""

from collections.abc import Callable, Iterator

from amt.constants import PORT_HTTPS
from amt.doctor import (
    rules_attempt,
    rules_certificate,
    rules_entry,
    rules_hashes,
    rules_names,
    rules_ours,
    rules_reach,
)
from amt.doctor.causes import Cause, Certainty, rank
from amt.doctor.facts import Facts, OurCertificate
from amt.doctor.stages import Stage, failed_at, was_let_in

Rule = Callable[[Facts], Iterator[Cause]]
CertificateRule = Callable[[Facts, OurCertificate], Iterator[Cause]]

RULES: tuple[Rule, ...] = (
    *rules_entry.RULES,
    *rules_reach.RULES,
    *rules_ours.RULES,
    *rules_attempt.RULES,
)
CERTIFICATE_RULES: tuple[CertificateRule, ...] = (
    *rules_certificate.RULES,
    *rules_hashes.RULES,
    *rules_names.RULES,
)
# What each alert of TLS speaks for, by name.
HINTS: dict[str, frozenset[str]] = {
    "unknown_ca": frozenset(
        {"hash-missing", "hash-kind-ignored", "hash-of-old-root", "chain-incomplete"}
    ),
    "certificate_expired": frozenset({"device-clock", "certificate-expired", "chain-expired"}),
    "unsupported_certificate": frozenset(
        {"console-oid-only", "unit-spelling", "no-server-authentication", "key-not-rsa"}
    ),
    "bad_certificate": frozenset({"suffix-differs", "suffix-differs-by-name", "no-suffix"}),
    "certificate_unknown": frozenset({"suffix-differs", "server-name-differs"}),
    "handshake_failure": frozenset({"key-not-rsa", "key-too-long", "tls-other"}),
}


def diagnose(facts: Facts) -> list[Cause]:
    """Return what speaks against setting the device up, the surest and closest first.

    Of several management certificates only the best one's causes count. Nothing is said of what
    is not known.
    """
    found = [cause for rule in RULES for cause in rule(facts)]
    best = best_certificate(facts)
    if best and facts.device.hello_version != 2:  # with a PID no certificate is shown
        found += causes_of(facts, best)
    found = [one for one in found if not _is_refuted(facts, one)]
    if any(_explains(one) for one in found):
        found = [one for one in found if not _is_guess(one)]
    return _ranked(facts, found)


def best_certificate(facts: Facts) -> OurCertificate | None:
    """Return the management certificate that the device has least against."""
    ours = facts.console.certificates or ()
    return min(ours, key=lambda one: _severity(facts, one), default=None)


def causes_of(facts: Facts, ours: OurCertificate) -> list[Cause]:
    """Return what speaks against one of our certificates."""
    return [cause for rule in CERTIFICATE_RULES for cause in rule(facts, ours)]


def _severity(facts: Facts, ours: OurCertificate) -> tuple[int, ...]:
    found = [cause.certainty for cause in causes_of(facts, ours)]
    return tuple(found.count(one) for one in Certainty)


def _explains(cause: Cause) -> bool:
    """Return whether a cause is a better answer than that the device broke off."""
    is_of_trust = cause.kind.stage in (Stage.ENTRY, Stage.TLS, Stage.TRUST)
    return is_of_trust and cause.certainty is not Certainty.POSSIBLE


def _is_guess(cause: Cause) -> bool:
    """Return whether a cause only fills the place of one that is better known."""
    return cause.kind.stage is Stage.TRUST and cause.certainty is Certainty.POSSIBLE


def _is_refuted(facts: Facts, cause: Cause) -> bool:
    """Return whether something that was seen speaks against a cause."""
    stage, reach = cause.kind.stage, facts.reach
    if stage is Stage.TRUST and reach.let_in:
        return True  # it took our certificate just now
    if stage is Stage.TRUST and was_let_in(facts) and not cause.is_certain:
        return True  # it did at the last attempt
    is_open = reach.ports is not None and PORT_HTTPS in reach.ports
    return cause.code == "set-up-period-over" and is_open


def _ranked(facts: Facts, found: list[Cause]) -> list[Cause]:
    stage, alert = failed_at(facts), facts.reach.proving.alert if facts.reach.proving else ""
    hinted = HINTS.get(alert, frozenset())
    ranked = sorted(found, key=lambda cause: rank(cause, stage, hinted))
    once: dict[str, Cause] = {}
    for cause in ranked:
        once.setdefault(cause.code, cause)
    return list(once.values())
