"""What conditions are offered and held against: facts of the devices that a person sees."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from devices.inventory_facts import ADDED, SOFTWARE, comparable, key_of, measure
from devices.models import FactName, InventoryFact, User
from devices.models.rights import Right, below
from devices.services.conditions import COMPARING, DAYS, EQUAL, Condition

MOST_OFFERED = 50
OWN_NAMES = frozenset(map(key_of, ADDED))  # good ones even while no device has a value
# As ``measure`` tells them apart
DATED = Q(number__isnull=False) & ~Q(version="")
WITH_UNIT = Q(number__isnull=False, version="")


def names(user: User, text: str = "") -> list[str]:
    """Return the first names that have ``text``; without one, those of the PC, not of programs."""
    seen = Exists(_visible_to(user).filter(key=OuterRef("key")))
    found = FactName.objects.filter(seen, key__contains=key_of(text)).order_by("key")
    if not text.strip():
        found = found.exclude(key__startswith=SOFTWARE.lower())
    return list(found.values_list("name", flat=True)[:MOST_OFFERED])


def values(user: User, name: str, text: str = "") -> list[str]:
    """Return the first values of this name that have ``text``."""
    found = _visible_to(user).filter(key=key_of(name), text__contains=comparable(name, text))
    kept = found.exclude(text="").order_by("text").values_list("text", flat=True)
    return list(kept.distinct()[:MOST_OFFERED])


def refusals(user: User, asked: Sequence[Condition]) -> list[str]:
    """Return for each condition why its answer would mislead; empty where it would not.

    That is so where no device has its name, or has values of another kind. A program that nobody
    has is a fair question. One query, however many conditions.
    """
    found = [_visible_to(user).filter(key=key_of(one.name)) for one in asked]
    wanted = [Exists(facts.filter(kind)) for facts in found for kind in (Q(), DATED, WITH_UNIT)]
    if not wanted:
        return []
    told = User.objects.filter(pk=user.pk).values_list(*wanted).get()
    return list(map(_why_not, asked, told[::3], told[1::3], told[2::3]))


def _why_not(one: Condition, is_known: bool, is_date: bool, has_unit: bool) -> str:
    if one.name.lower().startswith(SOFTWARE.lower()):
        return ""
    if not is_known and key_of(one.name) not in OWN_NAMES:
        return f"{one.name}: no device has a value of this name."
    if one.operator in DAYS:
        return f"{one.name}: its values are no dates." if is_known and not is_date else ""
    return _why_not_compared(one, is_date=is_date, has_unit=has_unit)


def _why_not_compared(one: Condition, *, is_date: bool, has_unit: bool) -> str:
    number, version = measure(one.value)
    is_like_them = number is not None and (is_date if version else has_unit)
    if is_like_them or (number is None and not version):
        return ""
    if is_date and one.operator in (*EQUAL, *COMPARING):
        return f"{one.name} is a date: write dates like 2023-05-30."
    if has_unit and one.operator in COMPARING:
        return f"{one.name} has a unit: write it, too, like 8 GB or 2.4 GHz."
    return ""


def _visible_to(user: User) -> QuerySet[InventoryFact]:
    return InventoryFact.objects.filter(below(user, Right.VIEW, "device__folder__path"))
