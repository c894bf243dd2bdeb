"""Causes before anything is sent: set up already, the entry or the set-up period is over."""

from collections.abc import Iterator
from datetime import timedelta

from amt.certificates.verdicts import moment
from amt.constants import PORT_HTTPS, ProvisioningState
from amt.doctor.causes import Cause, Certainty, kind
from amt.doctor.facts import Facts
from amt.doctor.stages import Stage

WINDOW = timedelta(hours=24)  # that the set-up interface stays open the first time
LONGEST_WINDOW = timedelta(hours=255)  # however often it is opened again
MANY_RETRIES = 10  # of 14: the gaps between them are an hour by then
RESTART = timedelta(seconds=60)

BY_US = kind(
    "set-up-by-us",
    Stage.ENTRY,
    "It is set up already, by this console.",
    "The device is among the managed devices, in Enterprise Mode, and does not say hello.",
    "Unprovision it first, if it is to be set up anew.",
    check="Validity",
    link="device",
    weight=90,
)
ALREADY = kind(
    "set-up-already",
    Stage.ENTRY,
    "It is set up already, and not by this console.",
    "The device says that it is set up (state 2), or asks for a login instead of a certificate.",
    "Unprovision it from the console that set it up or in MEBx, or enter its SMB Mode Settings.",
    check="Validity",
    weight=85,
)
NOT_WAITING = kind(
    "not-waiting",
    Stage.ENTRY,
    "It does not wait to be set up: nobody has started its set-up.",
    "The device says that it is as the factory made it (state 0), and has said no hello.",
    "Activate it in MEBx, by setup.bin from a USB stick, or with an agent on the PC.",
    check="Validity",
    link="setup-file",
    weight=70,
)
RUNNING = kind(
    "set-up-running",
    Stage.ENTRY,
    "Another task is setting it up: {task}.",
    "A task to provision the same device is not finished.",
    "Wait for its end; a device takes one set-up at a time.",
    link="tasks",
    weight=95,
    task="Task 4811",
)
ENDED = kind(
    "entry-ended",
    Stage.ENTRY,
    "The entry is too old: its last sign was on {seen}.",
    "Both validities of the zone are over, counted from its last hello or scan.",
    "Have it say hello again or scan for it; the validity is a setting of the zone.",
    check="Validity",
    link="validity",
    weight=80,
    seen="12 Jun 2026, 08:00 UTC",
)
ONLY_EXTERNAL = kind(
    "entry-external-only",
    Stage.ENTRY,
    "The entry is too old for certificates made here: its last sign was on {seen}.",
    "The validity for certificates made here is over, the one for external certificates is not.",
    "Use an external certificate, or have it say hello again.",
    check="Validity",
    link="validity",
    weight=30,
    seen="14 Jun 2026, 20:00 UTC",
)
PERIOD_OVER = kind(
    "set-up-period-over",
    Stage.REACH,
    "Its set-up period is over: the last hello was on {heard}.",
    "Its last hello is older than the 24 hours that the interface stays open, and the port is "
    "closed now; after 255 hours it is closed for certain.",
    "Start its set-up again: in MEBx, by setup.bin, with an agent, or by a partial unprovision.",
    check="Validity",
    link="setup-file",
    weight=75,
    heard="12 Jun 2026, 08:00 UTC",
)
UNANSWERED = kind(
    "hello-unanswered",
    Stage.ENTRY,
    "It has said hello {count} times, and nobody set it up: its set-up period may end soon.",
    "The retry count of its last hello.",
    "Provision it now; firmware counts to 14 and gives up.",
    check="Validity",
    weight=10,
    count="12",
)
RESTARTING = kind(
    "restarting",
    Stage.REACH,
    "It is restarting: it was changed {seconds} s ago.",
    "It was unprovisioned or took a commit less than 60 s ago, and does not answer.",
    "Wait a minute, then examine it again.",
    check="Address",
    weight=95,
    seconds="20",
)


def set_up_already(facts: Facts) -> Iterator[Cause]:
    """Return the cause of a device that is in use."""
    if facts.device.state is not ProvisioningState.POST:
        return
    if facts.device.is_ours:
        proof = "It is a managed device of this zone in Enterprise Mode, and says it is set up."
        yield BY_US.found(Certainty.CERTAIN, proof)
    else:
        yield ALREADY.found(Certainty.CERTAIN, "It says that it is set up (state 2).")


def not_waiting(facts: Facts) -> Iterator[Cause]:
    """Return the cause of a device that was never activated."""
    if facts.device.state is ProvisioningState.PRE and facts.device.heard_at is None:
        told = "It says that it is as the factory made it (state 0), and never said hello."
        yield NOT_WAITING.found(Certainty.CERTAIN, told)


def set_up_running(facts: Facts) -> Iterator[Cause]:
    """Return the cause of a device that somebody else has in hand."""
    if task := facts.console.running_task:
        yield RUNNING.found(Certainty.CERTAIN, f"{task} is not finished.", task=task)


def entry_validity(facts: Facts) -> Iterator[Cause]:
    """Return the cause of an entry that D1 ends, for both branches or for one."""
    zone, seen = facts.zone, facts.device.seen_at
    if seen is None or zone.hours_here is None or zone.hours_external is None:
        return
    most = max(zone.hours_here, zone.hours_external)
    age = _told(facts.now - seen)
    if facts.now - seen > timedelta(hours=most):
        proof = f"Seen {age} ago; the zone lets entries be valid for {most} hours at most."
        yield ENDED.found(Certainty.CERTAIN, proof, seen=moment(seen))
    elif facts.now - seen > timedelta(hours=zone.hours_here):
        proof = f"Seen {age} ago; valid for {zone.hours_here} hours with a certificate made here."
        yield ONLY_EXTERNAL.found(Certainty.LIKELY, proof, seen=moment(seen))


def set_up_period(facts: Facts) -> Iterator[Cause]:
    """Return the cause of a device whose interface closed by itself."""
    heard, ports = facts.device.heard_at, facts.reach.ports
    if heard is None or _is_set_up(facts) or (ports is not None and PORT_HTTPS in ports):
        return
    age = facts.now - heard
    proof = f"Its last hello came {_told(age)} ago"
    if age > LONGEST_WINDOW:
        told = f"{proof}; the interface is open for 255 hours at most."
        yield PERIOD_OVER.found(Certainty.CERTAIN, told, heard=moment(heard))
    elif age > WINDOW and ports is not None:
        told = f"{proof}, and port {PORT_HTTPS} is closed now."
        yield PERIOD_OVER.found(Certainty.LIKELY, told, heard=moment(heard))


def unanswered(facts: Facts) -> Iterator[Cause]:
    """Return the warning for a device that is about to give up."""
    count = facts.device.retry_count
    if count is not None and count >= MANY_RETRIES and not _is_set_up(facts):
        proof = f"The retry count of its last hello is {count}."
        yield UNANSWERED.found(Certainty.POSSIBLE, proof, count=count)


def restarting(facts: Facts) -> Iterator[Cause]:
    """Return the cause of a device that was told to change a moment ago."""
    since, ports = facts.reach.restarted_at, facts.reach.ports
    if since is None or not ports_closed(ports):
        return
    if timedelta(0) <= facts.now - since < RESTART:
        seconds = int((facts.now - since).total_seconds())
        proof = f"It was unprovisioned or took a commit {seconds} s ago; no port answers."
        yield RESTARTING.found(Certainty.CERTAIN, proof, seconds=seconds)


def ports_closed(ports: frozenset[int] | None) -> bool:
    """Return whether it was seen that the port of set-up takes no connection."""
    return ports is not None and PORT_HTTPS not in ports


def _is_set_up(facts: Facts) -> bool:
    return facts.device.state is ProvisioningState.POST


def _told(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 72 else f"{hours:.0f} hours"


RULES = (
    *(set_up_already, not_waiting, set_up_running, entry_validity, set_up_period),
    *(unanswered, restarting),
)
