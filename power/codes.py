"""The codes of power orders, with the sentences that work really writes."""

from amt.protocol.errors import AmtNoAnswer, AmtReturnValue
from devices.codes import Code, declare
from devices.work import Outcome
from power.models import Boot, PowerAction
from power.services.orders import LEFT_OUT
from power.services.scheduled_runs import HELD, PAUSED
from power.work import outcomes

ON, ASLEEP, OFF_SOFT = 2, 4, 8
ORDERS = "Power orders"


def _explain(
    outcome: Outcome | None,
    cause: str,
    next_step: str,
    *checks: str,
    sent: str = "nothing",
    step: str = "look",
    ends: tuple[str, ...] = (),
    settings: tuple[str, ...] = (),
) -> None:
    if outcome:
        declare(
            Code(
                outcome.code,
                ends or (outcome.status,),
                outcome.message,
                cause,
                next_step,
                ORDERS,
                sent,
                step,
                checks,
                settings,
            )
        )


for code in (LEFT_OUT, HELD, PAUSED):
    declare(code)
_explain(
    outcomes.refused(PowerAction.OFF, AmtReturnValue("RequestPowerStateChange", 2)),
    "The device was asked and said no; nothing changed. Some firmware refuses Power Off while the "
    "BIOS runs, or a verb that the board does not have.",
    "Try another verb, or look at the PC's BIOS. The number is the device's own.",
    "The power state now: was the PC already there?",
    "An open session of remote control: Off and Power Cycle are refused meanwhile.",
    "The BIOS: is a password or a question on its screen?",
    sent="order",
)
_explain(
    outcomes.unreadable(AmtNoAnswer()),
    "Off, Reset and Power Cycle Reset need a state that was read just before: unknown is not off. "
    "The device was reached but would not tell its state.",
    "Read the state. Whoever holds the right may choose Send anyway.",
    "Details: the code of what went wrong with the reading.",
    "Does the device answer a minute later?",
    sent="login",
    step="send-anyway",
)
_explain(
    outcomes.decide(PowerAction.RESET, OFF_SOFT),
    "A PC that is off cannot restart.",
    "Use Power On.",
    sent="login",
    step="power-on",
)
_explain(
    outcomes.decide(PowerAction.ON, ON, Boot.PXE),
    "A PC that is on boots by a Reset or a Power Cycle Reset, not by a Power On.",
    "Choose Reset with the same boot option.",
    sent="login",
    step="order-again",
)
_explain(
    outcomes.not_offered(PowerAction.CYCLE, ASLEEP),
    "The device lists what may be ordered from its present state, and this was not on the list. "
    "Old firmware knows fewer orders; a PC with Modern Standby knows no sleep.",
    "Choose another order, such as Reset.",
    "The power state on the device's page: is it what you expect?",
    sent="login",
    step="order-again",
)
_explain(
    outcomes.still_in_standby(60),
    "A PC with Modern Standby counts as on while its screen is dark and its operating system "
    "dozes. AMT was asked to wake the operating system, and it did not come.",
    "Look at the PC; a Reset starts it anew.",
    "Does the operating system let AMT wake it? Its power driver may be missing.",
    "The verify window, for PCs that are slow to wake.",
    sent="order",
    settings=("power.verify_seconds",),
)
_explain(
    outcomes.not_confirmed(PowerAction.OFF, 2, 60, has_log=True),
    "The device took the order and the evidence did not come within the verify window. An "
    "operating system may be closing, or the firmware writes no boot records, so that a restart "
    "cannot be seen from outside.",
    "Look at the PC or read the state a minute later. A longer verify window helps slow PCs.",
    "The power state a minute later.",
    "The PC itself: does the operating system wait for somebody?",
    "The verify window, for PCs that are slow to close.",
    sent="order",
    settings=("power.verify_seconds",),
)
_explain(
    outcomes.answer_lost(None, 60),
    "The order went out and the connection broke before the answer, so it may have been carried "
    "out. It is never sent twice. When only a state was to be read, the same code means that the "
    "device took the connection and did not answer.",
    "Read the power state, then decide.",
    "The power state now.",
    "The network between server and device: do other devices lose answers too?",
    sent="perhaps",
    step="read-state",
    ends=("unknown", "failed"),
)
