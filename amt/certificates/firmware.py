"""Which firmware takes which hash, key and signature.

Sources: amt-protocol.md 7.2; Intel support article 000090051 (no SHA-1 and no key below 2048 bits
from ME 15.0 on H chipsets and from ME 16.0 everywhere); Open AMT's notes on AMT 22 (no RSA 2048,
no SHA-256). MEBx has no *Insert key* for hashes from AMT 16 on: there a USB stick is the way.
"""

from dataclasses import dataclass

Version = tuple[int, int]
NEWEST: Version = (999, 0)


@dataclass(frozen=True)
class Span:
    """Versions of AMT from ``first`` to ``last``, both included."""

    text: str
    first: Version = (0, 0)
    last: Version = NEWEST

    def __str__(self) -> str:
        return self.text

    def holds(self, version: Version) -> bool:
        """Return whether ``version`` is one of these."""
        return self.first <= version <= self.last


ALL = Span("all firmware")
BEFORE_11 = Span("AMT before 11.0", last=(10, 999))
BEFORE_16 = Span("AMT before 16.0", last=(15, 999))
FROM_15 = Span("AMT 15.0 on H chipsets, AMT 16.0 and newer", first=(15, 0))
FROM_22 = Span("AMT 22 and newer", first=(22, 0))


@dataclass(frozen=True)
class Generation:
    """Firmware that takes the same hash in the same way."""

    name: str
    span: Span
    algorithm: str  # of the hash to enter, a key of hashes.ALGORITHMS
    way: str
    by_hand: bool  # MEBx lets a person type it


GENERATIONS = (
    Generation(
        "AMT 2.2 to 5",
        Span("AMT 2.2 to 5", (2, 2), (5, 999)),
        "sha1",
        "Type the SHA-1 hash in MEBx, or take a USB stick (setup.bin version 2).",
        True,
    ),
    Generation(
        "AMT 6 to 15",
        Span("AMT 6 to 15", (6, 0), (15, 999)),
        "sha256",
        "Type the SHA-256 hash in MEBx, or take a USB stick. "
        "Where MEBx has no room for it: SHA-1, up to AMT 14.",
        True,
    ),
    Generation(
        "AMT 16 to 21",
        Span("AMT 16 to 21", (16, 0), (21, 999)),
        "sha256",
        "By USB stick only: MEBx of these lets nobody insert a hash. It takes SHA-256.",
        False,
    ),
    Generation(
        "AMT 22 and newer",
        FROM_22,
        "sha384",
        "By USB stick only. It takes SHA-384, and certificates of 3072 bits signed with SHA-384.",
        False,
    ),
)


def parse(text: str) -> Version | None:
    """Return "16.1" or "16.1.25" as a version; None where it is none."""
    parts = text.split(".")
    if not parts[0].isdecimal():
        return None
    minor = parts[1] if len(parts) > 1 and parts[1].isdecimal() else "0"
    return int(parts[0]), int(minor)


def generation(version: Version) -> Generation | None:
    """Return the generation of ``version``; None for one that knows no certificates."""
    return next((one for one in GENERATIONS if one.span.holds(version)), None)


# Which kinds of hash the list of trusted roots is searched for.
READ = {
    "sha1": Span("AMT 2.2 to 15", (2, 2), (15, 999)),
    "sha256": Span("AMT 6 to 21", (6, 0), (21, 999)),
    "sha384": Span("AMT 16 and newer", (16, 0)),
}


def reads(version: Version | None, algorithm: str) -> bool:
    """Return whether firmware looks at hashes of a kind; an unknown one may."""
    return algorithm in READ and (version is None or READ[algorithm].holds(version))
