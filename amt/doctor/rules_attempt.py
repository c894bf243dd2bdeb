"""Causes that the last attempt showed: what the device answered, and where it ended."""

from collections.abc import Iterator

from amt.doctor.causes import Cause, Certainty, Kind, kind
from amt.doctor.facts import Ended, Facts
from amt.doctor.rules_entry import ALREADY
from amt.doctor.stages import Stage

BROKE_OFF = kind(
    "chain-refused",
    Stage.TRUST,
    "It broke off TLS when it saw our certificate, and nothing that is known says why.",
    "The alert or the hang-up of the handshake with our certificate; without, it went well or "
    "asked for one.",
    "Compare hash, DNS suffix and server name in MEBx with what this page shows.",
    check="Certificate",
    link="hashes",
    weight=1,
)
NO_KEYS = kind(
    "key-not-ready",
    Stage.SETTINGS,
    "Making its key did not end: the engine has no random numbers yet, or is stuck.",
    "The last attempt ended while the device was making its key pair.",
    "Unplug the PC for 30 s, then provision it again; it goes on where it stopped.",
    weight=60,
)
CLOCK_NOT_TAKEN = kind(
    "clock-not-taken",
    Stage.SETTINGS,
    "It does not take the time: its clock stays wrong.",
    "The last attempt set the clock and read it back.",
    "Set the PC's clock in the BIOS; a worn battery loses it again.",
    check="Validity",
    weight=60,
)
TLS_NOT_TAKEN = kind(
    "tls-not-taken",
    Stage.SETTINGS,
    "It keeps other TLS settings than it was given.",
    "The last attempt wrote them and read them back.",
    "Look for newer firmware; provision it again after a full unprovision.",
    weight=60,
)
FLASH = kind(
    "flash-worn",
    Stage.COMMIT,
    "Its memory was written too often in a short time, so it takes no changes for now.",
    "A method returned 38 (FLASH_WRITE_LIMIT_EXCEEDED).",
    "Leave it on mains for some hours, then provision it again.",
    weight=60,
)
DATA_MISSING = kind(
    "data-missing",
    Stage.COMMIT,
    "It misses something before it can commit: host name, clock, or a key with certificate.",
    "CommitChanges returned 2057 (DATA_MISSING).",
    "Give it a host name (DNS or MEBx) and look at its clock, then provision it again.",
    weight=60,
)
BLOCKED = kind(
    "blocking-component",
    Stage.COMMIT,
    "A component of the device forbids the change, such as an auditor that holds its log.",
    "A method returned 2076 (BLOCKING_COMPONENT) or 2075 (AUDIT_FAIL).",
    "Have the auditor give up the audit log, or unprovision the device in MEBx.",
    weight=60,
)
WEAK_PASSWORD = kind(
    "password-weak",
    Stage.PASSWORD,
    "It does not accept the new password: it breaks the rules of its firmware.",
    "A method returned 2054 (INVALID_PASSWORD).",
    "Take 8 to 32 characters with lower case, upper case, digit and sign; no quotes, comma, colon.",
    link="credentials",
    weight=60,
)
NOT_PERMITTED = kind(
    "not-permitted",
    Stage.PASSWORD,
    "It does not permit the step in its present state.",
    "A method returned 16 (NOT_PERMITTED).",
    "Examine it: is it set up, or in client control mode? Then unprovision it first.",
    weight=55,
)
BUSY = kind(
    "device-busy",
    Stage.REACH,
    "It is busy: another console, or keys being made.",
    "The last attempt ended with a code of the kind “busy”, or the device had no room for us.",
    "Wait a minute, then provision it again.",
    check="Address",
    weight=50,
)
NOT_BACK = kind(
    "not-back",
    Stage.BACK,
    "It took the changes and did not come back to the network.",
    "The last attempt committed; no port answered afterwards.",
    "Look at plug and cable, wait, then provision it again: that only confirms.",
    link="scan",
    weight=60,
)
NOT_COMMITTED = kind(
    "not-committed",
    Stage.BACK,
    "It came back as it was: the changes did not count.",
    "After the commit it showed another certificate or state than it was given.",
    "Provision it again; if it stays so, look for newer firmware.",
    weight=60,
)
PASSWORD_NOT_TAKEN = kind(
    "password-not-taken",
    Stage.BACK,
    "It came back and refuses the password that it was given.",
    "The candidate password was shown to it once, and refused.",
    "Test older passwords of its credential; else unprovision it in MEBx.",
    link="credentials",
    weight=65,
)
OF_VALUES: dict[int, Kind] = {
    16: NOT_PERMITTED,
    38: FLASH,
    2054: WEAK_PASSWORD,
    2057: DATA_MISSING,
    2075: BLOCKED,
    2076: BLOCKED,
    2: BUSY,
    46: BUSY,
    2082: BUSY,
    47: NO_KEYS,
    48: NO_KEYS,
    2060: NO_KEYS,
    2061: NO_KEYS,
}
OF_CODES: dict[str, Kind] = {
    one.code: one
    for one in (
        *(NO_KEYS, CLOCK_NOT_TAKEN, TLS_NOT_TAKEN, NOT_BACK, NOT_COMMITTED, PASSWORD_NOT_TAKEN),
        *(BUSY, ALREADY),
    )
}


def attempt(facts: Facts) -> Iterator[Cause]:
    """Return what the last attempt was told."""
    last = facts.attempt
    if last is None:
        return
    if last.value is not None and (found := OF_VALUES.get(last.value)):
        proof = f"At the last attempt it returned {last.value}{_at(last.step)}."
        yield found.found(Certainty.CERTAIN, proof)
    elif found := OF_CODES.get(last.code):
        yield found.found(Certainty.CERTAIN, f"The last attempt ended so{_at(last.step)}.")


def broke_off(facts: Facts) -> Iterator[Cause]:
    """Return that it broke off; another cause that explains it takes its place."""
    if not facts.was_refused:
        return
    proving = facts.reach.proving
    if proving and proving.ended is Ended.ALERT:
        proof = f"With our certificate it ended TLS with the alert {proving.alert or 'unknown'}."
    elif proving and proving.ended is Ended.DROPPED:
        proof = "With our certificate it hung up during the handshake."
    else:
        proof = "The last attempt to provision it ended so."
    yield BROKE_OFF.found(Certainty.POSSIBLE, proof)


def _at(step: str) -> str:
    return f" at the step “{step}”" if step else ""


RULES = (attempt, broke_off)
