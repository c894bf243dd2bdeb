"""The Celery tasks of power: shells without logic; the rows are the result."""

from celery import shared_task

from power import work


@shared_task
def run_power_items(item_pks: list[int]) -> None:
    """Carry out one chunk of power orders."""
    work.run_power_items(item_pks)


@shared_task
def run_read_items(item_pks: list[int]) -> None:
    """Carry out one chunk of asked-for readings."""
    work.run_read_items(item_pks)


@shared_task
def poll_power_states(device_pks: list[int]) -> None:
    """Read the power states of one chunk of devices in the background."""
    work.poll_power_states(device_pks)
