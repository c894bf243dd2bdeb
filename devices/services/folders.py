"""Create, rename, move and delete folders. The zone, Servers and Workstations stay in place."""

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max

from devices import audit, names
from devices.models import Assignment, Device, Folder, Setting, User
from devices.models.rights import Right, forget
from devices.services.access import require

LOCK = 2_063_120_418  # any number, the same in every process: one change of the tree at a time
DEEPEST = 20  # levels


def lock_tree() -> None:
    """Wait until nobody else changes the tree; released at the end of the transaction.

    A move rewrites the paths of a whole branch. SQLite takes its only lock with the transaction.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@transaction.atomic
def create_folder(*, name: str, parent: Folder, asked_by: User) -> Folder:
    """Add a folder below ``parent``."""
    lock_tree()
    parent = Folder.objects.get(pk=parent.pk)
    require(asked_by, Right.EDIT, parent)
    require_depth(parent.depth + 1)
    require_free_name(name, parent)
    folder: Folder = Folder.objects.add_child(parent, create_kwargs={"name": name})
    forget(asked_by)
    audit.record(asked_by, "folder.create", folder, new={"name": name, "below": str(parent)})
    return folder


@transaction.atomic
def rename_folder(*, folder: Folder, name: str, asked_by: User) -> Folder:
    """Give a folder another name, and its place in the order of names."""
    lock_tree()
    folder = Folder.objects.get(pk=folder.pk)
    require(asked_by, Right.EDIT, folder)
    require_free(folder, "renamed")
    parent = Folder.objects.get_parent(folder)
    require_free_name(name, parent, other_than=folder)
    before, folder.name = folder.name, name
    folder.save(update_fields=["name"])
    Folder.objects.move(folder, parent, "sorted-child")
    forget(asked_by)
    audit.record(asked_by, "folder.rename", folder, old={"name": before}, new={"name": name})
    return folder


@transaction.atomic
def move_folder(*, folder: Folder, parent: Folder, asked_by: User) -> Folder:
    """Put a folder with all below it under ``parent``, whose rights and settings then count."""
    lock_tree()
    folder, parent = Folder.objects.get(pk=folder.pk), Folder.objects.get(pk=parent.pk)
    before = Folder.objects.get_parent(folder)
    require_free(folder, "moved")
    require(asked_by, Right.EDIT, folder, before, parent)
    if parent.path.startswith(folder.path):
        raise ValidationError(f"{folder} cannot be moved into itself or a folder below it.")
    require_depth(parent.depth + _height(folder))
    require_free_name(folder.name, parent, other_than=folder)
    Folder.objects.move(folder, parent, "sorted-child")
    forget(asked_by)
    old, new = {"below": str(before)}, {"below": str(parent)}
    audit.record(asked_by, "folder.move", folder, old=old, new=new)
    return Folder.objects.get(pk=folder.pk)


@transaction.atomic
def delete_folder(*, folder: Folder, asked_by: User) -> None:
    """Delete an empty folder with its settings.

    Raises:
        ValidationError: it is fixed, or holds devices, folders or people's roles; says how many.
    """
    lock_tree()
    folder = Folder.objects.get(pk=folder.pk)
    require(asked_by, Right.EDIT, folder, Folder.objects.get_parent(folder) or folder)
    require_free(folder, "deleted")
    if reason := why_not_empty(folder):
        raise ValidationError(reason)
    audit.record(asked_by, "folder.delete", folder, old={"name": folder.name})
    folder.delete()


def why_not_empty(folder: Folder) -> str:
    """Return why a folder cannot be deleted, with numbers; empty if it can."""
    below = Folder.objects.get_descendants(folder)
    found = [
        told(below.count(), "folder"),
        told(Device.objects.below(folder).count(), "device"),
        told(Assignment.objects.filter(folder=folder).count(), "role of an administrator"),
    ]
    held = " and ".join(text for text in found if text)
    return f"{folder} is not empty: it holds {held}. Move or delete them first." if held else ""


def told(number: int, thing: str) -> str:
    """Return "3 devices", "1 device", or nothing for 0."""
    head, _, tail = thing.partition(" ")
    return f"{number:,} {head}{'s' if number > 1 else ''} {tail}".rstrip() if number else ""


def settings_lost(folder: Folder) -> int:
    """Return how many values set at this folder go with it."""
    return Setting.objects.filter(folder=folder).count()


def require_free(folder: Folder, what: str) -> None:
    """Raise ValidationError if ``folder`` is one of those that stay as they are."""
    if folder.is_fixed:
        raise ValidationError(f"{folder} is a fixed folder: it cannot be {what}.")


def require_depth(depth: int) -> None:
    """Raise ValidationError if a folder would be deeper than the tree may be."""
    if depth > DEEPEST:
        raise ValidationError(f"Folders may be {DEEPEST} levels deep; this would be {depth}.")


def _height(folder: Folder) -> int:
    """Return the levels of a branch, its own included."""
    branch = Folder.objects.filter(path__startswith=folder.path)
    deepest: int = branch.aggregate(deepest=Max("depth"))["deepest"]
    return deepest - folder.depth + 1


def require_free_name(name: str, parent: Folder, other_than: Folder | None = None) -> None:
    """Raise ValidationError if it is no name, or ``parent`` already has a folder of that name."""
    if why := names.why_not(name):
        raise ValidationError({"name": why})
    others = Folder.objects.get_children(parent).filter(name__iexact=name)
    if other_than:
        others = others.exclude(pk=other_than.pk)
    if others.exists():
        raise ValidationError({"name": f"{parent} already has a folder named {name}."})
