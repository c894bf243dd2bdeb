"""What a PC is made of, as its Management Engine tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from amt.protocol.errors import AmtFault
from amt.protocol.wsman.instance import Instance
from amt.protocol.wsman.session import Session

NO_MAC = "00-00-00-00-00-00"


@dataclass(frozen=True, slots=True)
class Board:
    """A chassis or a base board."""

    manufacturer: str = ""
    model: str = ""
    version: str = ""
    serial_number: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """One memory module."""

    bank: str
    bytes: int
    mhz: int
    manufacturer: str
    part_number: str
    serial_number: str


@dataclass(frozen=True, slots=True)
class NetworkPort:
    """One network port of the Management Engine."""

    mac: str
    address: str
    is_wireless: bool
    is_link_up: bool | None
    uses_dhcp: bool | None


@dataclass(frozen=True, slots=True)
class Inventory:
    """The basics. What a device does not have or not tell is empty."""

    chassis: Board
    board: Board
    bios_version: str
    bios_date: datetime | None
    processors: tuple[str, ...]
    memory: tuple[Memory, ...]
    media_bytes: tuple[int, ...]
    network: tuple[NetworkPort, ...]


async def read_inventory(session: Session) -> Inventory:
    """Return the inventory; classes that the firmware lacks are left out.

    Source: amt-protocol.md 10.1.
    """
    bios = await _one(session, "CIM_BIOSElement")
    released = bios["ReleaseDate"] if bios and "ReleaseDate" in bios else None
    chips = await _many(session, "CIM_Chip")
    return Inventory(
        chassis=_board(await _one(session, "CIM_Chassis")),
        board=_board(await _one(session, "CIM_Card")),
        bios_version=bios.text("Version") if bios else "",
        bios_date=released if isinstance(released, datetime) else None,
        processors=await _processors(session, chips),
        memory=tuple(_memory(found) for found in await _many(session, "CIM_PhysicalMemory")),
        media_bytes=tuple(
            1000 * (found.integer_or_none("MaxMediaSize") or 0)  # told in kB of 1000 bytes
            for found in await _many(session, "CIM_MediaAccessDevice")
        ),
        network=await read_network_ports(session),
    )


async def read_network_ports(session: Session) -> tuple[NetworkPort, ...]:
    """Return the network ports; one without a MAC address is not there."""
    found = await _many(session, "AMT_EthernetPortSettings")
    return tuple(
        NetworkPort(
            mac=port.text("MACAddress"),
            address=port.text("IPAddress"),
            is_wireless="WLANLinkProtectionLevel" in port,
            is_link_up=port.flag("LinkIsUp"),
            uses_dhcp=port.flag("DHCPEnabled"),
        )
        for port in found
        if port.text("MACAddress") not in ("", NO_MAC)
    )


async def _one(session: Session, class_name: str) -> Instance | None:
    try:
        return await session.get(class_name)
    except AmtFault:
        return None


async def _many(session: Session, class_name: str) -> list[Instance]:
    try:
        return await session.enumerate(class_name)
    except AmtFault:
        return []


async def _processors(session: Session, chips: list[Instance]) -> tuple[str, ...]:
    """Return a line for each processor: its chip's name where told, else what its data say."""
    names = [chip.text("Version") for chip in chips if "Processor" in chip.text("ElementName")]
    if any(names):
        return tuple(name.strip() for name in names)
    found = await _many(session, "CIM_Processor")
    return tuple(
        f"{cpu.text('DeviceID')}, family {cpu.text('Family')}, {cpu.text('MaxClockSpeed')} MHz"
        for cpu in found
    )


def _board(found: Instance | None) -> Board:
    if found is None:
        return Board()
    return Board(
        manufacturer=found.text("Manufacturer").strip(),
        model=found.text("Model").strip(),
        version=found.text("Version").strip(),
        serial_number=found.text("SerialNumber").strip(),
    )


def _memory(found: Instance) -> Memory:
    speed = found.integer_or_none("ConfiguredMemoryClockSpeed") or found.integer_or_none("Speed")
    return Memory(
        bank=found.text("BankLabel"),
        bytes=found.integer_or_none("Capacity") or 0,
        mhz=speed or 0,
        manufacturer=found.text("Manufacturer").strip(),
        part_number=found.text("PartNumber").strip(),
        serial_number=found.text("SerialNumber").strip(),
    )
