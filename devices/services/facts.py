"""What the editor of conditions offers and checks: facts of the devices that a person sees."""

from django.db.models import Exists, OuterRef, QuerySet

from devices.inventory_facts import SOFTWARE, key_of, measure
from devices.models import FactName, InventoryFact, User
from devices.models.rights import Right, below
from devices.services.conditions import COMPARING, Condition

MOST_OFFERED = 50


def names(user: User, text: str = "") -> list[str]:
    """Return the first names that have ``text``; without one, those of the PC, not of programs."""
    seen = Exists(_visible_to(user).filter(key=OuterRef("key")))
    found = FactName.objects.filter(seen, key__contains=key_of(text)).order_by("key")
    if not text.strip():
        found = found.exclude(key__startswith=SOFTWARE.lower())
    return list(found.values_list("name", flat=True)[:MOST_OFFERED])


def values(user: User, name: str, text: str = "") -> list[str]:
    """Return the first values of this name that have ``text``."""
    found = _visible_to(user).filter(key=key_of(name), text__contains=text.lower())
    kept = found.exclude(text="").order_by("text").values_list("text", flat=True)
    return list(kept.distinct()[:MOST_OFFERED])


def lacks_unit(user: User, one: Condition) -> bool:
    """Return whether a size or speed is compared with a bare number, which finds nothing."""
    if one.operator not in COMPARING or measure(one.value)[0] is not None:
        return False
    facts = _visible_to(user).filter(key=key_of(one.name))
    return facts.filter(version="", number__isnull=False).exists()


def _visible_to(user: User) -> QuerySet[InventoryFact]:
    return InventoryFact.objects.filter(below(user, Right.VIEW, "device__folder__path"))
