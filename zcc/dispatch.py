"""The dispatcher: what has to happen by itself, each second, in any number of copies."""

import logging
import time
from collections.abc import Callable
from threading import Event

from django.db import close_old_connections, connections

from amt.services import discovery_tasks, inventory, reconciliation
from devices.services import agent_tokens, jobs, messages
from power.services import dispatch as power

logger = logging.getLogger(__name__)

EVERY = 1  # seconds
LONGEST_PAUSE = 30  # seconds, after failures
Tick = Callable[[], object]
# Schedules first: what they start is rung for in the same round
TICKS: tuple[Tick, ...] = (
    *(power.start_schedules, jobs.tick, power.tick),
    *(discovery_tasks.tick, reconciliation.tick, inventory.tick, messages.tick),
    agent_tokens.tick,
)


def run(stop: Event, *, when_well: Callable[[], object] = bool) -> None:
    """Do all there is to do each second; after a failure, later and later.

    ``when_well`` is called after each round without a failure.
    """
    attempt(power.correct_schedules)
    pause: float = EVERY
    while not stop.wait(pause):
        results = [attempt(tick) for tick in TICKS]  # all of them, whatever the first says
        if all(results):
            pause = until_next_round()
            when_well()
        else:
            pause = min(pause * 2, LONGEST_PAUSE)
    connections.close_all()


def until_next_round() -> float:
    """Return the seconds until a round is due: with the clock, which schedules go by."""
    return EVERY - time.time() % EVERY


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
