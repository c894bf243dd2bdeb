"""One entry of the catalogue for an error between us and a Management Engine."""

from amt.protocol.sentences import say
from devices.codes import Code, declare

FAILED = ("failed",)


def explain(
    code: str,
    group: str,
    cause: str,
    next_step: str,
    *checks: str,
    sent: str = "nothing",
    step: str = "look",
    ends: tuple[str, ...] = FAILED,
    settings: tuple[str, ...] = (),
    sentence: str = "",
) -> Code:
    """Declare what a code means; its sentence is the protocol's unless another is given."""
    said = sentence or say(code)
    return declare(Code(code, ends, said, cause, next_step, group, sent, step, checks, settings))
