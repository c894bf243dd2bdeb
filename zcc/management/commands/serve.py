"""Serve the console: web, worker and dispatcher in one process."""

from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from zcc import process, static_files


class Command(BaseCommand):
    help = "Serve the console in one process; PostgreSQL and Redis are used where they are set."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        process.leave_on_terminate()
        try:
            self.serve(options["host"], options["port"])
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
        process.end()

    def serve(self, host: str, port: int) -> None:
        """Bring database and static files up to date, then serve until told to stop."""
        try:
            web = process.listen(host, port)
        except OSError as error:
            raise CommandError(f"{host}:{port} cannot be served: {error.strerror}.") from None
        call_command("migrate", verbosity=0)
        static_files.collect_if_stale()
        address = f"http://{host}:{port}"
        process.run(web, on_ready=partial(self.stdout.write, f"The console is at {address}/"))
