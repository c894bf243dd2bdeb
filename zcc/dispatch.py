"""The dispatcher: what has to happen by itself, each second, in any number of copies."""

import logging
from collections.abc import Callable
from importlib import import_module
from threading import Event

from django.db import close_old_connections, connections

logger = logging.getLogger(__name__)

EVERY = 1  # seconds
LONGEST_PAUSE = 30  # seconds, after failures
Tick = Callable[[], object]


def ticks() -> list[Tick]:
    """Return what is to be done each second: jobs to ring again or close, power states to read."""
    modules = [import_module(name) for name in ("devices.services.jobs", "power.services")]
    return [module.tick for module in modules]


def run(stop: Event) -> None:
    """Do all there is to do each second; after a failure, later and later."""
    todo = ticks()
    pause: float = EVERY
    while not stop.wait(pause):
        went_well = all([attempt(tick) for tick in todo])
        pause = EVERY if went_well else min(pause * 2, LONGEST_PAUSE)
    connections.close_all()


def attempt(tick: Tick) -> bool:
    """Return whether ``tick`` went well; a lost database must not end the loop."""
    close_old_connections()
    try:
        tick()
    except Exception:
        logger.exception("The dispatcher goes on after this:")
        connections.close_all()
        return False
    return True
