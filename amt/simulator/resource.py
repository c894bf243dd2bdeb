"""What a WS-Man class of the simulated firmware is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .device import Device
from .envelope import Properties, Reference, Value
from .soap_fault import SoapFault

Output = Mapping[str, Value]  # in the order of the wire
Arguments = Mapping[str, list["str | Reference"]]
Method = Callable[[Device, Arguments], Output]
INSTANCE_ID = ("InstanceID",)
FOUR_KEYS = ("CreationClassName", "Name", "SystemCreationClassName", "SystemName")
DEVICE_KEYS = ("CreationClassName", "DeviceID", "SystemCreationClassName", "SystemName")
STATE_ARGUMENTS = ("PowerState", "OSPowerSavingState", "RequestedState", "Role")
ENGINE, HOST = "Intel(r) AMT", "ManagedSystem"


@dataclass(frozen=True, slots=True)
class Resource:
    """One class: its instances now, its methods, and what a Put may set."""

    name: str
    keys: tuple[str, ...]
    instances: Callable[[Device], Sequence[Properties]]
    methods: Mapping[str, Method] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()  # the methods that change nothing
    writable: frozenset[str] = frozenset()
    write_only: frozenset[str] = frozenset()  # read back empty
    one_per_pull: bool = False

    def present(self, device: Device) -> list[Properties]:
        """Return the instances as this device has them, with what was put."""
        absent = device.profile.absent_properties.get(self.name, frozenset())
        found: list[Properties] = []
        for properties in self.instances(device):
            put = device.stored.get((self.name, self.key_of(properties)), {})
            merged = {**properties, **put}
            found.append({name: value for name, value in merged.items() if name not in absent})
        return found

    def key_of(self, properties: Properties) -> str:
        """Return under what a Put of this instance is remembered."""
        return str(properties.get("InstanceID", "")) if self.keys == INSTANCE_ID else ""

    def requested_by(self, arguments: Arguments) -> int | None:
        """Return the state that an order asks for, if it asks for one."""
        for name in STATE_ARGUMENTS:
            if name in arguments and str(arguments[name][0]).isdecimal():
                return int(str(arguments[name][0]))
        return None

    def reference(self, properties: Properties) -> Reference:
        """Return the address of one instance."""
        keys = ((key, str(properties[key])) for key in self.keys if key in properties)
        return Reference(self.name, tuple(keys))


def service(class_name: str, name: str, system: str = ENGINE, **more: Value) -> Properties:
    """Return a service instance with its four keys."""
    return {
        "CreationClassName": class_name,
        "ElementName": name,
        "Name": name,
        "SystemCreationClassName": "CIM_ComputerSystem",
        "SystemName": system,
        **more,
    }


def number(arguments: Arguments, name: str) -> int:
    """Return an argument that must be a whole number."""
    text = arguments.get(name, [""])[0]
    try:
        return int(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise SoapFault("c:SchemaValidationError", f"{name} must be a number.") from None


def target(arguments: Arguments, name: str) -> Reference | None:
    """Return an argument that is a reference, None where it is absent or empty."""
    value: Any = arguments.get(name, [""])[0]
    return value if isinstance(value, Reference) else None


def done(value: int = 0, **out: Value) -> Output:
    """Return a method's out parameters and then its ReturnValue."""
    return {**out, "ReturnValue": int(value)}
