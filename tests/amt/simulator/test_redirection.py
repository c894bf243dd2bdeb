"""Redirection on the wire: one session, orders meanwhile, and bytes that are no message."""

import hashlib
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from amt.constants import PORT_REDIRECTION, PowerState
from amt.simulator import Device

from .client import PASSWORD, Client

START = b"\x10\x00\x00\x00SOL "
Dial = Callable[[Device], socket.socket]


@pytest.fixture
def dial() -> Iterator[Dial]:
    with ExitStack() as stack:

        def connect(device: Device) -> socket.socket:
            address = (device.address, PORT_REDIRECTION)
            return stack.enter_context(socket.create_connection(address, timeout=3))

        yield connect


def ask(line: socket.socket, message: bytes) -> bytes:
    line.sendall(message)
    return line.recv(4096)


def login(*parts: str, way: int = 4) -> bytes:
    data = b"".join(bytes((len(part),)) + part.encode() for part in parts)
    return bytes((0x13, 0, 0, 0, way)) + struct.pack("<I", len(data)) + data


def sign_in(line: socket.socket, password: str = PASSWORD) -> bytes:
    """Sign in by digest and return the device's verdict."""
    uri = "/RedirectionService"
    challenge = ask(line, login("admin", "", "", uri, "", "", "", ""))[9:]
    realm = challenge[1 : 1 + challenge[0]].decode()
    nonce = challenge[2 + len(realm) : 2 + len(realm) + 32].decode()
    secret = md5(f"admin:{realm}:{password}")
    response = md5(f"{secret}:{nonce}:00000002:0a0b:auth:{md5(f'POST:{uri}')}")
    return ask(line, login("admin", realm, nonce, uri, "0a0b", "00000002", response, "auth"))


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def test_second_session_is_told_that_there_is_one(simulated, dial):
    device = simulated(redirection=True)
    first, second = dial(device), dial(device)

    assert ask(first, START)[:2] == b"\x11\x00"
    assert ask(second, START) == b"\x11\x02\x00\x00"
    first.close()
    time.sleep(0.1)

    assert ask(dial(device), START)[:2] == b"\x11\x00"


@pytest.mark.parametrize("kind", [b"IDER", b"KVMR", b"????"])
def test_other_kinds_are_not_there(simulated, dial, kind):
    device = simulated(redirection=True)

    assert ask(dial(device), b"\x10\x00\x00\x00" + kind) == b"\x11\x03\x00\x00"


def test_right_password_is_let_in_and_hears_itself(simulated, dial):
    line = dial(simulated(redirection=True))
    ask(line, START)

    assert sign_in(line)[:2] == b"\x14\x00"
    assert ask(line, b"\x20" + bytes(23))[:2] == b"\x21\x00"
    assert b"Serial console" in line.recv(4096)
    said = ask(line, b"\x28" + bytes(7) + struct.pack("<H", 2) + b"ok")
    assert (said[0], said[10:]) == (0x2A, b"ok")


def test_wrong_password_is_told_once_and_cut_off(simulated, dial):
    line = dial(simulated(redirection=True))
    ask(line, START)

    assert sign_in(line, "wrong") == b"\x14\x01\x00\x00\x00" + bytes(4)
    assert line.recv(4096) == b""


def test_plain_password_is_taken_too(simulated, dial):
    line = dial(simulated(redirection=True))

    assert ask(line, login("admin", PASSWORD, way=1))[:2] == b"\x14\x00"


def test_console_without_sign_in_is_refused(simulated, dial):
    line = dial(simulated(redirection=True))
    ask(line, START)

    assert ask(line, b"\x20" + bytes(23)) == b""


@pytest.mark.parametrize(("order", "value"), [(8, 2), (5, 2), (10, 0)])
def test_open_session_keeps_the_host_from_going_off(simulated, dial, order, value):
    device = simulated(redirection=True, power=PowerState.ON)
    ask(dial(device), START)

    assert Client(device.address).order(order) == value


@pytest.mark.parametrize(
    "data",
    [b"\xff" * 20, b"\x13\x00\x00\x00\x04\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\x00"],
)
def test_what_is_no_message_ends_the_connection(simulated, dial, data):
    assert ask(dial(simulated(redirection=True)), data) == b""
