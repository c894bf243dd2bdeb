"""The out-of-band inventory as facts: section, name, text. Pure, but for the one reader.

Odd answers never break it: a class that is absent, a property that is missing or of another type
leaves its fact out, or shows the text as it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from amt.constants import ControlMode, ProvisioningState
from amt.protocol.errors import AmtBadAnswer, AmtError, AmtFault, AmtReturnValue
from amt.protocol.wsman.instance import Instance
from amt.protocol.wsman.session import Session

NO_MAC = "00-00-00-00-00-00"
Facts = dict[str, dict[str, str]]  # text by name, by section
Answers = Mapping[str, Sequence[Instance]]  # by class

SINGLE = (
    *("CIM_ComputerSystemPackage", "CIM_Chassis", "CIM_Card", "CIM_BIOSElement"),
    *("AMT_GeneralSettings", "AMT_SetupAndConfigurationService", "IPS_HostBasedSetupService"),
    *("AMT_RedirectionService", "CIM_KVMRedirectionSAP", "IPS_OptInService"),
)
MANY = (
    *("CIM_Chip", "CIM_Processor", "CIM_PhysicalMemory", "CIM_MediaAccessDevice"),
    *("AMT_EthernetPortSettings", "CIM_SoftwareIdentity", "AMT_SystemPowerScheme"),
    *("AMT_TLSSettingData", "AMT_PublicKeyCertificate"),
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
REDIRECTION = {
    32768: "off",
    32769: "disk redirection",
    32770: "Serial over LAN",
    32771: "Serial over LAN and disk redirection",
}
KVM = {2: "on", 3: "off", 6: "on, not in use"}
CONSENT = {0: "not needed", 1: "for KVM", 0xFFFFFFFF: "for all redirection"}
SKU = {3: "AMT", 4: "Standard Manageability", 14: "corporate", 15: "consumer"}
CONTROL_MODES = {
    0: "not set up",
    int(ControlMode.CLIENT): "client control mode",
    int(ControlMode.ADMIN): "admin control mode",
}
STATES = {
    int(ProvisioningState.PRE): "not set up",
    int(ProvisioningState.IN): "waits to be set up",
    int(ProvisioningState.POST): "set up",
}
GIB, GIGABYTE = 1 << 30, 1_000_000  # bytes; kB of 1,000 bytes, as disks are told


async def read_facts(session: Session) -> Facts:
    """Return what the device tells of the PC and of itself.

    Raises:
        AmtFault: it tells nothing at all: the account may not read it.
        AmtError: the connection broke, or the login is not accepted; an absent class is no error.

    Source: amt-protocol.md 10.1.
    """
    answers: dict[str, Sequence[Instance]] = {}
    refused: AmtError | None = None
    for name in (*SINGLE, *MANY):
        try:
            one = name in SINGLE
            answers[name] = [await session.get(name)] if one else await session.enumerate(name)
        except AmtError as error:
            if not is_about_one_class(error):
                raise
            refused = error
    if refused and not answers:
        raise refused
    return facts_of(answers)


def is_about_one_class(error: AmtError) -> bool:
    """Return whether the device answered, and only what it was asked about is absent or odd."""
    is_odd = isinstance(error, AmtBadAnswer) and error.reason == "unexpected"
    return is_odd or isinstance(error, AmtFault | AmtReturnValue)


def facts_of(answers: Answers) -> Facts:
    """Return the facts in ``answers``; sections without any are left out."""
    sections: Facts = {
        "Platform": _platform(answers),
        "Board": _board(_first(answers, "CIM_Card")),
        "BIOS": _bios(_first(answers, "CIM_BIOSElement")),
        **_numbered("Processor", _processors(answers)),
        **_numbered("Memory", [_memory(one) for one in answers.get("CIM_PhysicalMemory", ())]),
        **_numbered("Disk", [_disk(one) for one in answers.get("CIM_MediaAccessDevice", ())]),
        **_numbered("Network port", _ports(answers)),
        "Management Engine": _engine(answers),
        "Firmware": _firmware(answers),
        **_numbered("Power policy", _schemes(answers)),
    }
    told = {name: {k: v for k, v in facts.items() if v} for name, facts in sections.items()}
    return {name: facts for name, facts in told.items() if facts}


def flat(facts: Facts) -> dict[str, str]:
    """Return the texts by one name each: what two readings are compared by."""
    return {
        f"{section}: {name}": text
        for section, found in facts.items()
        for name, text in found.items()
    }


def _first(answers: Answers, name: str) -> Instance:
    found = answers.get(name, ())
    return found[0] if found else Instance(name, {})


def _numbered(name: str, found: Sequence[dict[str, str]]) -> Facts:
    """Return sections of one kind; several are numbered from 1."""
    if len(found) == 1:
        return {name: found[0]}
    return {f"{name} {number}": facts for number, facts in enumerate(found, 1)}


def _number(found: Instance, name: str) -> int | None:
    try:
        return found.integer_or_none(name)
    except AmtBadAnswer:
        return None


def _meaning(found: Instance, name: str, meanings: Mapping[int, str]) -> str:
    number = _number(found, name)
    return meanings.get(number, str(number)) if number is not None else found.text(name)


def _text(found: Instance, name: str) -> str:
    return found.text(name).strip()


def _yes(found: Instance, name: str) -> str:
    value = found.flag(name)
    return "" if value is None else "yes" if value else "no"


def _uuid(text: str) -> str:
    """Return the platform's UUID as people write it; the bytes come as SMBIOS orders them.

    What is none is left as it came.
    """
    try:
        return str(UUID(bytes_le=bytes.fromhex(text)))
    except ValueError:
        return text


def _platform(answers: Answers) -> dict[str, str]:
    chassis = _first(answers, "CIM_Chassis")
    guid = _text(_first(answers, "CIM_ComputerSystemPackage"), "PlatformGUID")
    return {
        "UUID": _uuid(guid) if guid else "",
        **_board(chassis),
        "Chassis": _meaning(chassis, "PackageType", CHASSIS),
    }


def _board(found: Instance) -> dict[str, str]:
    return {
        "Manufacturer": _text(found, "Manufacturer"),
        "Model": _text(found, "Model"),
        "Version": _text(found, "Version"),
        "Serial number": _text(found, "SerialNumber"),
    }


def _bios(found: Instance) -> dict[str, str]:
    released = found.get("ReleaseDate")
    day = f"{released:%Y-%m-%d}" if isinstance(released, datetime) else _text(found, "ReleaseDate")
    return {
        "Manufacturer": _text(found, "Manufacturer"),
        "Version": _text(found, "Version"),
        "Released": day,
    }


def _processors(answers: Answers) -> list[dict[str, str]]:
    chips = [one for one in answers.get("CIM_Chip", ()) if "Processor" in _text(one, "ElementName")]
    found = answers.get("CIM_Processor", ())
    names = [_text(chip, "Version") for chip in chips]
    count = max(len(names), len(found))
    told = []
    for number in range(count):
        one = found[number] if number < len(found) else Instance("CIM_Processor", {})
        told.append(
            {
                "Name": names[number] if number < len(names) else "",
                "Family": _text(one, "Family"),
                "Stepping": _text(one, "Stepping"),
                "Speed": _with_unit(_number(one, "CurrentClockSpeed"), "MHz"),
                "Highest speed": _with_unit(_number(one, "MaxClockSpeed"), "MHz"),
            }
        )
    return told


def _with_unit(number: int | None, unit: str) -> str:
    return f"{number:,} {unit}" if number else ""


def _memory(found: Instance) -> dict[str, str]:
    size = _number(found, "Capacity")
    speed = _number(found, "ConfiguredMemoryClockSpeed") or _number(found, "Speed")
    return {
        "Bank": _text(found, "BankLabel"),
        "Size": f"{size / GIB:g} GiB" if size else "",
        "Speed": _with_unit(speed, "MHz"),
        "Type": _meaning(found, "MemoryType", MEMORY_TYPES),
        "Form factor": _meaning(found, "FormFactor", FORM_FACTORS),
        "Manufacturer": _text(found, "Manufacturer"),
        "Part number": _text(found, "PartNumber"),
        "Serial number": _text(found, "SerialNumber"),
    }


def _disk(found: Instance) -> dict[str, str]:
    size = _number(found, "MaxMediaSize")
    return {"Name": _text(found, "DeviceID"), "Size": f"{size / GIGABYTE:,.1f} GB" if size else ""}


def _ports(answers: Answers) -> list[dict[str, str]]:
    return [
        {
            "Kind": "wireless" if "WLANLinkProtectionLevel" in port else "wired",
            "MAC address": _text(port, "MACAddress"),
            "Address": _text(port, "IPAddress"),
            "Subnet mask": _text(port, "SubnetMask"),
            "Gateway": _text(port, "DefaultGateway"),
            "DHCP": _yes(port, "DHCPEnabled"),
            "Link is up": _yes(port, "LinkIsUp"),
        }
        for port in answers.get("AMT_EthernetPortSettings", ())
        if _text(port, "MACAddress") not in ("", NO_MAC)
    ]


def _engine(answers: Answers) -> dict[str, str]:
    general = _first(answers, "AMT_GeneralSettings")
    remote = [
        one for one in answers.get("AMT_TLSSettingData", ()) if "802.3" in _text(one, "InstanceID")
    ]
    certificates = answers.get("AMT_PublicKeyCertificate")
    return {
        "Host name": _text(general, "HostName"),
        "Domain name": _text(general, "DomainName"),
        "State": _meaning(
            _first(answers, "AMT_SetupAndConfigurationService"), "ProvisioningState", STATES
        ),
        "Control mode": _meaning(
            _first(answers, "IPS_HostBasedSetupService"), "CurrentControlMode", CONTROL_MODES
        ),
        "TLS": _yes(remote[0], "Enabled") if remote else "",
        "Certificates": "" if certificates is None else str(len(certificates)),
        "Redirection": _meaning(
            _first(answers, "AMT_RedirectionService"), "EnabledState", REDIRECTION
        ),
        "KVM": _meaning(_first(answers, "CIM_KVMRedirectionSAP"), "EnabledState", KVM),
        "User consent": _meaning(_first(answers, "IPS_OptInService"), "OptInRequired", CONSENT),
    }


def _firmware(answers: Answers) -> dict[str, str]:
    parts = {
        _text(part, "InstanceID"): _text(part, "VersionString")
        for part in answers.get("CIM_SoftwareIdentity", ())
    }
    if (sku := parts.get("Sku", "")).isdecimal():
        bits = [name for bit, name in SKU.items() if int(sku) >> bit & 1]
        parts["Sku"] = f"{sku} ({', '.join(bits)})" if bits else sku
    return parts


def _schemes(answers: Answers) -> list[dict[str, str]]:
    return [
        {"Name": _text(one, "InstanceID"), "Description": _text(one, "Description")}
        for one in answers.get("AMT_SystemPowerScheme", ())
    ]
