"""Take hello messages of devices that wait to be set up (TCP 9971), until told to stop."""

import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from amt import listening
from amt.constants import PORT_HELLO
from amt.management import database
from amt.services import discovery
from devices.services import heartbeat


class Command(BaseCommand):
    help = "Take hello messages of Intel AMT devices that wait to be set up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="0.0.0.0", help="address to listen on; default: all")  # noqa: S104
        parser.add_argument("--port", type=int, default=PORT_HELLO)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        if not 1 <= port <= 65535:
            raise CommandError(f"--port {port}: ports go from 1 to 65535.")
        database.prepare()
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        try:
            listening.run(stop, host, port, writer(), when_ready=self.say)
        except OSError as error:
            raise CommandError(f"{host}:{port} cannot be had: {error.strerror}.") from None
        self.stdout.write("The listener has stopped.")

    def say(self, port: int) -> None:
        """Tell that messages are taken from now on."""
        self.stdout.write(f"Hello messages are taken on port {port}.")
        self.stdout.flush()


def writer() -> listening.Write:
    """Return what writes batches down under the name of this site's server."""
    server = heartbeat.of_site(
        queue=current_app.conf.task_default_queue,
        name=settings.SERVER_NAME,
        host_name=settings.SERVER_HOST_NAME,
    )
    return lambda heard: discovery.record_hellos(heard, server=server)
