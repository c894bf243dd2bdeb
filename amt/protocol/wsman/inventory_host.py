"""What a PC is made of: platform, board, BIOS, processors, memory, disks, battery."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from amt.protocol.wsman.instance import Instance
from amt.protocol.wsman.inventory_text import (
    Answers,
    Facts,
    each,
    first,
    meaning,
    numbered,
    safely,
    text,
    whole,
    with_unit,
)

CHASSIS = {
    3: "Desktop",
    4: "Low profile desktop",
    6: "Mini tower",
    7: "Tower",
    8: "Portable",
    9: "Laptop",
    10: "Notebook",
    13: "All in one",
    30: "Tablet",
    31: "Convertible",
    35: "Mini PC",
}
MEMORY_TYPES = {24: "DDR3", 26: "DDR4", 34: "DDR5", 35: "LPDDR5", 30: "LPDDR4"}
FORM_FACTORS = {8: "DIMM", 9: "DIMM", 12: "SODIMM", 13: "SODIMM"}
# JEP106: the code of the bank, then that of the maker, each with its parity bit
MEMORY_MAKERS = {
    "802C": "Micron",
    "80AD": "SK hynix",
    "80CE": "Samsung",
    "0198": "Kingston",
    "029E": "Corsair",
    "02FE": "Elpida",
    "04CB": "ADATA",
    "04CD": "G.Skill",
    "830B": "Nanya",
    "859B": "Crucial",
}
CHEMISTRIES = {
    3: "lead acid",
    4: "nickel cadmium",
    5: "nickel metal hydride",
    6: "lithium ion",
    8: "lithium polymer",
}
GIB, GIGABYTE = 1 << 30, 1_000_000  # bytes; kB of 1,000 bytes, as disks are told


def host_facts(answers: Answers) -> Facts:
    """Return the sections about the PC itself."""
    return {
        "Platform": safely(_platform, answers),
        "Board": safely(_board, first(answers, "CIM_Card")),
        "BIOS": safely(_bios, first(answers, "CIM_BIOSElement")),
        **numbered("Processor", _processors(answers)),
        **numbered("Memory", each(answers, "CIM_PhysicalMemory", _memory)),
        **numbered("Disk", each(answers, "CIM_MediaAccessDevice", _disk)),
        **numbered("Battery", each(answers, "CIM_Battery", _battery)),
    }


def _uuid(text: str) -> str:
    """Return the platform's UUID as people write it; the bytes come as SMBIOS orders them.

    What is none is left as it came.
    """
    try:
        return str(UUID(bytes_le=bytes.fromhex(text)))
    except ValueError:
        return text


def _platform(answers: Answers) -> dict[str, str]:
    chassis = first(answers, "CIM_Chassis")
    guid = text(first(answers, "CIM_ComputerSystemPackage"), "PlatformGUID")
    return {
        "UUID": _uuid(guid) if guid else "",
        **_board(chassis),
        "Chassis": meaning(chassis, "PackageType", CHASSIS),
    }


def _board(found: Instance) -> dict[str, str]:
    return {
        "Manufacturer": text(found, "Manufacturer"),
        "Model": text(found, "Model"),
        "Version": text(found, "Version"),
        "Serial number": text(found, "SerialNumber"),
    }


def _bios(found: Instance) -> dict[str, str]:
    released = found.get("ReleaseDate")
    day = f"{released:%Y-%m-%d}" if isinstance(released, datetime) else text(found, "ReleaseDate")
    return {
        "Manufacturer": text(found, "Manufacturer"),
        "Version": text(found, "Version"),
        "Released": day,
    }


def _processors(answers: Answers) -> list[dict[str, str]]:
    chips = [one for one in answers.get("CIM_Chip", ()) if "Processor" in text(one, "ElementName")]
    found = answers.get("CIM_Processor", ())
    names = [text(chip, "Version") for chip in chips]
    count = max(len(names), len(found))
    told = []
    for index in range(count):
        one = found[index] if index < len(found) else Instance("CIM_Processor", {})
        told.append(
            {
                "Name": names[index] if index < len(names) else "",
                "Family": text(one, "Family"),
                "Stepping": text(one, "Stepping"),
                "Speed": with_unit(whole(one, "CurrentClockSpeed"), "MHz"),
                "Highest speed": with_unit(whole(one, "MaxClockSpeed"), "MHz"),
            }
        )
    return told


def _memory(found: Instance) -> dict[str, str]:
    size = whole(found, "Capacity")
    speed = whole(found, "ConfiguredMemoryClockSpeed") or whole(found, "Speed")
    return {
        "Bank": text(found, "BankLabel"),
        "Size": f"{size / GIB:g} GiB" if size else "",
        "Speed": with_unit(speed, "MHz"),
        "Type": meaning(found, "MemoryType", MEMORY_TYPES),
        "Form factor": meaning(found, "FormFactor", FORM_FACTORS),
        "Manufacturer": _memory_maker(text(found, "Manufacturer")),
        "Part number": text(found, "PartNumber"),
        "Serial number": text(found, "SerialNumber"),
    }


def _memory_maker(code: str) -> str:
    maker = MEMORY_MAKERS.get(code.upper())
    return f"{maker} ({code})" if maker else code


def _disk(found: Instance) -> dict[str, str]:
    size = whole(found, "MaxMediaSize")
    return {"Name": text(found, "DeviceID"), "Size": f"{size / GIGABYTE:,.1f} GB" if size else ""}


def _battery(found: Instance) -> dict[str, str]:
    return {
        "Name": text(found, "DeviceID"),
        "Chemistry": meaning(found, "Chemistry", CHEMISTRIES),
        "Capacity as new": with_unit(whole(found, "DesignCapacity"), "mWh"),
        "Capacity when full": with_unit(whole(found, "FullChargeCapacity"), "mWh"),
    }
