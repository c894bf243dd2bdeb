"""The stable codes of a task's lines, as Help lists them: what the line says, why, what to do.

Each app declares the codes that its work writes, from the classes and functions that write them.
"""

from dataclasses import dataclass

from django.utils.module_loading import autodiscover_modules


@dataclass(frozen=True)
class Code:
    """One code, explained to somebody who has it before them at 2 a.m."""

    code: str
    ends: tuple[str, ...]  # statuses of lines that bear it
    sentence: str  # as a line says it
    cause: str
    next_step: str
    is_sent: str = "no"  # whether anything reached the device: no, yes, maybe


_codes: dict[str, Code] = {}


def declare(code: Code) -> None:
    """Make a code known to Help. What an app above says of it replaces what one below said."""
    _codes[code.code] = code


def declared() -> list[Code]:
    """Return the codes of all apps in the order of the alphabet."""
    autodiscover_modules("codes")  # only now: they load the protocol, which no other page needs
    return [_codes[name] for name in sorted(_codes)]


for _code in (
    Code(
        "worker-lost",
        ("unknown",),
        "The server stopped while this order was going out. Not sent again.",
        "The worker died or lost its lease between marking the line as sending and writing down "
        "the answer. The order may have arrived.",
        "Read the power state. If the PC is not as you want it, order again.",
        "maybe",
    ),
    Code(
        "server-silent",
        ("expired",),
        "SRV-01 was silent for 15 min, so this order ended unsent.",
        "The server that sends to this device gave no sign of life, so nobody took the order. "
        "After the order expiry of the zone it ends: a late reset is worse than none.",
        "Open the server, see to its worker, then order again.",
    ),
    Code(
        "turn-not-come",
        ("expired",),
        "Its turn did not come within 15 min, so this order ended unsent.",
        "The server works, but other orders, or another order for the same device, took the time.",
        "Order again; with very many devices, raise the order expiry or add workers.",
    ),
    Code(
        "console-fault",
        ("failed", "unknown"),
        "The console failed at this device. Nothing sent.",
        "A fault of this console, not of the device. The worker's log has the traceback. If the "
        "order had gone out already, the line is unknown instead of failed.",
        "Read the power state; report the task number and this code.",
        "maybe",
    ),
):
    declare(_code)
