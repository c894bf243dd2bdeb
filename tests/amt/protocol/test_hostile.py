"""An answer built to exhaust us is refused within a second and 64 MB, measured from outside."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Each attack in a process of its own, forked from one that has everything loaded.
SCRIPT = """
import json, os, resource, time
from amt.protocol.errors import AmtBadAnswer
from amt.protocol.wsman.codec import decode
from tests.amt.protocol.device import power_is
from tests.amt.protocol.test_hostile import ATTACKS, HEAVY

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

decode(power_is(2))
for name, attack in (ATTACKS | HEAVY).items():
    if os.fork():
        assert os.wait()[1] == 0, name
        continue
    body = attack()
    before, began = memory(), time.perf_counter()
    try:
        decode(body)
        said = "read"
    except AmtBadAnswer as error:
        said = error.reason
    seconds = time.perf_counter() - began
    print(json.dumps([name, said, seconds, memory() - before]), flush=True)
    os._exit(0)
"""
MANY = "AvailableRequestedPowerStates"
NAME = "g:CIM_AssociatedPowerManagementService"


def soap(content: str) -> bytes:
    from tests.amt.protocol.device import envelope

    return envelope(content)


def bomb(declared: str, used: str) -> bytes:
    text = soap(f"<{NAME}><g:PowerState>{used}</g:PowerState></{NAME}>").decode()
    return text.replace("<a:Envelope", f"<!DOCTYPE a [{declared}]><a:Envelope", 1).encode()


def laughs() -> bytes:
    declared = '<!ENTITY e0 "ha">' + "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12)
    )
    return bomb(declared, "&e11;")


def deep(levels: int) -> bytes:
    return soap(f"<{NAME}>" + "<g:A>" * levels + "</g:A>" * levels + f"</{NAME}>")


def marks(name: str, times: int) -> str:
    return " ".join(f'{name}{n}="u"' for n in range(times))


def wide(element: str, times: int, name: str = NAME) -> bytes:
    return soap(f"<{name}>" + element * times + f"</{name}>")


ATTACKS = {
    "entities": lambda: laughs(),
    "one big entity": lambda: bomb(f'<!ENTITY e "{"x" * 100_000}">', "&e;" * 20_000),
    "a file": lambda: bomb('<!ENTITY e SYSTEM "file:///etc/passwd">', "&e;"),
    "an address": lambda: bomb('<!ENTITY e SYSTEM "http://127.0.0.1:9/">', "&e;"),
    "a document type": lambda: bomb("<!ELEMENT a ANY>", "2"),
    "another encoding": lambda: laughs().decode().encode("utf-16"),
    "utf-7": lambda: laughs().replace(b"UTF-8", b"UTF-7", 1).replace(b"<!", b"+ADwAIQ-"),
    "101 levels": lambda: deep(101),
    "20,000 levels": lambda: deep(20_000),
    "50 MB": lambda: wide("<g:A>x</g:A>", 50 * 87_382),
    "50 MB without end": lambda: b"<a>" * ((50 << 20) // 3),
    "elements": lambda: wide("<a/>", 250_000),
    "attributes": lambda: soap(f"<{NAME} {marks('a', 90_000)}/>"),
    "namespaces": lambda: soap(f"<{NAME} {marks('xmlns:a', 60_000)}/>"),
}
HEAVY = {  # not hostile by our count, so read: within the same limits
    "as many properties as are allowed": lambda: wide("<g:Nope>1</g:Nope>", 38_000),
    "known and unknown in turn": lambda: wide(f"<g:{MANY}>1</g:{MANY}><g:B>1</g:B>", 11_000),
    "one long text": lambda: wide("<g:PowerState>" + "9" * 1_000_000 + "</g:PowerState>", 1),
    "values that do not fit": lambda: wide("<g:PowerState>x</g:PowerState>", 30_000),
    "as many attributes as are allowed": lambda: soap(f"<{NAME} {marks('a', 38_000)}/>"),
}


Measured = dict[str, tuple[str, float, float]]


@pytest.fixture(scope="module")
def measured() -> Measured:
    """Return for each attack what came of it, in how many seconds and megabytes."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: (said, seconds, megabytes) for name, said, seconds, megabytes in lines}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_answer_is_refused_within_a_second_and_64_mb(
    measured: Measured, name: str
) -> None:
    said, seconds, megabytes = measured[name]

    assert said in ("hostile", "too-big", "truncated", "not-xml")
    assert seconds < 1
    assert megabytes < 64


@pytest.mark.parametrize("name", HEAVY)
def test_the_heaviest_answer_that_is_read_stays_within_the_same_limits(
    measured: Measured, name: str
) -> None:
    _said, seconds, megabytes = measured[name]

    assert seconds < 1
    assert megabytes < 64
