"""A cause that the doctor names, and how causes are ranked."""

from dataclasses import dataclass, field
from enum import IntEnum

from amt.doctor.stages import Stage


class Certainty(IntEnum):
    """How sure a cause is; the surest first."""

    CERTAIN = 0  # seen, or told by the device: it will refuse
    LIKELY = 1
    POSSIBLE = 2

    @property
    def word(self) -> str:
        return self.name.capitalize()


@dataclass(frozen=True)
class Kind:
    """A kind of cause, as the catalogue has it. ``{words}`` are facts of the case."""

    code: str  # stable and unique
    sentence: str
    evidence: str  # what proves it
    next_step: str
    stage: Stage
    check: str = ""  # the row of the check table that it belongs to
    link: str = ""  # the page of the next step, a word of the service's links
    weight: int = 50  # among causes of one certainty and one distance: the heaviest first
    examples: dict[str, str] = field(default_factory=dict)

    def found(
        self, certainty: Certainty, proof: str, *, value: str = "", **words: object
    ) -> "Cause":
        """Return the cause as it was found in a case; ``words`` fill its texts."""
        sentence, step = self.sentence.format(**words), self.next_step.format(**words)
        return Cause(self, sentence, proof, step, certainty, value)

    def example(self) -> "Cause":
        """Return the cause as the documentation shows it."""
        return self.found(Certainty.CERTAIN, self.evidence, **self.examples)


@dataclass(frozen=True)
class Cause:
    """Why a device will refuse, or refused, to be set up."""

    kind: Kind
    sentence: str
    proof: str
    next_step: str
    certainty: Certainty
    value: str = ""  # what is to be copied: the hash in the groups of MEBx

    @property
    def code(self) -> str:
        return self.kind.code

    @property
    def weight(self) -> int:
        return self.kind.weight

    @property
    def is_certain(self) -> bool:
        return self.certainty is Certainty.CERTAIN


def rank(cause: Cause, failed_at: Stage | None, hinted: frozenset[str]) -> tuple[int, int, int]:
    """Return the place of a cause: certain first, then close to the failure, then heavy.

    ``hinted``: codes that the device's own alert speaks for.
    """
    away = abs(cause.kind.stage - failed_at) if failed_at is not None else 0
    heavy = cause.weight + (100 if cause.code in hinted else 0)
    return cause.certainty, away, -heavy


KINDS: dict[str, Kind] = {}


def kind(
    code: str,
    stage: Stage,
    sentence: str,
    evidence: str,
    next_step: str,
    *,
    check: str = "",
    link: str = "",
    weight: int = 50,
    **examples: str,
) -> Kind:
    """Put a kind into the catalogue."""
    if code in KINDS:
        raise ValueError(f"There are two causes {code}.")
    made = Kind(code, sentence, evidence, next_step, stage, check, link, weight, examples)
    KINDS[code] = made
    return made
