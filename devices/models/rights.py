"""Rights, roles, and who holds which role in which folder (and all below it).

What several roles give is added up. A right that one of them denies is gone in that folder and
below, whatever the others give; only the Administrator of the whole zone cannot be cut down.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple, Union

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from devices.models.folder import Folder
    from devices.models.user import User

Person = Union["User", AnonymousUser]
ZONE_PATH_LENGTH = 4  # treebeard's step: the root of the tree is the zone


class Right(models.TextChoices):
    """What a person may do, in a folder and below it; the last ones reach further."""

    VIEW = "view", "See devices and tasks"
    POWER_ON = "power-on", "Power On"
    POWER_OFF = "power-off", "Power Off"
    POWER_RESET = "power-reset", "Reset"
    POWER_CYCLE = "power-cycle", "Power Cycle Reset"
    BOOT = "boot", "Choose where the next boot goes (PXE, BIOS setup, hard disk, CD)"
    SEND_ANYWAY = "send-anyway", "Send anyway"
    READ_STATE = "read-state", "Read the power state, test the connection, acknowledge messages"
    EDIT = "edit", "Create, change, move and delete devices and folders"
    CREDENTIALS = "credentials", "Use and keep credentials"
    CERTIFICATES = "certificates", "Keep certificates, write setup.bin"
    PROVISION = "provision", "Provision and unprovision devices"
    CONFIGURE = "configure", "Change settings"
    ADMINISTRATE = "administrate", "Administrators, servers, audit"


CONFIGURATION_RIGHTS = (  # any of them, held in the whole zone, opens Configuration
    Right.CONFIGURE,
    Right.CREDENTIALS,
    Right.CERTIFICATES,
    Right.ADMINISTRATE,
)
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


# They reach beyond any folder: credentials and certificates serve all devices, accounts and audit
# are of the zone.
ONLY_IN_ZONE = {
    Right.CREDENTIALS.value,
    Right.CERTIFICATES.value,
    Right.PROVISION.value,
    Right.ADMINISTRATE.value,
}


class Assignment(models.Model):
    """A role held by a person in a folder and below, with rights added and rights denied."""

    user = models.ForeignKey("devices.User", models.CASCADE, related_name="assignments")
    folder = models.ForeignKey("devices.Folder", models.CASCADE, related_name="assignments")
    role = models.CharField(max_length=20, choices=Role)
    extra = models.JSONField(default=list, blank=True)  # given beyond the role
    without = models.JSONField(default=list, blank=True)  # denied here and below, whoever gives it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "folder"], name="one_role_per_person_and_folder"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} in {self.folder}"

    @property
    def rights(self) -> set[str]:
        """Return the rights this assignment gives."""
        given = {right.value for right in ROLE_RIGHTS.get(self.role, [])}
        if len(self.folder.path) > ZONE_PATH_LENGTH:
            given -= ONLY_IN_ZONE
        return (given | set(self.extra)) - set(self.without)

    @property
    def extra_labels(self) -> list[str]:
        """Return the rights given beyond the role, in words."""
        return [str(Right(right).label) for right in self.extra]

    @property
    def without_labels(self) -> list[str]:
        """Return the denied rights in words."""
        return [str(Right(right).label) for right in self.without]


class Held(NamedTuple):
    """What one assignment says about the folders whose path begins with ``path``."""

    path: str
    given: frozenset[str]
    denied: frozenset[str]


def held_by(user: Person) -> list[Held]:
    """Return what the assignments of ``user`` say; read once for each user object."""
    if isinstance(user, AnonymousUser) or not user.is_active:
        return []
    held: list[Held] | None = getattr(user, "_held", None)
    if held is None:
        held = user._held = _effective(user.assignments.select_related("folder"))  # type: ignore[attr-defined]
    return held


def forget(user: Person) -> None:
    """Have the rights of ``user`` read again: assignments or folders have changed."""
    if hasattr(user, "_held"):
        del user._held


def _effective(rows: Iterable[Assignment]) -> list[Held]:
    held = []
    for row in rows:
        one = Held(row.folder.path, frozenset(row.rights), frozenset(row.without))
        if row.role == Role.ADMINISTRATOR and len(one.path) == ZONE_PATH_LENGTH:
            return [Held(one.path, frozenset(map(str, Right)), frozenset())]
        held.append(one)
    return held


def denied_paths(user: Person, right: Right) -> list[str]:
    """Return the tree paths in and below which ``right`` is denied to ``user``."""
    return _topmost(row.path for row in held_by(user) if right in row.denied)


def folder_paths(user: Person, right: Right) -> list[str]:
    """Return the tree paths in which ``user`` holds ``right``: also below, but for denied paths."""
    denied = tuple(denied_paths(user, right))
    given = _topmost(row.path for row in held_by(user) if right in row.given)
    return [path for path in given if not (denied and path.startswith(denied))]


def _topmost(paths: Iterable[str]) -> list[str]:
    """Return the paths that lie below no other one."""
    kept: list[str] = []
    for path in sorted(paths):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return kept


def below(user: Person, right: Right, field: str) -> Q:
    """Return the condition "the folder path in ``field`` lies where ``user`` holds ``right``"."""
    paths = folder_paths(user, right)
    in_zone = any(len(path) == ZONE_PATH_LENGTH for path in paths)
    # The whole zone needs no look at folders. An empty Q would vanish in an OR.
    given = ~Q(pk__in=[]) if in_zone else _begins(field, paths)
    denied = denied_paths(user, right)
    return given & ~_begins(field, denied) if denied else given


def above(user: Person, right: Right, field: str) -> Q:
    """Return the condition "a folder in which ``user`` holds ``right`` lies below this path".

    What is set there counts for devices that ``user`` reaches.
    """
    step = ZONE_PATH_LENGTH
    paths = folder_paths(user, right)
    over = {path[:end] for path in paths for end in range(step, len(path), step)}
    return Q(**{f"{field}__in": over})


def _begins(field: str, paths: list[str]) -> Q:
    return reduce(or_, (Q(**{f"{field}__startswith": path}) for path in paths), Q(pk__in=[]))


def may_in(user: Person, right: Right, folder: "Folder") -> bool:
    """Return whether ``user`` holds ``right`` in ``folder``."""
    given = folder_paths(user, right)
    return any(map(folder.path.startswith, given)) and not is_denied(user, right, folder)


def is_denied(user: Person, right: Right, folder: "Folder") -> bool:
    """Return whether ``right`` is denied to ``user`` in ``folder``, whoever gives it."""
    return any(map(folder.path.startswith, denied_paths(user, right)))


def may(user: Person, right: Right) -> bool:
    """Return whether ``user`` holds ``right`` in the whole zone, without a folder left out."""
    if denied_paths(user, right):
        return False
    return any(len(path) == ZONE_PATH_LENGTH for path in folder_paths(user, right))


def may_anywhere(user: Person, right: Right) -> bool:
    """Return whether ``user`` holds ``right`` in at least one folder."""
    return bool(folder_paths(user, right))
