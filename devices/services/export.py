"""Devices as rows of a CSV file: every column, state and age apart, times in ISO 8601."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from django.utils import timezone

from devices.models import Device, DeviceQuerySet
from devices.power_groups import poll_seconds
from devices.services.tree import Tree
from devices.state_words import seen_power

COLUMNS: Mapping[str, Callable[[Device, Mapping[str, str]], str]] = {
    "name": lambda device, row: device.name,
    "folder": lambda device, row: row["folder"],
    "host name": lambda device, row: device.host_name,
    "host addressing": lambda device, row: device.host_addressing,
    "model": lambda device, row: device.model,
    "serial number": lambda device, row: device.serial_number,
    "description": lambda device, row: device.description,
    "AMT address": lambda device, row: device.amt_address,
    "mode": lambda device, row: device.mode,
    "AMT version": lambda device, row: device.amt_version,
    "connection": lambda device, row: device.connection,
    "server": lambda device, row: _setup(device, "server"),
    "credential": lambda device, row: _setup(device, "credential"),
    "uuid": lambda device, row: _setup(device, "uuid"),
    "simulated": lambda device, row: "yes" if device.is_simulated else "no",
    "power": lambda device, row: row["power"],
    "power seen at": lambda device, row: _time(device.power_seen_at),
    "power age seconds": lambda device, row: row["age"],
    "power source": lambda device, row: device.power_source,
    "unreadable since": lambda device, row: _time(device.unreadable_since),
    "unreadable code": lambda device, row: device.unreadable_code,
}


def rows(found: DeviceQuerySet, tree: Tree) -> Iterator[list[str]]:
    """Yield the cells of each device, read in chunks: the list may be long."""
    poll, now = poll_seconds(), timezone.now()
    found = found.select_related("folder", "amt_settings__server", "amt_settings__credential")
    for device in found.iterator(chunk_size=2000):
        seen_at = device.power_seen_at
        row = {
            "folder": tree.full_name(device.folder.path),
            "power": seen_power(device, poll_seconds=poll).word.text.lower(),
            "age": str(int((now - seen_at).total_seconds())) if seen_at else "",
        }
        yield [str(cell(device, row)) for cell in COLUMNS.values()]


def _setup(device: Device, name: str) -> str:
    """Return a part of how the device is set up; what that is, an app above knows."""
    setup = getattr(device, "amt_settings", None)
    return str(getattr(setup, name, "") or "")


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
