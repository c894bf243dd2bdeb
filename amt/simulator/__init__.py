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

from .client_chain import Refusal
from .device import Boot, Device, Order
from .device_spec import DeviceSpec, as_it_comes
from .faults import MEANING, Fault
from .fleet import Fleet, addresses
from .profiles import PROFILES, Profile
from .set_up import ControlMode, State, StickResult, TrustedHash, trusted_hashes
from .setup_faults import SETUP_MEANING, CallFault, Effect, SetupFault

__all__ = [
    "MEANING",
    "PROFILES",
    "SETUP_MEANING",
    "Boot",
    "CallFault",
    "ControlMode",
    "Device",
    "DeviceSpec",
    "Effect",
    "Fault",
    "Fleet",
    "Order",
    "Profile",
    "Refusal",
    "SetupFault",
    "State",
    "StickResult",
    "TrustedHash",
    "addresses",
    "as_it_comes",
    "trusted_hashes",
]
