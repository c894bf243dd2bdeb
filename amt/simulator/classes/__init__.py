"""The classes of the simulated firmware, by name."""

from collections.abc import Mapping

from ..resource import Resource
from . import boot, hardware, identity, logs, power, remote_control, security

MODULES = (power, boot, identity, hardware, logs, security, remote_control)
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
}
