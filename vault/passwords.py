"""The rules of a password of the Management Engine; browser and server test the same patterns."""

import re
import secrets
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables


@dataclass(frozen=True)
class Rule:
    """One rule: what is listed, what is said when it is broken, and how it is tested."""

    code: str
    text: str
    broken: str
    pattern: str  # read by Python and by JavaScript
    is_forbidden: bool = False  # the pattern must not be found

    @sensitive_variables()
    def is_kept_by(self, password: str) -> bool:
        """Return whether ``password`` keeps this rule."""
        return bool(re.search(self.pattern, password)) != self.is_forbidden


RULES = (
    Rule("length", "8 to 32 characters", "It needs 8 to 32 characters.", r"^[\s\S]{8,32}$"),
    Rule("lower", "A small letter", "It needs a small letter, a to z.", "[a-z]"),
    Rule("upper", "A capital letter", "It needs a capital letter, A to Z.", "[A-Z]"),
    Rule("digit", "A digit", "It needs a digit, 0 to 9.", "[0-9]"),
    Rule(
        "sign",
        "A sign such as ! $ or -; the underscore does not count",
        "It needs a sign such as ! $ or -. The underscore counts as a letter.",
        r"[^A-Za-z0-9_\s]",
    ),
    Rule(
        "forbidden",
        "No quotation mark, comma or colon",
        "It may hold no quotation mark, comma or colon.",
        '[",:]',
        is_forbidden=True,
    ),
    Rule(
        "keyboard",
        "Only signs of a US keyboard",
        "It may hold only letters, digits and signs of a US keyboard: MEBx knows no others.",
        "[^ -~]",
        is_forbidden=True,
    ),
)


KINDS = ("abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "!$%*+-.=?@")
RANDOM_CHARACTERS = 20  # about 120 bits


def random_password() -> str:
    """Return a password that keeps all rules, of signs that are not taken for one another."""
    draw = secrets.SystemRandom()
    signs = [draw.choice(kind) for kind in KINDS]
    signs += draw.choices("".join(KINDS), k=RANDOM_CHARACTERS - len(signs))
    draw.shuffle(signs)
    return "".join(signs)


@sensitive_variables()
def check(password: str) -> None:
    """Raise a ValidationError that names each broken rule.

    Source: amt-protocol.md 7.8 (the rules of MEBx for the account admin).
    """
    broken = [rule for rule in RULES if not rule.is_kept_by(password)]
    if broken:
        raise ValidationError([ValidationError(rule.broken, code=rule.code) for rule in broken])
