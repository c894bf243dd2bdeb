"""The Celery tasks of AMT: shells without logic; the rows are the result."""

from celery import shared_task

from amt import work


@shared_task
def run_connection_items(item_pks: list[int]) -> None:
    """Carry out one chunk of connection tests."""
    work.run_connection_items(item_pks)


@shared_task
def run_provision_items(item_pks: list[int]) -> None:
    """Carry out one chunk of set-ups."""
    work.run_provision_items(item_pks)


@shared_task
def run_unprovision_items(item_pks: list[int]) -> None:
    """Take one chunk of devices out of service."""
    work.run_unprovision_items(item_pks)


@shared_task
def run_discovery(run_pks: list[int]) -> None:
    """Carry out scans."""
    work.run_discovery(run_pks)


@shared_task
def name_discovered(entry_pks: list[int]) -> None:
    """Ask name servers for the names of discovered devices."""
    work.name_discovered(entry_pks)


@shared_task
def run_credential_items(item_pks: list[int]) -> None:
    """Carry out one chunk of tests of a credential."""
    work.run_credential_items(item_pks)


@shared_task
def run_reconciliation(run_pks: list[int]) -> None:
    """Bring discovered and managed devices together."""
    work.run_reconciliation(run_pks)


@shared_task
def run_subscribe_items(item_pks: list[int]) -> None:
    """Have one chunk of devices send their events here."""
    work.run_subscribe_items(item_pks)


@shared_task
def run_unsubscribe_items(item_pks: list[int]) -> None:
    """Have one chunk of devices send their events here no more."""
    work.run_unsubscribe_items(item_pks)


@shared_task
def run_inventory_items(item_pks: list[int]) -> None:
    """Read one chunk of inventories."""
    work.run_inventory_items(item_pks)
