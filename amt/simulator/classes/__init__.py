"""The classes of the simulated firmware, by name."""

from collections.abc import Mapping

from ..resource import Resource
from . import identity, power

CLASSES: Mapping[str, Resource] = {
    resource.name: resource for module in (power, identity) for resource in module.CLASSES
}

# Enumerating a base class gives the instances of its derived classes, these first to last.
DERIVED = {
    "CIM_ServiceAvailableToElement": ("CIM_AssociatedPowerManagementService",),
}
