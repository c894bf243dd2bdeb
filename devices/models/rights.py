"""Rights, roles, and who holds which role in which folder (and all below it)."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Union

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from devices.models.user import User

Person = Union["User", AnonymousUser]


class Right(models.TextChoices):
    """What a person may do. The first group counts in a folder, the second in the whole zone."""

    VIEW = "view", "See devices and tasks"
    POWER_ON = "power-on", "Power On"
    POWER_OFF = "power-off", "Power Off"
    POWER_RESET = "power-reset", "Reset"
    POWER_CYCLE = "power-cycle", "Power Cycle Reset"
    SEND_ANYWAY = "send-anyway", "Send anyway"
    READ_STATE = "read-state", "Read the power state, test the connection"
    EDIT = "edit", "Create, change, move and delete devices and folders"
    CREDENTIALS = "credentials", "Use and keep credentials"
    CONFIGURE = "configure", "Change settings"
    ADMINISTRATE = "administrate", "Administrators, servers, audit"


POWER_RIGHTS = [Right.POWER_ON, Right.POWER_OFF, Right.POWER_RESET, Right.POWER_CYCLE]


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", "Administrator"
    POWER_OPERATOR = "power-operator", "Power Operator"
    MONITOR = "monitor", "Monitor"


ROLE_RIGHTS: dict[str, list[Right]] = {
    Role.ADMINISTRATOR: list(Right),
    Role.POWER_OPERATOR: [Right.VIEW, Right.READ_STATE, *POWER_RIGHTS],
    Role.MONITOR: [Right.VIEW],
}


class Assignment(models.Model):
    """A role held by a person in a folder and below; rights in ``without`` are taken out of it."""

    user = models.ForeignKey("devices.User", models.CASCADE, related_name="assignments")
    folder = models.ForeignKey("devices.Folder", models.CASCADE, related_name="assignments")
    role = models.CharField(max_length=20, choices=Role)
    without = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "folder"], name="one_role_per_person_and_folder")
        ]

    @property
    def rights(self) -> set[str]:
        """Return the rights this assignment gives."""
        return {str(right) for right in ROLE_RIGHTS[self.role]} - set(self.without)


def folder_paths(user: Person, right: Right) -> list[str]:
    """Return the tree paths in and below which ``user`` holds ``right``; read once a request."""
    if not user.is_active or isinstance(user, AnonymousUser):
        return []
    held = getattr(user, "_held", None)
    if held is None:
        rows = user.assignments.select_related("folder")
        held = user._held = [(row.folder.path, row.rights) for row in rows]  # type: ignore[attr-defined]
    return [path for path, rights in held if right in rights]


def below(user: Person, right: Right, field: str) -> Q:
    """Return the condition "the folder path in ``field`` lies where ``user`` holds ``right``"."""
    paths = folder_paths(user, right)
    return reduce(or_, (Q(**{f"{field}__startswith": path}) for path in paths), Q(pk__in=[]))


def may(user: Person, right: Right) -> bool:
    """Return whether ``user`` holds ``right`` in the whole zone."""
    return any(len(path) == ZONE_PATH_LENGTH for path in folder_paths(user, right))


def may_anywhere(user: Person, right: Right) -> bool:
    """Return whether ``user`` holds ``right`` in at least one folder."""
    return bool(folder_paths(user, right))


ZONE_PATH_LENGTH = 4  # treebeard's step: the root of the tree is the zone
