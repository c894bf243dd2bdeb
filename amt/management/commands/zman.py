"""zman: the commands that administrators know, for certificates and setup.bin (S39-S57, S72, S103).

Only reading of words and writing of lines is here; what is done is in amt.services.
"""

import getpass
from argparse import Namespace
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from amt.certificates.errors import CertificateError
from amt.management import (
    database,
    zman_certificates,
    zman_doctor,
    zman_setup_files,
    zman_zone_change,
)
from devices import audit
from devices.models import Server
from devices.services import heartbeat
from vault.errors import VaultError

DESCRIPTION = "Manage the certificates with which this zone provisions Intel AMT devices."
FAMILIES = (zman_certificates, zman_setup_files, zman_zone_change, zman_doctor)


class AnyOrder(CommandParser):
    """A parser that takes options and positionals in any order (D6)."""

    _is_inside = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Let positionals wait until the options are read."""
        if self._is_inside:
            return super().parse_known_args(args, namespace)
        self._is_inside = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_inside = False


class Command(BaseCommand):
    help = DESCRIPTION
    suppressed_base_arguments = {
        *("--version", "-v", "--settings", "--pythonpath", "--traceback", "--no-color"),
        *("--force-color", "--skip-checks", "--verbosity"),
    }
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser, under the name that people type."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.prog = "zman"
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(
            title="commands",
            dest="name",
            metavar="COMMAND",
            required=True,
            parser_class=AnyOrder,
            prog="zman",
        )
        for family in FAMILIES:
            family.add_commands(commands)

    def handle(self, *args: Any, **options: Any) -> None:
        database.prepare()
        audit.acting_name.set(f"zman ({getpass.getuser()})")
        given = Namespace(**options, server=this_server())
        try:
            options["run"](given, self.stdout, self.stderr)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except (CertificateError, VaultError, PermissionDenied, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or 'File'}: {error.strerror}.") from error


def this_server() -> Server:
    """Return the server on whose command line we are (S57)."""
    return heartbeat.of_site(
        queue=current_app.conf.task_default_queue,
        name=settings.SERVER_NAME,
        host_name=settings.SERVER_HOST_NAME,
    )
