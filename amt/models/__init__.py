"""The rows of Intel AMT: how devices are reached, and what the zone proves itself with."""

from amt.models.alerts import AlertSubscription
from amt.models.certificates import Certificate, CertificateRequest
from amt.models.discovered import DiscoveredDevice
from amt.models.discovery import DiscoveryRun, DiscoveryTask
from amt.models.former import FormerSettings
from amt.models.inventory import AmtInventory
from amt.models.planned import ZonePlan
from amt.models.provisioning import Orphan, Provisioning, ProvisionOrder, UnprovisionOrder
from amt.models.reconciliation import (
    ReconciliationDecision,
    ReconciliationLine,
    ReconciliationRun,
)
from amt.models.settings import AmtSettings, CredentialTest
from amt.models.zone_change import ZoneCertificateChange

__all__ = [
    "AlertSubscription",
    "AmtInventory",
    "AmtSettings",
    "Certificate",
    "CertificateRequest",
    "CredentialTest",
    "DiscoveredDevice",
    "DiscoveryRun",
    "DiscoveryTask",
    "FormerSettings",
    "Orphan",
    "ProvisionOrder",
    "Provisioning",
    "ReconciliationDecision",
    "ReconciliationLine",
    "ReconciliationRun",
    "UnprovisionOrder",
    "ZoneCertificateChange",
    "ZonePlan",
]
