"""A worker's signs of life in the row of its site."""

import logging
from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from typing import Any

from celery import signals
from django.conf import settings
from django.db import Error, connections

import zcc
from devices import work
from devices.models import Server
from devices.services import heartbeat, jobs
from zcc.celery import app

logger = logging.getLogger(__name__)

EVERY = 15  # seconds


class Heartbeat:
    """A thread that refreshes the Server row of ``queue`` while the worker runs."""

    def __init__(self, queue: str) -> None:
        self.queue = queue
        self._stop = Event()
        self._first = Event()
        self._thread: Thread | None = None

    def begin(self) -> None:
        """Make or refresh the row now, then again and again."""
        if self._thread:  # a worker that lost its broker and is ready again
            return
        self._stop.clear()
        self._first.clear()
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()
        self._first.wait(EVERY)

    def end(self) -> None:
        """Stop beating and mark the row as stopped in good order."""
        if self._thread:
            self._stop.set()
            self._thread.join(EVERY)
            self._thread = None

    def refresh(self) -> Server:
        """Make or refresh the row and return it."""
        server = heartbeat.beat(
            queue=self.queue,
            name=settings.SERVER_NAME,
            host_name=settings.SERVER_HOST_NAME,
            version=zcc.__version__,
        )
        heartbeat.reload_if_asked(server)
        return server

    def _run(self) -> None:
        self._attempt(self.refresh)
        # Another worker of this site may have left orders that were rung for but not taken.
        self._attempt(partial(jobs.forget_bells, self.queue))
        self._first.set()
        while not self._stop.wait(EVERY):
            self._attempt(self.refresh)
        self._attempt(partial(heartbeat.stop, queue=self.queue))
        connections.close_all()

    def _attempt(self, write: Callable[[], object]) -> None:
        """Write; a database that is away for a while costs one sign of life."""
        try:
            write()
        except Error as error:
            logger.warning("The sign of life of this worker could not be written down: %s", error)
            connections.close_all()


of_this_site = Heartbeat(app.conf.task_default_queue)


@signals.worker_ready.connect
def begin(**kwargs: Any) -> None:
    """Make the site's Server row and keep it fresh."""
    of_this_site.begin()


@signals.worker_shutting_down.connect
def give_back(**kwargs: Any) -> None:
    """Let the site's next worker go on at once with what this one has not sent yet."""
    try:
        work.give_back()
    except Error as error:
        logger.warning("Claimed orders are given back when their leases end: %s", error)


@signals.worker_shutdown.connect
def end(**kwargs: Any) -> None:
    """Say that this was an orderly stop."""
    of_this_site.end()
