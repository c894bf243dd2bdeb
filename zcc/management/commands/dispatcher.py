"""Run the dispatcher alone; any number of copies may run."""

import signal
from argparse import ArgumentParser
from pathlib import Path
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from zcc import dispatch


class Command(BaseCommand):
    help = "Ring again for orders that wait, close those of dead workers, begin what is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--alive", type=Path, metavar="FILE", help="touched after each round that went well"
        )

    def handle(self, *args: Any, alive: Path | None, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("The dispatcher runs.")
        dispatch.run(stop, when_well=alive.touch if alive else bool)
        self.stdout.write("The dispatcher has stopped.")
