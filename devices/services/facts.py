"""What the editor of conditions offers and checks: facts of the devices that a person sees."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from devices.inventory_facts import SOFTWARE, key_of, measure
from devices.models import FactName, InventoryFact, User
from devices.models.rights import Right, below
from devices.services.conditions import COMPARING, Condition

MOST_NAMES = 50


def names(user: User, text: str = "") -> list[str]:
    """Return the first names that have ``text``; without one, those of the PC, not of programs."""
    seen = Exists(_visible_to(user).filter(key=OuterRef("key")))
    found = FactName.objects.filter(seen, key__contains=key_of(text)).order_by("key")
    if not text.strip():
        found = found.exclude(key__startswith=SOFTWARE.lower())
    return list(found.values_list("name", flat=True)[:MOST_NAMES])


def without_unit(user: User, conditions: Iterable[Condition]) -> str:
    """Return a sentence for the first that compares sizes or speeds with a bare number."""
    for one in conditions:
        if one.operator in COMPARING and measure(one.value)[0] is None:
            facts = _visible_to(user).filter(key=key_of(one.name))
            if facts.filter(version="", number__isnull=False).exists():
                return f"{one.name} has a unit: write it, too, like 8 GB or 2.4 GHz."
    return ""


def _visible_to(user: User) -> QuerySet[InventoryFact]:
    return InventoryFact.objects.filter(below(user, Right.VIEW, "device__folder__path"))
