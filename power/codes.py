"""The codes of power orders, explained for Help with the sentences that work really writes."""

from amt.protocol.errors import MEANINGS, AmtNoAnswer
from devices.codes import Code, declare
from devices.work import Outcome
from power.models import PowerAction
from power.work import outcomes

OFF_SOFT = 8


def _declare(outcome: Outcome | None, cause: str, next_step: str, sent: str = "no") -> None:
    if outcome:
        declare(Code(outcome.code, (outcome.status,), outcome.message, cause, next_step, sent))


_declare(
    outcomes.refused(PowerAction.OFF, 2, MEANINGS[2]),
    "The device was asked and said no; nothing changed. Some firmware refuses Power Off while the "
    "BIOS runs, or a verb that the board does not have.",
    "Try another verb, or look at the PC's BIOS. The number is the device's own.",
    "yes",
)
_declare(
    outcomes.unreadable(AmtNoAnswer("")),
    "Off, Reset and Power Cycle Reset need a state that was read just before: unknown is not off. "
    "The device was reached but would not tell its state.",
    "Read the state. Whoever holds the right may choose Send anyway.",
)
_declare(
    outcomes.decide(PowerAction.RESET, OFF_SOFT),
    "A PC that is off cannot restart.",
    "Use Power On.",
)
_declare(
    outcomes.not_confirmed(PowerAction.OFF, 2, 60, has_log=True),
    "The device took the order and the evidence did not come within the verify window. An "
    "operating system may be closing, or the firmware writes no boot records, so that a restart "
    "cannot be seen from outside.",
    "Look at the PC or read the state a minute later. A longer verify window helps slow PCs.",
    "yes",
)
_declare(
    outcomes.answer_lost(None, 60),
    "The order went out and the connection broke before the answer, so it may have been carried "
    "out. It is never sent twice. When only a state was to be read, the same code means that the "
    "device took the connection and did not answer.",
    "Read the power state, then decide.",
    "maybe",
)
_declare(
    outcomes.too_late(),
    "The order was about to go out when the line's lease ended. Another server may have the line "
    "by then, so the bytes were held back.",
    "Order again.",
)
declare(
    Code(
        "left-out",
        ("skipped",),
        "Left out, as asked: it sends these orders.",
        "The PC runs the server that sends, and Leave it out was ticked in the dialog.",
        "Order it alone, once the others are finished.",
    )
)
