"""Sentences and codes of how a power order ended (D18, D19). No sockets, no rows."""

from django.utils import timezone

from amt.protocol.errors import AmtError, AmtReturnValue
from amt.protocol.sentences import say
from amt.work.each_device import failed
from devices.models import JobItem
from devices.work import Outcome
from power.models import Boot, PowerAction

Status = JobItem.Status

ON = 2
OFF = (6, 8)
STATE_WORDS = {2: "on", 3: "asleep", 4: "asleep", 6: "off", 7: "hibernating", 8: "off"}


def word(state: int | None) -> str:
    """Return the word for a power state as it stands in a sentence."""
    return STATE_WORDS.get(state or 0, "in an unknown state")


def refused(action: PowerAction, error: AmtReturnValue) -> Outcome:
    """Return the end of an order that the device answered with a value other than 0."""
    sentence = say("refused", method=action.label, value=error.value, words=error.meaning)
    return Outcome(Status.FAILED, sentence, code=error.code, detail=error.detail)


def unreadable(error: AmtError) -> Outcome:
    """Return the end of an order that was not sent because unknown is not off (D19)."""
    return Outcome(
        Status.UNKNOWN,
        "The power state could not be read, so nothing was sent.",
        code="state-unreadable",
        detail=f"{error} {error.detail}".strip(),
        evidence={"cause": error.code},
    )


def decide(action: PowerAction, state: int, boot: Boot | None = None) -> Outcome | None:
    """Return the end of an order that changes nothing or cannot work; None: send it (D19)."""
    if action is PowerAction.ON and state == ON and boot:
        sentence = f"It is on; choose Reset to boot it from {boot.label}."
        return Outcome(Status.SKIPPED, sentence, code="is-on")
    if action is PowerAction.ON and state == ON:
        return Outcome(Status.DONE, "Was already on; nothing sent.")
    if action is PowerAction.OFF and state in OFF:
        return Outcome(Status.DONE, "Was already off; nothing sent.")
    if action in (PowerAction.RESET, PowerAction.CYCLE) and state in OFF:
        verb = "reset" if action is PowerAction.RESET else "power-cycle"
        return Outcome(
            Status.SKIPPED,
            f"It is off, so there is nothing to {verb}.",
            code="is-off",
        )
    return None


def not_offered(action: PowerAction, state: int) -> Outcome:
    """Return the end of an order that the device does not offer in its present state."""
    return Outcome(
        Status.SKIPPED,
        f"It is {word(state)}, and this firmware offers no {action.label} from there.",
        code="not-offered",
    )


def boot_not_set(boot: Boot, error: AmtError) -> Outcome:
    """Return the end of an order whose boot option the device did not take: nothing was sent."""
    outcome = failed(error)
    outcome.message = f"Boot from {boot.label} could not be set, so nothing was sent. {error}"
    return outcome


def boot_taken_back(outcome: Outcome, boot: Boot, *, is_back: bool) -> Outcome:
    """Say of an order that was not carried out what became of its boot option."""
    outcome.message += (
        " The boot option was taken back."
        if is_back
        else f" The next boot may still go to {boot.label}."
    )
    return outcome


def too_late() -> Outcome:
    """Return the end of an order that was marked as sending but held back at the last check."""
    return Outcome(
        Status.FAILED,
        say("held-up"),
        code="held-up",
    )


def woken() -> Outcome:
    """Return the end of a Power On that found the PC on and its operating system in standby."""
    now = timezone.localtime()
    return Outcome(
        Status.DONE,
        f"Woke from standby: AMT said on all the time, the OS answers since {now:%H:%M:%S}.",
    )


def seen(
    action: PowerAction, seconds: float, *, attempts: int, answer_lost: bool, os_woken: bool = False
) -> Outcome:
    """Return the end of an order whose evidence was read."""
    after = f"{round(seconds)} s after the order" if seconds >= 0.5 else "at once"
    sentence = {
        PowerAction.ON: f"On, seen {after}.",
        PowerAction.OFF: f"Off, seen {after}.",
        PowerAction.RESET: f"Restart seen {after}.",
        PowerAction.CYCLE: f"Power cycle seen {after}.",
    }[action]
    if attempts > 1:
        sentence = "On, seen after the second order; the first had no effect."
    if os_woken:
        sentence += " Its operating system had to be woken from standby."
    if answer_lost:
        sentence += " The answer to the order itself was lost."
    return Outcome(Status.DONE, sentence)


def not_confirmed(action: PowerAction, state: int | None, window: int, has_log: bool) -> Outcome:
    """Return the end of an order that the device accepted and of which no evidence was seen."""
    if state is None:
        why = f"but its power state could not be read for {window} s."
    elif action in (PowerAction.ON, PowerAction.OFF):
        why = f"but was still {word(state)} after {window} s."
    elif has_log:
        why = f"but no restart was seen within {window} s."
    else:
        why = "but this firmware writes no boot record, so we could not see the restart."
    return Outcome(Status.ACCEPTED, f"The device said yes, {why}", code="not-confirmed")


def still_in_standby(window: int) -> Outcome:
    """Return the end of a Power On that reached AMT, and not the operating system."""
    return Outcome(
        Status.ACCEPTED,
        f"The device said yes and is on, but its OS stayed in standby for {window} s.",
        code="stays-in-standby",
    )


def answer_lost(state: int | None, window: int) -> Outcome:
    """Return the end of an order that went out, got no answer, and left no evidence (D12)."""
    since = f" It was {word(state)} {window} s later." if state is not None else ""
    return Outcome(
        Status.UNKNOWN,
        f"Sent, then the connection dropped before the answer. Not sent again.{since}",
        code="no-answer",
    )
