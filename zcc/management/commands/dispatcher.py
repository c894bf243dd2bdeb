"""Run the dispatcher alone; any number of copies may run."""

import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from zcc import dispatch


class Command(BaseCommand):
    help = "Ring again for orders that wait, close those of dead workers, begin what is due."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("The dispatcher runs.")
        dispatch.run(stop)
        self.stdout.write("The dispatcher has stopped.")
