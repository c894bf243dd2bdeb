"""Simulated AMT devices: real sockets on loopback addresses, real WS-Management.

    specs = [DeviceSpec(address) for address in addresses("127.0.1.1", 24)]
    with Fleet(specs, log=Path("orders.jsonl")).running() as fleet:
        device = fleet["127.0.1.1"]
        device.set_faults(Fault.SLOW)
        device.power, device.orders, device.uuid, device.realm, device.certificate_sha256
        device.press_power_button()

A device that waits for a provisioning server whose root it trusts:

    DeviceSpec("127.0.1.1", profile="16.1", is_factory=True, is_activated=True,
               hello_to=("127.0.0.1", 9971), suffix="example.org",
               hashes=trusted_hashes(root_der, PROFILES["16.1"].major_minor),
               setup_faults=frozenset({SetupFault.of("CommitChanges", Effect.DROP_AFTER)}))
    device.set_up.state, device.last_refusal, device.has_password("…"), device.is_restarting
    device.close_window(); device.start_configuration(); device.set_setup_faults()

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
