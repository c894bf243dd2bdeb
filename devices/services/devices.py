"""Create, change, move and delete devices: rights, rows and audit."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from devices import audit
from devices.models import Device, DeviceQuerySet, Folder, User, deletion
from devices.models.rights import Right
from devices.services.access import require

FIELDS = (
    "name",
    "host_name",
    "host_addressing",
    "model",
    "serial_number",
    "description",
)
HOST_NAME = re.compile(
    r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*", re.IGNORECASE
)
LONGEST_NAME = 90  # that a number still fits behind
NAMED_IN_AUDIT = 50  # of a large selection; the number is always there


@transaction.atomic
def create_device(*, folder: Folder, asked_by: User, **values: Any) -> Device:
    """Add a device to ``folder``."""
    require(asked_by, Right.EDIT, folder)
    device = Device(folder=folder, **values)
    device.full_clean()
    with unless_taken():
        device.save()
    audit.record(asked_by, "device.create", device, new={"folder": str(folder), **values})
    return device


def create_with_free_name(name: str, *, folder: Folder, asked_by: User, **values: Any) -> Device:
    """Add a device that nobody named; a name that is taken in ``folder`` gets a number.

    In a practice zone it is marked as simulated, as all are there.
    """
    first = name[:LONGEST_NAME]
    alike = Device.objects.filter(folder=folder, name__istartswith=first)
    taken = {one.lower() for one in alike.values_list("name", flat=True)}
    number, free = 2, first
    while free.lower() in taken:
        free, number = f"{first} ({number})", number + 1
    values = {"is_simulated": settings.PRACTICE, **values}
    return create_device(folder=folder, asked_by=asked_by, name=free, **values)


@transaction.atomic
def change_device(*, device: Device, asked_by: User, **values: Any) -> Device:
    """Give a device other values; its folder is changed by moving it."""
    require(asked_by, Right.EDIT, device.folder)
    before = {name: getattr(device, name) for name in values}
    for name, value in values.items():
        setattr(device, name, value)
    device.full_clean()
    with unless_taken():
        device.save(update_fields=list(values))
    old, new = audit.changes(before, values)
    if new:
        audit.record(asked_by, "device.change", device, old=old, new=new)
    return device


@transaction.atomic
def move_devices(*, devices: DeviceQuerySet, folder: Folder, asked_by: User) -> int:
    """Put devices into ``folder`` and return how many were moved.

    Raises:
        PermissionDenied: no right to edit in ``folder`` or in the folder of one of the devices.
        ValidationError: a name is taken there; nothing is moved.
    """
    require(asked_by, Right.EDIT, folder)
    moving = _editable(devices, asked_by).exclude(folder=folder)
    pks = list(moving.values_list("pk", flat=True))
    if reason := why_not_movable(pks, folder):
        raise ValidationError(reason)
    _record(asked_by, "device.move", pks, new={"folder": str(folder)})
    with unless_taken():
        return Device.objects.filter(pk__among=pks).update(folder=folder)


def why_not_movable(pks: list[int], folder: Folder) -> str:
    """Return why these devices cannot all be in ``folder``; empty if they can."""
    moving = Device.objects.filter(pk__among=pks).annotate(low=Lower("name"))
    names = dict(moving.values_list("low", "name"))
    there = Device.objects.filter(folder=folder).annotate(low=Lower("name"))
    taken = sorted(names[low] for low in there.values_list("low", flat=True) if low in names)
    if taken:
        more = f", and {len(taken) - 1} more of these names are taken" if taken[1:] else ""
        return f"{folder} already has a device named {taken[0]}{more}."
    return "Two of these devices have the same name." if len(names) < len(pks) else ""


@contextmanager
def unless_taken() -> Iterator[None]:
    """Turn a name that somebody took in the same moment into a sentence."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise ValidationError("Somebody gave a device there that name meanwhile.") from None


@transaction.atomic
def delete_devices(*, devices: DeviceQuerySet, asked_by: User) -> int:
    """Delete devices with their settings; the lines of their tasks stay, with the name as it was.

    Raises:
        PermissionDenied: no right to edit in the folder of one of the devices.
    """
    deletion.deleting()
    pks = list(_editable(devices, asked_by).values_list("pk", flat=True))
    doomed = Device.objects.filter(pk__among=pks)
    _record(asked_by, "device.delete", pks)
    deletion.announce(doomed)
    doomed.delete()
    return len(pks)


def _editable(devices: DeviceQuerySet, user: User) -> DeviceQuerySet:
    """Return ``devices``; refuse the whole set if one of them may not be edited."""
    allowed = devices.allowed(user, Right.EDIT)
    if lacking := devices.count() - allowed.count():
        raise PermissionDenied(f"{lacking} of these devices you may see, not change.")
    return allowed


def _record(user: User, verb: str, pks: list[int], new: dict[str, Any] | None = None) -> None:
    """Write an act on many devices down: each of the first ones by name, and the sum."""
    devices = Device.objects.filter(pk__among=pks).select_related("folder").order_by("pk")
    for device in devices[:NAMED_IN_AUDIT]:
        audit.record(user, verb, device, old={"folder": str(device.folder)}, new=new)
    if len(pks) > NAMED_IN_AUDIT:
        audit.record(user, verb, old={"devices": len(pks)}, new=new)
