"""Inventories of many devices as a file: CSV by value, JSON by device; read in chunks."""

import json
from collections.abc import Iterator
from typing import Any

from amt.models import AmtInventory
from devices import csv_cells
from devices.models import Device, DeviceQuerySet, HostReport
from devices.services.tree import Tree

HEAD = ["device", "folder", "source", "section", "name", "value"]
AT_ONCE = 50  # devices whose inventories are held in memory
Sections = dict[str, list[tuple[str, str]]]  # name and text of each value


def csv_lines(devices: DeviceQuerySet, tree: Tree) -> Iterator[str]:
    """Yield the lines of a CSV file with a line for each value."""
    return csv_cells.lines(HEAD, csv_rows(devices, tree))


def csv_rows(devices: DeviceQuerySet, tree: Tree) -> Iterator[list[str]]:
    """Yield the cells of each value, device by device."""
    for device in _read(devices):
        place = [device.name, tree.full_name(device.folder.path)]
        yield from ([*place, *cells] for cells in device_rows(device))


def device_rows(device: Device) -> Iterator[list[str]]:
    """Yield source, section, name and value of all that is known of one device's inside."""
    reading, report = _of(device)
    sources: dict[str, Sections] = {
        "Intel AMT": {s: [*facts.items()] for s, facts in reading.facts.items()} if reading else {},
        "Agent": {"Host": _agent_pairs(report)} if report else {},
    }
    for source, sections in sources.items():
        for section, pairs in sections.items():
            yield from ([source, section, name, text] for name, text in pairs)


def json_pieces(devices: DeviceQuerySet, tree: Tree) -> Iterator[str]:
    """Yield a JSON array with an object for each device, one a line."""
    start = "[\n"
    for device in _read(devices):
        told = {**device_object(device), "folder": tree.full_name(device.folder.path)}
        yield start + json.dumps(told, ensure_ascii=False)
        start = ",\n"
    yield "[]\n" if start == "[\n" else "\n]\n"


def device_object(device: Device) -> dict[str, Any]:
    """Return all that is known of one device's inside, with its logs."""
    reading, report = _of(device)
    return {
        "device": device.name,
        "amt": reading and {"read_at": reading.read_at.isoformat(), "facts": reading.facts},
        "events": reading.events if reading else [],
        "audit": reading.audit if reading else [],
        "agent": report.texts() | report.programs() if report else {},
    }


def _read(devices: DeviceQuerySet) -> Iterator[Device]:
    """Yield devices with their inventories: three queries a chunk, in the order of names."""
    found = devices.order_by("name", "pk").select_related("folder")
    return found.prefetch_related("amt_inventory", "host_report").iterator(chunk_size=AT_ONCE)


def _of(device: Device) -> tuple[AmtInventory | None, HostReport | None]:
    return getattr(device, "amt_inventory", None), getattr(device, "host_report", None)


def _agent_pairs(report: HostReport) -> list[tuple[str, str]]:
    programs = ((f"Software: {name}", version) for name, version in report.software)
    return [*report.texts().items(), *programs]  # a program may be there in two versions
