"""Devices from a CSV file: read it, give a verdict per line, import the good ones.

An app above adds its own columns by an ``Extra``: it checks its cells and saves them with the rest.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from devices import audit, names
from devices.models import Device, Folder, User
from devices.models.rights import Right, may_in
from devices.services import folders
from devices.services.csv_file import cells, plain, require_columns, rows
from devices.services.devices import HOST_NAME
from devices.services.tree import Tree

NAMED_IN_AUDIT = 50
HEADS: Mapping[str, str] = {
    "name": "name",
    "device": "name",
    "device name": "name",
    "folder": "folder",
    "folder path": "folder",
    "host name": "host_name",
    "hostname": "host_name",
    "fqdn": "host_name",
    "host addressing": "host_addressing",
    "model": "model",
    "serial number": "serial_number",
    "serial": "serial_number",
    "description": "description",
    "comment": "description",
}
ADDRESSING: Mapping[str, str] = {"": "", "dhcp": "dhcp", "static": "static", "not known": ""}
LONGEST = {"name": 100, "host_name": 255, "model": 100, "serial_number": 100}  # as the model has it
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
TOO_LONG = "{label} has {length} characters; {most} at most."


@dataclass
class Line:
    """One line of the file: its cells by column, and what is to be said of it."""

    number: int  # where it begins in the file
    cells: Mapping[str, str]
    path: tuple[str, ...] = ()  # names of its folders below the zone
    above: Folder | None = None  # the deepest of them that is there
    missing: int = 0  # how many of them are not
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        return "failed" if self.errors else "warn" if self.warnings else "ok"

    @property
    def name(self) -> str:
        return self.cells.get("name", "")

    @property
    def folder(self) -> str:
        return "/" + "/".join(self.path)

    def cell(self, name: str) -> str:
        """Return a cell, empty where the file has no such column."""
        return self.cells.get(name, "")


class Extra(Protocol):
    """Columns of an app above."""

    heads: Mapping[str, str]

    def check(self, lines: Sequence[Line]) -> None:
        """Add errors and warnings to the lines."""

    def fill(self, line: Line, device: Device) -> None:
        """Set the columns of a device that is about to be made."""

    def save(self, made: Sequence[tuple[Line, Device]]) -> None:
        """Save the extra cells of devices that were just made, in the same transaction."""


@dataclass
class Plan:
    """What an import would do."""

    lines: list[Line]
    ignored: list[str]  # heads that mean nothing here
    new_folders: list[str]  # full names, those above first

    @property
    def good(self) -> list[Line]:
        return [line for line in self.lines if not line.errors]

    @property
    def bad(self) -> list[Line]:
        return [line for line in self.lines if line.errors]

    @property
    def counts(self) -> Mapping[str, int]:
        return Counter(line.verdict for line in self.lines)

    @property
    def good_text(self) -> str:
        return f"{len(self.good):,} of {len(self.lines):,} lines can be imported"

    @property
    def bad_text(self) -> str:
        return f"{len(self.bad):,} cannot"

    @property
    def warn_text(self) -> str:
        return f"{self.counts['warn']:,} to look at"


def check(text: str, *, user: User, create_folders: bool, extra: Extra) -> Plan:
    """Return a verdict on each line of ``text``; nothing is changed.

    Raises:
        ValidationError: it is no CSV file with a head, or too long.
    """
    head, found = rows(text)
    heads = {**HEADS, **extra.heads}
    columns = [heads.get(plain(cell), "") for cell in head]
    require_columns(columns)
    lines = [Line(number, cells(columns, row)) for number, row in found]
    for line, (_, row) in zip(lines, found, strict=True):
        _check_line(line, row, columns)
    new_folders = _check_folders(lines, user, create_folders)
    _check_names(lines)
    _check_serial_numbers(lines)
    extra.check(lines)
    wanted = {line.folder for line in lines if not line.errors}
    needed = [path for path in new_folders if any((w + "/").startswith(path + "/") for w in wanted)]
    ignored = [name for name, column in zip(head, columns, strict=True) if not column and name]
    return Plan(lines, ignored, needed)


@transaction.atomic
def save(plan: Plan, *, asked_by: User, extra: Extra) -> int:
    """Import the good lines of ``plan`` and return their number.

    Raises:
        ValidationError: somebody else took a name meanwhile; nothing was imported.
    """
    places = _make_folders(plan, asked_by)
    made = [(line, _device(line, places[line.folder.lower()], extra)) for line in plan.good]
    try:
        with transaction.atomic():
            Device.objects.bulk_create([device for _, device in made], batch_size=1000)
    except IntegrityError:
        raise ValidationError(
            "Somebody added a device of the same name meanwhile. Check the file again."
        ) from None
    extra.save(made)
    named = [line.name for line in plan.good[:NAMED_IN_AUDIT]]
    audit.record(asked_by, "device.import", new={"devices": len(made), "names": named})
    return len(made)


def _check_line(line: Line, row: Sequence[str], columns: Sequence[str]) -> None:
    """Check what one line says by itself."""
    if len(row) != len(columns):
        said = line.errors if any(row[len(columns) :]) else line.warnings
        said.append(f"It has {len(row)} cell{'s'[: len(row) - 1]}, the first line {len(columns)}.")
    others = (cell for column, cell in line.cells.items() if column not in ("name", "folder"))
    if any(CONTROL.search(cell) for cell in others):
        line.errors.append("It has characters that cannot be shown.")
    if why := names.why_not(line.name) if line.name else "Name: it has none.":
        line.errors.append(why)
    for name, most in LONGEST.items():
        if len(line.cell(name)) > most:
            label, length = name.replace("_", " ").capitalize(), len(line.cell(name))
            line.errors.append(TOO_LONG.format(label=label, length=length, most=most))
    if (host := line.cell("host_name")) and not HOST_NAME.fullmatch(host):
        line.errors.append(
            f'"{host[:60]}" is not a host name. It has letters, digits, hyphens and dots.'
        )
    if line.cell("host_addressing").lower() not in ADDRESSING:
        line.errors.append(f'"{line.cell("host_addressing")[:60]}" is neither DHCP nor static.')


def _check_folders(lines: Sequence[Line], user: User, create: bool) -> list[str]:
    """Find each line's folder; return the full names of those that would be made."""
    tree = Tree.visible_to(user)
    known = {tree.full_name(path).lower(): tree.folder(path) for path in tree.folders}
    new: dict[str, str] = {}
    for line in lines:
        parts = [part.strip() for part in line.cell("folder").split("/") if part.strip()]
        line.path = tuple(parts or ["Workstations"])
        _find_folder(line, known)
        if line.above is None or not may_in(user, Right.EDIT, line.above):
            line.errors.append(f"Folder {line.folder}: you may not add devices there.")
        elif bad := next(filter(None, (names.why_not(p, label="Folder") for p in parts)), ""):
            line.errors.append(bad)
        elif line.missing and not create:
            line.errors.append(f'Folder {line.folder} is not there. Tick "Make missing folders".')
        elif line.missing == len(line.path):
            line.errors.append(f"Folder {line.folder}: it begins with Servers or Workstations.")
        elif any(len(name) > 100 for name in line.path) or len(line.path) >= folders.DEEPEST:
            line.errors.append("Folder: its name is too long, or it lies too deep.")
        for end in range(len(line.path) - line.missing + 1, len(line.path) + 1):
            full = "/" + "/".join(line.path[:end])
            new.setdefault(full.lower(), full)
    return sorted(new.values())


def _find_folder(line: Line, known: Mapping[str, Folder]) -> None:
    """Set the deepest folder of the line that is there, and how many are missing below it."""
    for missing in range(len(line.path) + 1):
        full = "/" + "/".join(line.path[: len(line.path) - missing])
        if folder := known.get(full.lower()):
            line.above, line.missing = folder, missing
            return


def _check_names(lines: Sequence[Line]) -> None:
    """Refuse names that the file or the folder already has."""
    places = {line.above.pk for line in lines if line.above}
    named = Device.objects.filter(folder__in=places).annotate(low=Lower("name"))
    there = set(named.values_list("folder", "low"))
    first: dict[tuple[str, str], int] = {}
    for line in lines:
        key = (line.folder.lower(), line.name.lower())
        is_taken = line.above and (line.above.pk, line.name.lower()) in there
        if is_taken and not line.missing:
            line.errors.append(f"Folder {line.folder} already has a device named {line.name}.")
        elif line.name and key in first:
            line.errors.append(f"Line {first[key]} has the same name in the same folder.")
        first.setdefault(key, line.number)


def _check_serial_numbers(lines: Sequence[Line]) -> None:
    """Warn of serial numbers that another device has: it may be the same one."""
    wanted = {line.cell("serial_number") for line in lines} - {""}
    found = Device.objects.exclude(serial_number="").values_list("serial_number", "name")
    there = {serial: name for serial, name in found.iterator() if serial in wanted}
    first: dict[str, int] = {}
    for line in lines:
        serial = line.cell("serial_number")
        if serial in there:
            line.warnings.append(f"{there[serial]} has the same serial number.")
        elif serial in first:
            line.warnings.append(f"Line {first[serial]} has the same serial number.")
        if serial:
            first.setdefault(serial, line.number)


def _make_folders(plan: Plan, user: User) -> dict[str, Folder]:
    """Return the folder of each full name, those made that were missing."""
    tree = Tree.visible_to(user)
    places = {tree.full_name(path).lower(): tree.folder(path) for path in tree.folders}
    for full in plan.new_folders:
        if full.lower() in places:
            continue
        above, _, name = full.rpartition("/")
        parent = places[above.lower() or "/"]
        places[full.lower()] = folders.create_folder(name=name, parent=parent, asked_by=user)
    return places


def _device(line: Line, folder: Folder, extra: Extra) -> Device:
    device = Device(
        folder=folder,
        name=line.name,
        host_name=line.cell("host_name").lower().removesuffix("."),
        host_addressing=ADDRESSING[line.cell("host_addressing").lower()],
        model=line.cell("model"),
        serial_number=line.cell("serial_number"),
        description=line.cell("description"),
    )
    extra.fill(line, device)
    device.search_text = device.words()
    return device
