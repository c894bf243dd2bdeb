"""What a WS-Man class of the simulated firmware is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .device import Device
from .envelope import Properties, Reference, Request, Value
from .soap_fault import SoapFault

Output = Mapping[str, Value]  # in the order of the wire
Arguments = Mapping[str, list["str | Reference"]]
Method = Callable[[Device, Arguments], Output]
Put = Callable[[Device, Properties, dict[str, Any]], Mapping[str, Value]]
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
    optional: Properties = field(default_factory=dict)  # may be put though absent, and an example
    put: Put | None = None  # takes what was changed; returns what the answer shows otherwise
    create: Callable[[Device, Arguments], Reference] | None = None
    delete: Callable[[Device, Properties], None] | None = None
    subscribe: Callable[[Device, Properties, Request], Reference] | None = None
    unsubscribe: Callable[[Device, Properties], None] | None = None
    is_sole: bool = False  # a Put needs no selectors: there is one instance at most

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


def text(arguments: Arguments, name: str) -> str:
    """Return an argument that is plain text, empty where it is absent."""
    value = arguments.get(name, [""])[0]
    return value if isinstance(value, str) else ""


def is_true(arguments: Arguments, name: str) -> bool:
    """Return an argument that is yes or no."""
    return text(arguments, name) in ("true", "1")


def handle_of(reference: Reference | None, class_name: str) -> int | None:
    """Return the number in an InstanceID such as ``Intel(r) AMT Key: Handle: 3``."""
    if reference is None or reference.class_name != class_name:
        return None
    number = str(dict(reference.selectors).get("InstanceID", "")).rpartition(" ")[2]
    return int(number) if number.isdecimal() else None


def target(arguments: Arguments, name: str) -> Reference | None:
    """Return an argument that is a reference, None where it is absent or empty."""
    value: Any = arguments.get(name, [""])[0]
    return value if isinstance(value, Reference) else None


def done(value: int = 0, **out: Value) -> Output:
    """Return a method's out parameters and then its ReturnValue."""
    return {**out, "ReturnValue": int(value)}
