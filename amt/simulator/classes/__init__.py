"""The classes of the simulated firmware, by name."""

from collections.abc import Mapping

from ..resource import Resource
from . import (
    authorization,
    boot,
    credentials,
    eventing,
    hardware,
    host_setup,
    identity,
    logs,
    power,
    remote_control,
    security,
    setup_service,
)

MODULES = (
    *(power, boot, identity, setup_service, host_setup, hardware, logs, eventing),
    *(credentials, security, authorization, remote_control),
)
CLASSES: Mapping[str, Resource] = {
    resource.name: resource for module in MODULES for resource in module.CLASSES
}

# Enumerating a base class gives the instances of those derived from it, in this order: MeshCentral
# reads the power state from the first.
DERIVED = {
    "CIM_ServiceAvailableToElement": ("CIM_AssociatedPowerManagementService",),
    "CIM_PhysicalPackage": ("CIM_Card", "CIM_Chassis"),
    "CIM_SystemPackaging": ("CIM_ComputerSystemPackage",),
    "CIM_CredentialContext": ("AMT_TLSCredentialContext",),
    "CIM_ListenerDestination": ("CIM_ListenerDestinationWSManagement",),
}
