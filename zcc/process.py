"""The whole console in one process: web server, worker and dispatcher."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from time import sleep
from types import FrameType

import uvicorn
from celery import signals
from celery.worker import WorkController, state
from celery.worker.consumer import Consumer
from django.conf import settings

from amt import listening
from amt.management.commands import listen as listen_command
from zcc import dispatch, heartbeat
from zcc.celery import app

logger = logging.getLogger(__name__)

LAST_SECONDS = 3  # for what is under way when the process is told to stop; leases cover the rest


class Worker(WorkController):
    """A Celery worker in a thread: no signal handlers, no log set-up of its own."""

    def on_consumer_ready(self, consumer: Consumer) -> None:
        """Tell the heartbeat, as the worker of the command line does."""
        signals.worker_ready.send(sender=consumer)


class WebServer(uvicorn.Server):
    """Uvicorn, which calls ``on_ready`` once it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self.on_ready()


def listen(host: str, port: int, *, tries: int = 1) -> socket.socket:
    """Return a socket on ``port`` of ``host``, or on the first free one of the ``tries`` from it.

    Raises:
        OSError: all of them are taken, or this is no address of this machine.
    """
    for candidate in range(port, port + tries):
        try:
            return socket.create_server((host, candidate), backlog=512)
        except OSError as error:
            last = error
    raise last


def run(
    web: socket.socket,
    *,
    on_ready: Callable[[], None],
    hello: tuple[str, int] | None = None,
) -> None:
    """Serve on ``web``, work, dispatch and take hello messages until SIGINT or SIGTERM."""
    app.loader.import_default_modules()  # a task that cannot be imported ends the process here
    stop = Event()
    threads = [
        Thread(target=work, args=[stop], name="worker", daemon=True),
        Thread(target=dispatch.run, args=[stop], name="dispatcher", daemon=True),
    ]
    if hello:
        given = [stop, *hello, listen_command.writer()]
        threads.append(
            Thread(target=listening.run_beside, args=given, name="listener", daemon=True)
        )
    for thread in threads:
        thread.start()
    try:
        with suppress(KeyboardInterrupt):  # uvicorn raises the signal again once it has stopped
            WebServer(web_config(), on_ready).run(sockets=[web])
    finally:
        # A second Ctrl-C changes nothing: this takes seconds only.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop.set()
        heartbeat.give_back()
        stop_worker()
        for thread in threads:
            thread.join(LAST_SECONDS)


def web_config() -> uvicorn.Config:
    """Return how the pages are served in this process."""
    return uvicorn.Config(
        "zcc.asgi:application",
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=LAST_SECONDS,
    )


def work(stop: Event) -> None:
    """Run a worker until told to stop; one that ends by itself is followed by another."""
    while not stop.is_set():
        try:
            new_worker().start()
        except Exception:
            logger.exception("The worker begins again after this:")
        stop.wait(1)


def new_worker(kind: type[Worker] = Worker) -> Worker:
    """Return a worker that leaves to the console what Celery's nodes do among themselves."""
    return kind(
        app=app,
        pool_cls=settings.CELERY_WORKER_POOL,
        concurrency=settings.CELERY_WORKER_CONCURRENCY,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )


def stop_worker() -> None:
    """Tell the worker of this process to end.

    Its loop looks every two seconds, and then goes round once more; a message wakes it each time.
    """
    state.should_stop = os.EX_OK  # type: ignore[assignment]
    if settings.CELERY_BROKER_URL.startswith("memory"):
        for _ in range(2):
            app.control.broadcast("ping")
            sleep(0.1)


def leave_on_terminate() -> None:
    """Let SIGTERM end the process as Ctrl-C does: in good order."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def end() -> None:
    """End the process now: what a pool's thread still does would be waited for at a normal exit."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(os.EX_OK)
