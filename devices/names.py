"""What the name of a device or a folder may consist of: characters that people can see."""

import unicodedata

from django.core.exceptions import ValidationError

JOINER = "\u200d"  # makes one emoji of several
BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters to Unicode, nothing to the eye
HIDDEN = ("C", "Zl", "Zp")  # categories: control, format, private, unassigned; line breaks


def check(name: str, *, label: str = "Name") -> None:
    """Raise ValidationError if ``name`` has characters that nobody sees, or no others."""
    if why := why_not(name, label=label):
        raise ValidationError(why)


def why_not(name: str, *, label: str = "Name") -> str:
    """Return why this is no name; empty if it is one."""
    for at, character in enumerate(name):
        if not _may_stand(name, at):
            return f"{label}: no line breaks or invisible characters; it has {_told(character)}."
    return "" if any(map(_is_seen, name)) else f"{label}: it takes a character that can be seen."


def _may_stand(name: str, at: int) -> bool:
    if name[at] == JOINER:
        return 0 < at < len(name) - 1 and _draws(name[at - 1]) and _is_seen(name[at + 1])
    return not unicodedata.category(name[at]).startswith(HIDDEN)


def _is_seen(character: str) -> bool:
    alone = not unicodedata.category(character).startswith(("C", "Z", "M"))
    return alone and character not in BLANK_LETTERS


def _draws(character: str) -> bool:
    """Tell whether a joiner may follow: a mark belongs to what stands before it."""
    return _is_seen(character) or unicodedata.category(character).startswith("M")


def _told(character: str) -> str:
    said = f"U+{ord(character):04X}"
    return f"{said} ({known.lower()})" if (known := unicodedata.name(character, "")) else said
