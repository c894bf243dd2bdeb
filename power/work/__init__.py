"""Talk to devices about their power. Nothing here is called by a web page."""

from power.work.orders import run_power_items
from power.work.readings import poll_power_states, run_read_items

__all__ = ["poll_power_states", "run_power_items", "run_read_items"]
