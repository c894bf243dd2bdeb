"""How firmware compares the common name of our certificate with its DNS suffix.

Source: amt-protocol.md 7.2. Of some top-level domains only the last labels count.
"""

import re

TWO = "com net org gov edu de ch dk cz cl ua"
THREE = (
    "arpa fr cn nl br mx uk pl tw ca fi be ru se ar es no at in tr ro hu nz pt il gr co ie za th "
    "sg hk lt id hr ee bg"
)
LABELS = {domain: n for n, text in ((2, TWO), (3, THREE)) for domain in re.findall(r"\w+", text)}
MADE_UP = ("local", "localdomain", "lan", "home", "internal", "intranet", "corp", "private")


def matches(common_name: str, suffix: str) -> bool:
    """Return whether firmware with ``suffix`` takes a certificate for ``common_name``."""
    name, wanted = _labels(common_name.removeprefix("*.")), _labels(suffix)
    if name == wanted or (wanted and name[-len(wanted) :] == wanted):
        return True
    count = LABELS.get(wanted[-1], 0) if wanted else 0
    return bool(count) and len(wanted) >= count and name[-count:] == wanted[-count:]


def is_made_up(common_name: str) -> bool:
    """Return whether the domain of a name is one that no registry gives out."""
    return _labels(common_name)[-1:] in [[one] for one in MADE_UP]


def _labels(text: str) -> list[str]:
    return [one for one in text.casefold().strip(".").split(".") if one]
