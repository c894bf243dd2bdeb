"""The words, icons and colours of power states, task lines, modes and connections. No HTML here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

OLD_AFTER_INTERVALS = 3  # of the background poll: then a state is told in the past
UNKNOWN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Word:
    """How something is said: always an icon and a word, the colour only repeats it."""

    text: str
    icon: str = ""
    css: str = "z-mute"
    hint: str = ""


@dataclass(frozen=True)
class Seen:
    """A state and the time it speaks of."""

    word: Word
    at: datetime | None = None
    is_since: bool = False  # the time is a beginning ("since 07:41"), not an age
    was: str = ""  # what is shown when the page itself grows stale


ON, SLEEP = Word("On", "power", "z-on"), Word("Sleep", "moon", "z-sleep")
OFF = Word("Off", "plug", "z-off")
UNKNOWN = Word("Unknown", "help-circle", "z-unknown")
NOT_READ = Word("not read")

# DMTF power states as CIM_AssociatedPowerManagementService reports them
POWER: Mapping[int, Word] = {
    2: ON,
    3: SLEEP,
    4: SLEEP,
    6: OFF,
    7: Word("Hibernate", "zzz", "z-sleep"),
    8: OFF,
}
OS_ASLEEP = 3  # IPS_PowerManagementService.OSPowerSavingState
ON_OS_ASLEEP = Word("On, OS asleep", "power", "z-sleep")

# What devices are counted and filtered by
GROUPS: Mapping[str, Word] = {
    "on": ON,
    "sleep": SLEEP,
    "off": OFF,
    "old": Word("Seen too long ago", "clock-exclamation", "z-off"),
    "unknown": UNKNOWN,
    "not-read": NOT_READ,
}

# In the order of bars and filters
STATUS: Mapping[str, Word] = {
    "done": Word("Done", "circle-check", "z-done"),
    "accepted": Word("Accepted", "circle-dashed-check", "z-accepted", "accepted, not confirmed"),
    "failed": Word("Failed", "circle-x", "z-failed"),
    "unknown": UNKNOWN,
    "skipped": Word("Skipped", "player-skip-forward", "z-skipped"),
    "expired": Word("Expired", "clock-x", "z-expired", "expired, not sent"),
    "stopped": Word("Stopped", "player-stop", "z-stopped"),
    "verifying": Word("Verifying", "eye-search", "z-verifying"),
    "sending": Word("Sending", "send", "z-sending"),
    "running": Word("Running", "loader-2", "z-running"),
    "waiting": Word("Waiting", "clock-hour-4", "z-waiting"),
    "unfinished": Word("Unfinished", "progress", "z-running"),
    # not lines of a task, but said in the same manner
    "error": Word("Error", "circle-x", "z-failed"),
    "warning": Word("Warning", "alert-triangle", "z-warn"),
    "information": Word("Information", "info-circle", "z-info"),
    "ok": Word("Yes", "circle-check", "z-ok"),
    "warn": Word("Look at it", "alert-triangle", "z-warn"),
    "info": Word("Note", "info-circle", "z-info"),
    "online": Word("Online", "circle-check", "z-ok"),
    "silent": Word("Silent", "circle-x", "z-failed"),
}

MODES: Mapping[str, Word] = {
    "smb": Word("SMB", hint="SMB (manual setup)"),
    "enterprise": Word("Enterprise", hint="Enterprise (admin control mode)"),
    "": Word("Not set up", "alert-triangle", "z-warn"),
}

CONNECTIONS: Mapping[str, Word] = {
    "TLS 1.3": Word("TLS 1.3", "lock-check", ""),
    "TLS 1.2": Word("TLS 1.2", "lock-check", ""),
    "TLS 1.1": Word("TLS 1.1", "lock-exclamation", "z-warn"),
    "TLS 1.0": Word("TLS 1.0", "lock-exclamation", "z-warn"),
    "Plain": Word("Plain", "lock-open", "z-warn", "without TLS"),
    "Certificate changed": Word("Certificate changed", "shield-exclamation", "z-failed"),
}


EOI = Word("SOAP (EOI)", "history", "z-warn", "The older SOAP interface, before AMT 3.2")
FIRST_WSMAN = (3, 2)


def speaks_eoi(version: str) -> bool:
    """Return whether firmware of this version knows no WS-Management."""
    parts = version.split(".")[:2]
    return all(part.isdecimal() for part in parts) and tuple(map(int, parts)) < FIRST_WSMAN


# What keeps a device from being signed in to, by its ``unreadable_code``
TROUBLES: Mapping[str, Word] = {
    "sign-in-stopped": Word("Sign-in stopped", "shield-exclamation", "z-failed"),
    "sign-in-refused": Word("Sign-in refused", "shield-exclamation", "z-warn"),
}


def power(state: int | None, os_state: int | None = None) -> Word:
    """Return the word for a power state as it was read, whenever that was."""
    if state is None:
        return NOT_READ
    if state == 2 and os_state == OS_ASLEEP:
        return ON_OS_ASLEEP
    return POWER.get(state, UNKNOWN)


def seen_power(device: Any, *, poll_seconds: int) -> Seen:
    """Return what may be said of ``device`` now: its state, what it was, or that nobody knows."""
    seen_at: datetime | None = getattr(device, "power_seen_at", None)
    unreadable: datetime | None = getattr(device, "unreadable_since", None)
    word = power(device.power_state, getattr(device, "os_state", None))
    if unreadable:
        return Seen(UNKNOWN, unreadable, is_since=True)
    if seen_at is None or device.power_state is None:
        return Seen(NOT_READ)
    age = timezone.now() - seen_at
    was = f"was {word.text[0].lower()}{word.text[1:]}"
    if word is UNKNOWN or age > UNKNOWN_AFTER:
        return Seen(UNKNOWN, seen_at, is_since=True)
    if age > timedelta(seconds=OLD_AFTER_INTERVALS * poll_seconds):
        return Seen(Word(was, "clock-exclamation", "z-off z-stale"), seen_at)
    return Seen(word, seen_at, was=was)


def age(since: datetime) -> str:
    """Return how long ago ``since`` was: 6 s, 42 min, 3 h, 3 d. static/js/live.js says it alike."""
    seconds = max(0, int((timezone.now() - since).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def clock(at: datetime, *, seconds: bool = False) -> str:
    """Return a planned or past time as people say it: today 18:00, 25 Nov 06:30, 20 Dec 2026."""
    local, now = timezone.localtime(at), timezone.localtime()
    time = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    if local.date() == now.date():
        return f"today {time}"
    if local.date() == now.date() - timedelta(days=1):
        return f"yesterday {time}"
    day = f"{local.day} {local:%b}"
    return f"{day} {time}" if abs((local - now).days) < 300 else f"{day} {local.year}"


def exact(at: datetime) -> str:
    """Return a time to the second, with its zone."""
    local = timezone.localtime(at)
    return f"{local:%d %b %Y %H:%M:%S} {timezone.get_current_timezone_name()}"
