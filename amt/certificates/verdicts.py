"""What is said of a certificate: one verdict per rule, and the firmware that will refuse it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509

from amt.certificates.chains import Chain
from amt.certificates.firmware import ALL, Span

SOON = timedelta(days=60)  # before its end a certificate is warned of


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    REFUSED = "refused"


@dataclass(frozen=True)
class Verdict:
    """What one rule says of a certificate."""

    rule: str  # stable
    level: Level
    text: str
    refused_by: Span | None = None  # firmware that will not take it

    @property
    def is_ok(self) -> bool:
        return self.level is Level.OK

    @property
    def is_refused(self) -> bool:
        return self.level is Level.REFUSED


@dataclass(frozen=True)
class Case:
    """A certificate to be judged, and what is known about it."""

    chain: Chain
    has_key: bool  # the private key is here, or came with it
    wants_authority: bool | None = None  # what its request asked for (isCA); None: no request
    host_name: str = ""  # of the provisioning server
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def leaf(self) -> x509.Certificate:
        return self.chain.links[0]


def keep_out(verdicts: Iterable[Verdict]) -> bool:
    """Return whether one of the verdicts keeps the certificate out."""
    return any(verdict.is_refused for verdict in verdicts)


def spans(verdicts: Iterable[Verdict]) -> list[Span]:
    """Return the firmware that will refuse the certificate, each once."""
    return list(dict.fromkeys(v.refused_by for v in verdicts if v.refused_by))


def ok(rule: str, text: str) -> Verdict:
    """Return what a rule says of a certificate that keeps it."""
    return Verdict(rule, Level.OK, text)


def warn(rule: str, text: str, refused_by: Span | None = None) -> Verdict:
    """Return a warning; ``refused_by`` is the firmware that will not take it."""
    return Verdict(rule, Level.WARNING, text, refused_by)


def refuse(rule: str, text: str) -> Verdict:
    """Return what keeps a certificate out."""
    return Verdict(rule, Level.REFUSED, text, ALL)


def day(when: datetime) -> str:
    """Return a day as people read it: 3 May 2031."""
    return f"{when.day} {when:%b %Y}"


def moment(when: datetime) -> str:
    """Return a day with its time."""
    return f"{day(when)}, {when:%H:%M} UTC"
