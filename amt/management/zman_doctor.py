"""The command of zman that says why a device refuses, or refused, to be provisioned."""

from argparse import Namespace
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, OutputWrapper
from django.db.models import Q

from amt.certificates import names
from amt.models import DiscoveredDevice
from amt.services import doctor

MARKS = {"ok": "[ok]     ", "warn": "[look]   ", "refuse": "[refuses]", "unknown": "[unknown]"}


def add_commands(commands: Any) -> None:
    """Declare iamt-doctor."""
    doctor_ = commands.add_parser(
        "iamt-doctor",
        aliases=["idoc"],
        help="say why a device will refuse, or refused, to be provisioned",
        description="Looks at the device from this server: ports, TLS without and with the "
        "management certificate, what it says itself. Nothing is written to it. Ends with 1 if it "
        "is certain to refuse.",
    )
    doctor_.add_argument("device", help="UUID, address or name of a discovered device")
    doctor_.add_argument(
        "--offline", action="store_true", help="go by what is known; do not look at the device"
    )
    doctor_.set_defaults(run=run)


def run(given: Namespace, out: OutputWrapper, error: OutputWrapper) -> None:
    """Print the checks and the causes."""
    entry = find(given.device)
    found = doctor.diagnosis(entry) if given.offline else doctor.examination(entry, by=None)
    out.write(f"{entry}, {entry.address}, {entry.uuid or 'UUID not told'}")
    for check in found.checks:
        out.write(f"{MARKS[check.level]} {check.name}: {check.sentence}")
    out.write("")
    if not found.causes:
        out.write(
            f"Nothing speaks against it{'' if found.is_examined else ', as far as is known'}."
        )
    for number, cause in enumerate(found.causes, start=1):
        out.write(f"{number}. {cause.sentence} ({cause.certainty.word}, {cause.code})")
        out.write(f"   {cause.proof}")
        out.write(f"   {cause.next_step}")
        if cause.value:
            out.write(f"   {cause.value}")
    if found.causes and found.causes[0].is_certain:
        raise CommandError(f"{entry} is certain to refuse: {found.causes[0].code}.")


def find(text: str) -> DiscoveredDevice:
    """Return the discovered device with this UUID, address or name.

    Raises:
        CommandError: none or several have it.
    """
    rows = list(DiscoveredDevice.objects.filter(_is(text)).select_related("device", "server")[:6])
    if not rows:
        raise CommandError(f"No discovered device is called {text!r}.")
    if len(rows) > 1:
        told = ", ".join(f"{row} ({row.address})" for row in rows[:5])
        raise CommandError(f"{text!r} is more than one device: {told}. Give the UUID.")
    return rows[0]


def _is(text: str) -> Q:
    try:
        return Q(uuid=UUID(text))
    except ValueError:
        pass
    if names.is_address(text):
        return Q(address=text)
    found = Q(name__iexact=text) | Q(device__name__iexact=text)
    return found | Q(name__istartswith=f"{text}.") if text else found
