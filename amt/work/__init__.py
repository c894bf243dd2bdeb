"""What workers do with AMT devices, apart from power."""

from amt.work.alerts import run_subscribe_items, run_unsubscribe_items
from amt.work.connection import run_connection_items
from amt.work.credentials import run_credential_items
from amt.work.discovery import name_discovered, run_discovery
from amt.work.inventory import run_inventory_items
from amt.work.provisioning import run_provision_items
from amt.work.reconciliation import run_reconciliation
from amt.work.unprovisioning import run_unprovision_items

__all__ = [
    "name_discovered",
    "run_connection_items",
    "run_credential_items",
    "run_discovery",
    "run_inventory_items",
    "run_provision_items",
    "run_reconciliation",
    "run_subscribe_items",
    "run_unprovision_items",
    "run_unsubscribe_items",
]
