"""Print a link that signs a person in once: when nobody is left who could send one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from devices.models import User
from devices.services import people


class Command(BaseCommand):
    help = "Print a link that signs USERNAME in once, within 15 minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--base", default="", metavar="URL", help="address of the console, put before the path"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no enabled account {options['username']!r}.")
        self.stdout.write(options["base"].rstrip("/") + people.make_sign_in_link(user))
