"""Simulated AMT devices: real sockets on loopback addresses, real WS-Management.

    specs = [DeviceSpec(address) for address in addresses("127.0.1.1", 24)]
    with Fleet(specs, log=Path("orders.jsonl")).running() as fleet:
        device = fleet["127.0.1.1"]
        device.set_faults(Fault.SLOW)
        device.power, device.orders, device.uuid, device.realm, device.certificate_sha256
        device.press_power_button()

``async with Fleet(specs)`` does the same in the running event loop. Ports: 16992, 16993 and UDP
623; ``fleet.unbound`` names those that could not be had. Alone: ``python -m amt.simulator``.
"""

from .device import Boot, Device, DeviceSpec, Order, as_it_comes
from .faults import MEANING, Fault
from .fleet import Fleet, addresses
from .profiles import PROFILES, Profile
from .set_up import StickResult

__all__ = [
    "MEANING",
    "PROFILES",
    "Boot",
    "Device",
    "DeviceSpec",
    "Fault",
    "Fleet",
    "Order",
    "Profile",
    "StickResult",
    "addresses",
    "as_it_comes",
]
