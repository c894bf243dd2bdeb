"""The command of zman that goes through the change of the zone certificate (S102-S106, D10)."""

from argparse import Namespace
from typing import Any

from django.core.management.base import OutputWrapper

from amt.models import ZoneCertificateChange
from amt.services import zone_change

MARKS = {"done": "[x]", "current": "[>]", "later": "[ ]"}


def add_commands(commands: Any) -> None:
    """Declare iamt-change-zone-certificate."""
    change = commands.add_parser(
        "iamt-change-zone-certificate",
        aliases=["iczc"],
        help="change the zone certificate step by step",
        description="Without an option: shows how far the change has come. It goes on where it "
        "stopped, here or on the page Configuration > Certificates.",
    )
    acts = change.add_mutually_exclusive_group()
    acts.add_argument("--start", action="store_true", help="begin a change")
    acts.add_argument("--next", action="store_true", help="do the current step")
    acts.add_argument("--restart", action="store_true", help="have the services restart")
    acts.add_argument("--give-up", action="store_true", help="end it where it stands")
    change.add_argument(
        "--authority",
        choices=ZoneCertificateChange.Authority.values,
        default="",
        help="who issues from now on; for the step that asks it",
    )
    change.add_argument(
        "--although", action="store_true", help="without silent servers, or devices left over"
    )
    change.set_defaults(run=run)


def run(given: Namespace, out: OutputWrapper, error: OutputWrapper) -> None:
    """Do what was asked for, then show all steps."""
    change = zone_change.current()
    if given.start:
        change = zone_change.start(by=None)
    elif given.restart:
        count = zone_change.ask_restart(by=None)
        out.write(f"{count} servers that are online were asked to restart.")
    elif given.give_up:
        zone_change.give_up(by=None)
        out.write("Ended where it stood.")
        return
    elif given.next:
        step = change.step if change else ""
        change = zone_change.go_on(
            by=None, step=step, authority=given.authority, although=given.although
        )
    change = zone_change.current() or change
    if change is None:
        out.write("No change of the zone certificate is under way.")
        return
    show(change, out)


def show(change: ZoneCertificateChange, out: OutputWrapper) -> None:
    """Print the steps, the current one with what it waits for."""
    for state in zone_change.states(change):
        out.write(f"{MARKS[state.state]} {state.title}. {state.text}")
        if state.state == "current" and (text := zone_change.waits_for(change)):
            out.write(f"    {text}")
    if change.ended_at:
        out.write("The zone certificate is changed.")
