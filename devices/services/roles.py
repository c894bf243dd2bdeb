"""Who holds which role in which folder. The zone always keeps one enabled Administrator."""

from collections.abc import Collection
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from devices import audit
from devices.models import Assignment, Folder, User
from devices.models.rights import POWER_RIGHTS, Right, Role, forget, is_denied, may_in

MAY_BE_ADDED = {Role.POWER_OPERATOR: [Right.SEND_ANYWAY]}
MAY_BE_DENIED = {Role.POWER_OPERATOR: POWER_RIGHTS}


@transaction.atomic
def assign_role(
    *, user: User, folder: Folder, role: Role, by: User, rights: Collection[Right] = ()
) -> Assignment:
    """Give ``user`` a role in ``folder`` and below, in place of the one they hold there.

    ``rights`` counts for a Power Operator: of the four verbs and Send anyway those that are given.
    A verb that is left out is denied there and below.

    Raises:
        ValidationError: the zone would be left without an Administrator.
    """
    lock_zone()
    row = Assignment.objects.filter(user=user, folder=folder).first()
    before = _told(row) if row else {}
    row = row or Assignment(user=user, folder=folder)
    row.role = role
    row.extra = [right.value for right in MAY_BE_ADDED.get(role, []) if right in rights]
    row.without = [right.value for right in MAY_BE_DENIED.get(role, []) if right not in rights]
    row.save()
    refuse_without_administrator()
    forget(user)
    old, new = audit.changes(before, _told(row))
    told = {"folder": str(folder), **new}
    audit.record(by, "person.assign_role", user, old=old if before else None, new=told)
    return row


@transaction.atomic
def remove_role(*, assignment: Assignment, by: User) -> None:
    """Take a role away.

    Raises:
        ValidationError: the zone would be left without an Administrator.
    """
    lock_zone()
    user, old = assignment.user, {"folder": str(assignment.folder), **_told(assignment)}
    assignment.delete()
    refuse_without_administrator()
    forget(user)
    audit.record(by, "person.remove_role", user, old=old)


def lock_zone() -> Folder:
    """Have changes of who is Administrator wait for each other; return the zone's folder."""
    zone: Folder = Folder.objects.select_for_update().get(depth=1)
    return zone


def zone_administrators() -> Any:
    """Return the enabled people who are Administrators of the whole zone."""
    return User.objects.filter(
        is_active=True,
        assignments__role=Role.ADMINISTRATOR,
        assignments__folder__depth=1,
    )


def refuse_without_administrator() -> None:
    """Undo the transaction that took away the zone's last Administrator."""
    if not zone_administrators().exists():
        raise ValidationError(
            "This is the last enabled Administrator of the zone. Make another one first."
        )


def _told(row: Assignment) -> dict[str, Any]:
    return {
        "role": row.get_role_display(),
        "added": row.extra_labels,
        "denied": row.without_labels,
    }


class Reach(NamedTuple):
    """What a person may do in a folder and in those below that are not named themselves."""

    folder: Folder
    given: list[Right]
    denied: list[Right]


def reach_of(user: User) -> list[Reach]:
    """Return what ``user`` may really do, for each folder where that changes."""
    rows = []
    for folder in Folder.objects.filter(assignments__user=user).order_by("path"):
        given = [right for right in Right if may_in(user, right, folder)]
        rows.append(
            Reach(folder, given, [right for right in Right if is_denied(user, right, folder)])
        )
    return rows
