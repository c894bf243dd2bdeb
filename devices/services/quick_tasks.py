"""How far a Quick Task reaches: how many of a selection a person may and can act on."""

from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Count, Min, Q

from devices.models import DeviceQuerySet, User
from devices.models.rights import POWER_RIGHTS, Right, below, may_anywhere


@dataclass(frozen=True)
class Reach:
    """Numbers of a selection, and the name of the only device that is left out."""

    total: int
    power: int
    read: int
    edit: int
    not_set_up: int
    not_set_up_name: str
    may_power: bool
    may_read: bool
    may_edit: bool

    @property
    def refused(self) -> int:
        """Return how many are set up but may not be switched by this person."""
        return self.total - self.not_set_up - self.power


def reach(user: User, devices: DeviceQuerySet) -> Reach:
    """Return what the Quick Tasks menu says of ``devices``, in one query."""
    set_up = ~Q(mode="")
    may_power = any(may_anywhere(user, right) for right in POWER_RIGHTS)
    may_read = may_anywhere(user, Right.READ_STATE)
    may_edit = may_anywhere(user, Right.EDIT)
    ways = [below(user, right, "folder__path") for right in POWER_RIGHTS]
    counted = {
        "total": Count("pk"),
        "power": Count("pk", filter=set_up & reduce(or_, ways)),
        "read": Count("pk", filter=set_up & below(user, Right.READ_STATE, "folder__path")),
        "edit": Count("pk", filter=set_up & below(user, Right.EDIT, "folder__path")),
        "not_set_up": Count("pk", filter=Q(mode="")),
        "not_set_up_name": Min("name", filter=Q(mode="")),
    }
    asked = {name: count for name, count in counted.items() if may_power or name != "power"}
    asked = {name: count for name, count in asked.items() if may_read or name != "read"}
    asked = {name: count for name, count in asked.items() if may_edit or name != "edit"}
    numbers = {"power": 0, "read": 0, "edit": 0, **devices.order_by().aggregate(**asked)}
    numbers["not_set_up_name"] = numbers["not_set_up_name"] or ""
    return Reach(**numbers, may_power=may_power, may_read=may_read, may_edit=may_edit)
