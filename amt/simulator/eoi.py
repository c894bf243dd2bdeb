"""The older SOAP interface of firmware before 9: one request in, one status and envelope out.

SOAP 1.1, rpc-literal. The answers have the order and the density that programs in the field read
by position or as text: Status, and what belongs to it, with nothing between.
"""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from amt.constants import (
    BASE_EOI,
    INTEL_OEM,
    NS_SOAP_11,
    PowerState,
    PtStatus,
    RemoteControlCommand,
    ReturnValue,
    SpecialCommand,
    SystemPowerState,
)

from .classes.boot import IS_NEXT_SINGLE_USE
from .device import BOOT_SETTINGS, Device
from .envelope import local_name, parse
from .execution import execute
from .faults import Fault
from .soap_fault import SoapFault

BODY = f"{{{NS_SOAP_11}}}Body"
ACPI = {
    PowerState.ON: SystemPowerState.S0,
    PowerState.SLEEP_LIGHT: SystemPowerState.S1,
    PowerState.SLEEP_DEEP: SystemPowerState.S3,
    PowerState.HIBERNATE: SystemPowerState.S4,
    PowerState.OFF_SOFT: SystemPowerState.S5,
    PowerState.OFF_HARD: SystemPowerState.MECHANICAL_OFF,
}
COMMANDS = {
    RemoteControlCommand.RESET: PowerState.MASTER_BUS_RESET,
    RemoteControlCommand.POWER_UP: PowerState.ON,
    RemoteControlCommand.POWER_DOWN: PowerState.OFF_SOFT,
    RemoteControlCommand.POWER_CYCLE: PowerState.CYCLE_SOFT,
}
SOURCES = {
    SpecialCommand.PXE: "Intel(r) AMT: Force PXE Boot",
    SpecialCommand.HARD_DRIVE: "Intel(r) AMT: Force Hard-drive Boot",
    SpecialCommand.CD_DVD: "Intel(r) AMT: Force CD/DVD Boot",
}
BIOS_SETUP = 1  # OEMparameters of SpecialCommand.INTEL_OEM
OEM_CAN = 0x01 | 0x02 | 0x08  # IDE redirection, serial over LAN, BIOS setup
SPECIAL_CAN = 0x0100 | 0x0200 | 0x1000  # PXE, hard drive, CD
SYSTEM_CAN = 0x01 | 0x02 | 0x04 | 0x08  # cycle, down, up, reset
INTERFACE = 0

Arguments = Mapping[str, str]
Fields = list[tuple[str, Any]]  # in the order of the wire; a value may be fields in turn
Method = Callable[[Device, Arguments], Fields]


class EoiService:
    """Answers for one device."""

    def __init__(self, device: Device) -> None:
        self._device = device

    @staticmethod
    def serves(target: str) -> bool:
        """Return whether a path is one of the services."""
        return target.removeprefix("/") in SERVICES

    def answer(self, target: str, data: bytes) -> tuple[int, bytes]:
        """Return the HTTP status and the answer to one request body.

        Raises:
            Dropped: a fault of this device ends the exchange instead.
        """
        name = target.removeprefix("/")
        try:
            method, arguments = _read(data)
            call = SERVICES[name].get(method)
            if call is None:
                raise SoapFault("Client", f"There is no method {method}.")
            with self._device.lock:
                fields = call(self._device, arguments)
        except SoapFault as fault:
            return 500, _fault(fault)
        return 200, _write(name.removesuffix("Service"), method, fields)


def _read(data: bytes) -> tuple[str, Arguments]:
    """Return the method and its arguments, those within arguments included."""
    envelope = parse(data)
    body = envelope.find(BODY)
    if body is None or len(body) != 1:
        raise SoapFault("Client", "This is no SOAP 1.1 envelope with one method.")
    call: Element = body[0]
    arguments = {
        local_name(one): (one.text or "").strip() for one in call.iter() if one is not call
    }
    return local_name(call), arguments


def _write(service: str, method: str, fields: Fields) -> bytes:
    inner = _inner(fields)
    space = f"{BASE_EOI}{service}/2004/01"
    return _envelope(f"<b:{method}Response>{inner}</b:{method}Response>", f' xmlns:b="{space}"')


def _inner(fields: Fields) -> str:
    return "".join(
        f"<b:{name}>{_inner(value) if isinstance(value, list) else escape(str(value))}</b:{name}>"
        for name, value in fields
    )


def _fault(fault: SoapFault) -> bytes:
    return _envelope(
        "<a:Fault><faultcode>a:Client</faultcode>"
        f"<faultstring>{escape(str(fault))}</faultstring></a:Fault>"
    )


def _envelope(body: str, spaces: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><a:Envelope xmlns:a="{NS_SOAP_11}"{spaces}>'
        f"<a:Body>{body}</a:Body></a:Envelope>"
    ).encode()


def _number(arguments: Arguments, name: str, default: int | None = None) -> int:
    text = arguments.get(name, "")
    if not text and default is not None:
        return default
    if not text.isascii() or not text.isdigit():
        raise SoapFault("Client", f"{name} must be a number.")
    return int(text)


def _status(status: PtStatus, *fields: tuple[str, Any]) -> Fields:
    return [("Status", int(status)), *fields]


def _core_version(device: Device, arguments: Arguments) -> Fields:
    return _status(PtStatus.SUCCESS, ("Version", device.profile.version))


def _host_name(device: Device, arguments: Arguments) -> Fields:
    return _status(PtStatus.SUCCESS, ("HostName", device.host_name))


def _domain_name(device: Device, arguments: Arguments) -> Fields:
    return _status(PtStatus.SUCCESS, ("DomainName", "example.org"))


def _interfaces(device: Device, arguments: Arguments) -> Fields:
    return _status(PtStatus.SUCCESS, ("Interfaces", INTERFACE))


def _interface(device: Device, arguments: Arguments) -> Fields:
    if _number(arguments, "InterfaceHandle") != INTERFACE:
        return _status(PtStatus.INVALID_HANDLE)
    address = int(ipaddress.IPv4Address(device.address))
    parameters = [
        ("LocalAddress", address),
        ("SubnetMask", 0xFF000000),
        ("DefaultGatewayAddress", 0),
        ("PrimaryDnsAddress", 0),
        ("SecondaryDnsAddress", 0),
    ]
    descriptor = [
        ("InterfaceMode", "SHARED_MAC_ADDRESS"),  # DHCP
        ("LinkPolicy", 1),
        ("IPv4Parameters", parameters),
    ]
    return _status(PtStatus.SUCCESS, ("InterfaceDescriptor", descriptor))


def _power_state(device: Device, arguments: Arguments) -> Fields:
    if Fault.STATE_UNREADABLE in device.faults:
        return _status(PtStatus.INTERNAL_ERROR)
    state = ACPI.get(device.power, SystemPowerState.S4_OR_S5)
    return _status(PtStatus.SUCCESS, ("SystemPowerState", int(state)))


def _capabilities(device: Device, arguments: Arguments) -> Fields:
    return _status(
        PtStatus.SUCCESS,
        ("IanaOemNumber", INTEL_OEM),
        ("OemDefinedCapabilities", OEM_CAN),
        ("SpecialCommandsSupported", SPECIAL_CAN),
        ("SystemCapabilitiesSupported", SYSTEM_CAN),
        ("SystemFirmwareCapabilities", 0),
    )


def _remote_control(device: Device, arguments: Arguments) -> Fields:
    command = _number(arguments, "Command")
    special = _number(arguments, "SpecialCommand", SpecialCommand.NONE)
    if _number(arguments, "IanaOemNumber") != INTEL_OEM:
        return _status(PtStatus.UNSUPPORTED_OEM_NUMBER)
    if command not in COMMANDS:
        return _status(PtStatus.INVALID_COMMAND)
    if not _boots_by(special, _number(arguments, "OEMparameters", 0)):
        return _status(PtStatus.INVALID_SPECIAL_COMMAND)
    if Fault.REFUSES_ORDER in device.faults:
        return _status(PtStatus.NOT_PERMITTED)
    if Fault.ACCEPTS_AND_IGNORES in device.faults:
        return _status(PtStatus.SUCCESS)
    wanted = COMMANDS[RemoteControlCommand(command)]
    return execute(
        device,
        "RemoteControlService",
        "RemoteControl",
        lambda: _obey(device, wanted, special),
        requested=wanted,
        is_executed=lambda fields: fields == _status(PtStatus.SUCCESS),
    )


def _boots_by(special: int, parameters: int) -> bool:
    if special == SpecialCommand.INTEL_OEM:
        return parameters == BIOS_SETUP
    return special == SpecialCommand.NONE or special in SOURCES


def _obey(device: Device, wanted: PowerState, special: int) -> Fields:
    """Set what the next boot is to do, and order the state; a refusal takes the former back."""
    if special in SOURCES:
        device.boot_source = SOURCES[SpecialCommand(special)]
        device.boot_role = IS_NEXT_SINGLE_USE
    elif special == SpecialCommand.INTEL_OEM:
        device.stored[BOOT_SETTINGS] = {"BIOSSetup": True}
    if device.request_power(wanted) == ReturnValue.OK:
        return _status(PtStatus.SUCCESS)
    device.boot_source = ""
    device.stored.pop(BOOT_SETTINGS, None)
    return _status(PtStatus.NOT_PERMITTED)


SERVICES: Mapping[str, Mapping[str, Method]] = {
    "SecurityAdministrationService": {"GetCoreVersion": _core_version},
    "NetworkAdministrationService": {
        "GetHostName": _host_name,
        "GetDomainName": _domain_name,
        "EnumerateInterfaces": _interfaces,
        "GetInterfaceSettings": _interface,
    },
    "RemoteControlService": {
        "GetSystemPowerState": _power_state,
        "GetRemoteControlCapabilities": _capabilities,
        "RemoteControl": _remote_control,
    },
}
