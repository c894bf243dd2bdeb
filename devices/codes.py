"""The catalogue of stable codes: what a line says, why, what was sent, what to check, what to do.

One entry for each way a task's line can end but *done*. Each app declares those that its work
writes in its own ``codes.py``, with the sentence that work really writes; Help, the links behind
sentences, summaries and docs/codes.md are made of these entries and of nothing else.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.utils.module_loading import autodiscover_modules

# The headings of the list, in the order in which a connection comes about.
GROUPS = (
    "Set-up and policy",
    "Network",
    "TLS",
    "Sign-in",
    "The device's answer",
    "Provisioning",
    "Power orders",
    "The console and its servers",
)
SENT: Mapping[str, str] = {
    "nothing": "Nothing.",
    "connection": "A TCP connection, and nothing on it.",
    "hello": "The first message of TLS. No login, no order.",
    "question": "An empty request without a login. No password, no order.",
    "login": "The login, as a digest that does not hold the password. No order was carried out.",
    "order": "The login and the order. The device has the order.",
    "perhaps": "The login, and perhaps the order: nobody knows whether it was carried out.",
}
IS_SENT: Mapping[str, str] = {"order": "yes", "perhaps": "maybe"}


@dataclass(frozen=True)
class Step:
    """A link behind a sentence: its words, the address it leads to, how, and who is offered it.

    ``how``: a link, a POST (``post``) or a dialog. ``of``: what the address names, device or
    server. ``needs``: a fact of the frame, such as ``switches_devices``, that must hold.
    """

    label: str
    url_name: str
    how: str = "link"
    of: str = "device"
    needs: str = ""
    page: str = ""  # of settings
    fields: tuple[tuple[str, str], ...] = ()


STEPS: Mapping[str, Step] = {
    "settings": Step("Check its settings", "amt:settings"),
    "set-up": Step("Set it up", "amt:settings"),
    "credential": Step("Choose another credential", "amt:settings"),
    "confirm": Step("Compare and confirm", "amt:settings"),
    "test-connection": Step("Test connection", "amt:settings"),
    "test-credential": Step(
        "Test credential", "amt:test_credential", "dialog", needs="uses_credentials"
    ),
    "allow": Step("Allow for this device", "devices:device_settings", page="amt-connections"),
    "read-state": Step("Read state", "power:read_state", "post", needs="reads_states"),
    "look": Step("Look at it", "devices:device"),
    "open-server": Step("Open server", "devices:server", of="server", needs="sees_servers"),
    "send-anyway": Step("Send anyway...", "power:dialog", "dialog", needs="switches_devices"),
    "order-again": Step("Order again", "power:dialog", "dialog", needs="switches_devices"),
    "power-on": Step(
        "Power On", "power:dialog", "dialog", needs="switches_devices", fields=(("action", "on"),)
    ),
}


@dataclass(frozen=True)
class Code:
    """One code, explained to somebody who has it before them at 2 a.m."""

    code: str
    ends: tuple[str, ...]  # statuses of lines that bear it
    sentence: str  # as a line says it
    cause: str
    next_step: str  # in words
    group: str = GROUPS[-1]
    sent: str = "nothing"  # a word of SENT
    step: str = ""  # a word of STEPS: the link behind the sentence
    checks: tuple[str, ...] = ()  # what to look at, the likeliest first
    settings: tuple[str, ...] = ()  # names of settings by level that decide about it

    @property
    def title(self) -> str:
        return title(self.code)

    @property
    def is_sent(self) -> str:
        """Return whether an order can have reached the device: no, yes, maybe."""
        return IS_SENT.get(self.sent, "no")

    @property
    def what_was_sent(self) -> str:
        return SENT[self.sent]


_codes: dict[str, Code] = {}


def declare(code: Code) -> Code:
    """Make a code known. What an app above says of it replaces what one below said."""
    _codes[code.code] = code
    return code


def declared() -> list[Code]:
    """Return the codes of all apps, by group and in the order of the alphabet."""
    autodiscover_modules("codes")  # only now: they load the protocol, which few pages need
    return sorted(_codes.values(), key=lambda code: (GROUPS.index(code.group), code.code))


def by_group(codes: Iterable[Code]) -> list[tuple[str, list[Code]]]:
    """Return codes, as ``declared`` gives them, under their headings."""
    return [(group, list(found)) for group, found in groupby(codes, lambda code: code.group)]


def find(name: str) -> Code | None:
    """Return the entry of a code; None if nobody explains it."""
    if name not in _codes:
        autodiscover_modules("codes")
    return _codes.get(name)


def step_of(name: str) -> str:
    """Return the link that belongs behind a sentence with this code, empty for none."""
    code = find(name) if name else None
    return code.step if code else ""


def title(name: str) -> str:
    """Return a code as words: Sign-in refused, TLS too old."""
    words = name.replace("-", " ").replace("sign in", "sign-in").replace("ws management", "WS-Man")
    words = re.sub(r"\b(tls|http)\b", lambda found: found[0].upper(), words)
    return words[:1].upper() + words[1:]


LEFT_OFF = Code(
    "left-off",
    ("unknown",),
    "The server stopped in the middle of it and did not come back in time. Ask again: it goes on "
    "where it stopped.",
    "The worker died after the device had been told something, and no worker took the line up "
    "again before it expired. The password that the device may hold by now is in the vault.",
    "Ask for the same again: each step looks first at what the device has already.",
    sent="perhaps",
    step="open-server",
    checks=(
        "Is the server switched on, and does its worker run?",
        "The steps on the line: the last one that is answered is how far it came.",
    ),
)

for _code in (
    Code(
        "worker-lost",
        ("unknown",),
        "The server stopped while this order was going out. Not sent again.",
        "The worker died or lost its lease between marking the line as sending and writing down "
        "the answer. The order may have arrived.",
        "Read the power state. If the PC is not as you want it, order again.",
        sent="perhaps",
        step="read-state",
        checks=(
            "The power state of the PC now, and its event log where it writes one.",
            "The server's page: did its worker restart, and when?",
            "The worker's log of that minute.",
        ),
    ),
    Code(
        "server-silent",
        ("expired",),
        "SRV-01 was silent for 15 min, so this order ended unsent.",
        "The server that sends to this device gave no sign of life, so nobody took the order. "
        "After the order expiry of the zone it ends: a late reset is worse than none.",
        "Open the server, see to its worker, then order again.",
        step="open-server",
        checks=(
            "Is the server switched on, and does its worker run?",
            "Does it reach the database and the broker?",
            "Other devices of the same server: give them another one in their SMB settings.",
        ),
        settings=("power.order_expiry_minutes",),
    ),
    LEFT_OFF,
    Code(
        "turn-not-come",
        ("expired",),
        "Its turn did not come within 15 min, so this order ended unsent.",
        "The server works, but other orders, or another order for the same device, took the time.",
        "Order again; with very many devices, raise the order expiry or add workers.",
        step="order-again",
        checks=(
            "Other tasks of that time: two orders for one device are at least 10 s apart.",
            "The number of devices of the server, and of its workers.",
        ),
        settings=("power.order_expiry_minutes", "power.devices_at_once"),
    ),
    Code(
        "stopped",
        ("stopped",),
        "Stopped by operator-1 before anything was sent.",
        "Somebody pressed Stop the rest on the task's page.",
        "Order again, if it is still wanted.",
        step="order-again",
    ),
    Code(
        "console-fault",
        ("failed", "unknown"),
        "The console failed at this device. Nothing sent.",
        "A fault of this console, not of the device. The worker's log has the traceback. If the "
        "order had gone out already, the line is unknown instead of failed.",
        "Read the power state; report the task number and this code.",
        sent="perhaps",
        step="read-state",
        checks=(
            "The power state of the PC now.",
            "The worker's log: the line before the traceback names the task and the line.",
        ),
    ),
):
    declare(_code)
