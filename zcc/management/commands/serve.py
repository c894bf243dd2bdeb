"""Serve the console: web, worker and dispatcher in one process."""

from argparse import ArgumentParser
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from amt.constants import PORT_HELLO
from zcc import ports, practice, process, static_files
from zcc.management.commands import owner

FIRST = """
This zone is new. Its owner is {owner}; choose a password within 24 hours:

    {address}{link}
"""


class Command(BaseCommand):
    help = "Serve the console in one process; PostgreSQL and Redis are used where they are set."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--hello-host", metavar="H", help="takes hello messages of devices; default: --host"
        )
        parser.add_argument(
            "--hello-port", type=int, default=PORT_HELLO, metavar="N", help="9971; 0: none"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        process.leave_on_terminate()
        with suppress(KeyboardInterrupt):
            self.serve(options)
        self.stdout.write("Stopped.")
        process.end()

    def serve(self, options: dict[str, Any]) -> None:
        """Bring database and static files up to date, then serve until told to stop."""
        host, port = options["host"], options["port"]
        if practice.is_practice():
            raise CommandError(f"{settings.DATA_DIR} is a practice zone: ./run demo serves it.")
        try:
            web = process.listen(host, ports.check(port))
        except OSError as error:
            raise CommandError(f"{host}:{port} cannot be served: {error.strerror}.") from None
        call_command("migrate", verbosity=0)
        static_files.collect_if_stale()
        address = f"http://{host}:{port}"
        text = f"The console is at {address}/\n{invitation(address)}"
        hello = (options["hello_host"] or host, options["hello_port"])
        ready = partial(self.stdout.write, text)
        process.run(web, on_ready=ready, hello=hello if hello[1] else None)


def invitation(address: str) -> str:
    """Return how the owner gets in, at the first start of a zone; empty later on."""
    link = owner.invite()
    return FIRST.format(address=address, owner=owner.NAME, link=link) if link else ""
