"""Make the owner of a new zone and print the link with which they choose a password."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from devices.services import people

NAME = "administrator"


class Command(BaseCommand):
    help = "Make the first Administrator of a new zone and print how they get in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default=NAME)
        parser.add_argument(
            "--base", default="", metavar="URL", help="address of the console, put before the path"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        link = invite(options["name"])
        if link is None:
            raise CommandError("This zone has people already; see the command sign_in_link.")
        self.stdout.write(options["base"].rstrip("/") + link)


def invite(name: str = NAME) -> str | None:
    """Return the path of the owner's link, valid for 24 hours; None if the zone has people."""
    owner = people.make_owner(username=name)
    return people.make_sign_in_link(owner, lasts=people.INVITATION_LASTS) if owner else None
