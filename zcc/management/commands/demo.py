"""Serve a practice zone: the console and simulated devices in one process."""

import socket
from argparse import ArgumentParser
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from amt.constants import PORT_HELLO
from devices.models import User
from devices.services import people
from zcc import heartbeat, newcomers, ports, practice, process, static_files

HOST = "127.0.0.1"
BEGIN = """
The practice zone is at {address}/ with {count} simulated devices,
and {new} more that wait to be provisioned (Devices > Discovered).
Sign in once with this link, valid for 24 hours:

    {address}{link}

Each order that a device executes: {orders}
Ctrl-C stops it, ./run demo goes on, ./run demo --reset starts over.
"""


class Command(BaseCommand):
    help = "Serve a practice zone of simulated AMT devices."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="start over with a new zone")
        parser.add_argument("--port", type=int, help="default: 8000, or the next that is free")
        parser.add_argument("--devices", type=int, help="of a new zone; default: 24")

    def handle(self, *args: Any, **options: Any) -> None:
        process.leave_on_terminate()
        with suppress(KeyboardInterrupt):
            self.serve(options)
        self.say("Stopped.")
        process.end()

    def serve(self, options: dict[str, Any]) -> None:
        """Bring the zone up, then serve it until told to stop."""
        refuse_other_zones()
        refuse_second_start()
        web = self.listen(options["port"])
        settings.ALERT_URL = settings.ALERT_URL or f"http://{HOST}:{web.getsockname()[1]}"
        if options["reset"]:
            practice.forget()
        record = keep_record(options["devices"])
        call_command("migrate", verbosity=0)
        static_files.collect_if_stale()
        owner = prepare(record)
        hello = free_place()
        with practice.fleet(record, hello).running() as fleet:
            if taken := [text for text in fleet.unbound if text.startswith("tcp")]:
                raise CommandError(
                    f"{taken[0]}. Another practice zone? --reset finds other places."
                )
            text = welcome(web.getsockname()[1], record, owner)
            process.run(web, on_ready=partial(self.say, text), hello=hello)

    def listen(self, port: int | None) -> Any:
        """Return the socket of the pages."""
        first = 8000 if port is None else ports.check(port)
        try:
            return process.listen(HOST, first, tries=1 if port else 100)
        except OSError as error:
            raise CommandError(f"Port {first} cannot be had: {error.strerror}.") from None

    def say(self, text: str) -> None:
        """Print ``text`` at once."""
        self.stdout.write(text)
        self.stdout.flush()


def welcome(port: int, record: practice.Record, owner: User) -> str:
    """Return what a person has to know to begin."""
    return BEGIN.format(
        address=f"http://{HOST}:{port}",
        count=record.count,
        new=len(newcomers.NEWCOMERS),
        link=people.make_sign_in_link(owner, lasts=people.INVITATION_LASTS),
        orders=Path(settings.DATA_DIR) / practice.ORDERS,
    )


def free_place() -> tuple[str, int]:
    """Return where new devices may say hello: 9971, or a port that is free."""
    for port in (PORT_HELLO, 0):
        with suppress(OSError), socket.create_server((HOST, port)) as tried:
            return HOST, tried.getsockname()[1]
    raise CommandError(f"No port can be had on {HOST}.")


def refuse_other_zones() -> None:
    """Keep practice and earnest apart: this database must be of a practice zone, or new."""
    database = settings.DATABASES["default"]
    path = Path(database["NAME"])
    if not settings.PRACTICE or path.parent != Path(settings.DATA_DIR):
        raise CommandError("The practice zone is started by ./run demo.")
    if path.exists() and practice.read_record() is None:
        raise CommandError(f"{settings.DATA_DIR} holds a zone that is not for practice.")


def refuse_second_start() -> None:
    """Leave a zone alone that is being served: its database must not go from under it."""
    try:
        practice.claim()
    except BlockingIOError:
        raise CommandError(f"The practice zone of {settings.DATA_DIR} runs already.") from None


def keep_record(devices: int | None) -> practice.Record:
    """Return the fleet of this zone; make one for a new zone, before it has a database."""
    record = practice.read_record()
    if record and devices not in (None, record.count):
        raise CommandError(f"The zone has {record.count} devices; --reset makes a new one.")
    return record or practice.make_record(devices or 24)


@transaction.atomic
def prepare(record: practice.Record) -> User:
    """Return the account that owns this zone; the first time, make it and all else."""
    server = heartbeat.of_this_site.refresh()
    owner = people.make_owner(username="administrator", must_change_password=False)
    newcomers.prepare(server)
    newcomers.forget_set_up(record.first)
    if owner:
        practice.seed(record, server, owner)
    return owner or User.objects.earliest("pk")
