"""The classes that read and change the power state."""

from amt.constants import ReturnValue

from ..device import Device
from ..envelope import Properties, Reference, Value
from ..faults import Fault
from ..resource import (
    ENGINE,
    FOUR_KEYS,
    HOST,
    INSTANCE_ID,
    Arguments,
    Output,
    Resource,
    done,
    number,
    service,
)
from ..soap_fault import SoapFault
from .hardware import is_portable

NAME = "Intel(r) AMT Power Management Service"
SERVICE = Reference(
    "CIM_PowerManagementService",
    (
        ("CreationClassName", "CIM_PowerManagementService"),
        ("Name", NAME),
        ("SystemCreationClassName", "CIM_ComputerSystem"),
        ("SystemName", ENGINE),
    ),
)
SYSTEM = Reference(
    "CIM_ComputerSystem", (("CreationClassName", "CIM_ComputerSystem"), ("Name", HOST))
)


REFUSALS = {
    Fault.REFUSES_ORDER: ReturnValue.NOT_NOW,
    Fault.ORDER_IN_USE: ReturnValue.IN_USE,
    Fault.ORDER_NOT_FROM_HERE: ReturnValue.INVALID_TRANSITION,
}
UNHEARD_OF = 99  # no power state


def _readable(device: Device) -> None:
    if Fault.STATE_UNREADABLE in device.faults:
        raise SoapFault("c:InternalError", "The power state cannot be read.", status=500)


def _associated(device: Device) -> list[Properties]:
    _readable(device)
    machine = device.machine
    properties: dict[str, Value] = {
        "AvailableRequestedPowerStates": [int(state) for state in machine.available],
        "PowerState": UNHEARD_OF if Fault.STATE_UNHEARD_OF in device.faults else int(machine.state),
        "ServiceProvided": SERVICE,
        "UserOfService": SYSTEM,
    }
    if Fault.STATE_MISSING in device.faults:
        del properties["PowerState"]
    return [properties]


def _os_service(device: Device) -> list[Properties]:
    _readable(device)
    properties = service("IPS_PowerManagementService", NAME, EnabledState=5, RequestedState=12)
    saving = device.machine.os_power_saving
    if device.profile.shows_os_power_saving and saving is not None:
        properties = {**properties, "OSPowerSavingState": int(saving)}
    return [properties]


def _request(device: Device, arguments: Arguments) -> Output:
    wanted = number(arguments, "PowerState")
    if refusal := next((REFUSALS[one] for one in REFUSALS if one in device.faults), None):
        return done(refusal)
    return done(device.request_power(wanted))


def _request_os(device: Device, arguments: Arguments) -> Output:
    wanted = number(arguments, "OSPowerSavingState")
    return done(device.machine.request_os_power_saving(wanted))


def _capabilities(device: Device) -> list[Properties]:
    states = [5, 8, 2, 10, 11, 12, 14]
    return [
        {
            "ElementName": "Power Management Capabilities",
            "InstanceID": "Intel(r) AMT:PowerManagementCapabilities 0",
            "OtherPowerChangeCapabilities": "",
            "PowerChangeCapabilities": [2, 3, 4, 7, 8],
            "PowerStatesSupported": states,
            "RequestedPowerStatesSupported": states,
        }
    ]


POLICIES = ("ON in S0", "ON in S0, ME Wake in S3, S4-5")  # of a desktop; a laptop's have AC
GUIDS = ("djmXEQtWUEOIcJgS85G1YA==", "MIAN7gnAeEOvKHhootu+Og==")  # of a laptop's; as recorded


def _schemes(device: Device) -> list[Properties]:
    found: list[Properties] = []
    for index, text in enumerate(POLICIES):
        scheme = {"ElementName": "Intel(r) AMT Power Scheme", "InstanceID": f"SCHEME {index}"}
        if is_portable(device):
            text += " (AC only)" if index else ""
            found.append({"Description": f"Mobile: {text}", **scheme, "SchemeGUID": GUIDS[index]})
        else:
            found.append({"Description": f"Desktop: {text}", **scheme})
    return found


def _element_settings(device: Device) -> list[Properties]:
    """Return which power package is the one in use: IsCurrent is 1."""
    used = 0 if Fault.SLEEPS_WITH_HOST in device.faults else 1
    keys = (("CreationClassName", "CIM_ComputerSystem"), ("Name", ENGINE))
    return [
        {
            "IsCurrent": 1 if index == used else 2,
            "IsDefault": 1 if index == 1 else 2,
            "IsNext": 2,
            "ManagedElement": Reference("CIM_ComputerSystem", keys),
            "SettingData": Reference("AMT_SystemPowerScheme", (("InstanceID", f"SCHEME {index}"),)),
        }
        for index in range(len(POLICIES))
    ]


CLASSES = (
    Resource("AMT_SystemPowerScheme", INSTANCE_ID, _schemes),
    Resource("CIM_ElementSettingData", ("ManagedElement", "SettingData"), _element_settings),
    Resource(
        "CIM_AssociatedPowerManagementService", ("ServiceProvided", "UserOfService"), _associated
    ),
    Resource(
        "CIM_PowerManagementService",
        FOUR_KEYS,
        lambda device: [
            service("CIM_PowerManagementService", NAME, EnabledState=5, RequestedState=12)
        ],
        methods={"RequestPowerStateChange": _request},
    ),
    Resource(
        "IPS_PowerManagementService",
        FOUR_KEYS,
        _os_service,
        methods={"RequestOSPowerSavingStateChange": _request_os},
    ),
    Resource("CIM_PowerManagementCapabilities", INSTANCE_ID, _capabilities),
)
