"""Each error class happens for one cause, and says what an administrator can do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address

import pytest

from amt.constants import PowerState
from amt.protocol import errors, probe
from amt.protocol.errors import DETAIL_CHARACTERS, AmtError
from amt.protocol.wsman.power_management_service import request_power_state
from amt.protocol.wsman.session import Session, Tls
from tests.amt.protocol.certificates import fingerprint, server
from tests.amt.protocol.device import (
    QUICK,
    Answer,
    amt,
    challenge,
    device,
    fault,
    http,
    returned,
)

OBEYS = amt(lambda request: http(returned(0)))


async def order(answer: Answer, **target: object) -> AmtError:
    """Return the error of an order to a device that answers so."""
    tls = server() if target.get("tls") else None
    send_before = target.pop("send_before", None)
    async with device(answer, tls) as seen:
        with pytest.raises(AmtError) as caught:
            await _order(Session(seen.target(**target), QUICK), send_before)
    return caught.value


async def _order(session: Session, send_before: object) -> None:
    async with session:
        await request_power_state(session, PowerState.OFF_SOFT, send_before=send_before)  # type: ignore[arg-type]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def no_tls() -> AmtError:
    """Return the error of TLS to a port that hangs up on it, whatever the version."""

    def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    listener = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with listener, device(OBEYS) as seen:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(AmtError) as caught:
            await Session(seen.target(tls=Tls.MODERN, port=port), QUICK).open()
    return caught.value


def no_loopback(address: IPv4Address | IPv6Address) -> str:
    return f"{address} is a loopback address." if address.is_loopback else ""


def at_once(error: AmtError) -> Callable[[], Awaitable[AmtError]]:
    """Return an error that the caller raises, not the device."""

    async def made() -> AmtError:
        return error

    return made


CASES: dict[str, tuple[str, Callable[[], Awaitable[AmtError]]]] = {
    "AmtNotSetUp": ("not-set-up", at_once(errors.AmtNotSetUp("Not set up: no SMB settings."))),
    "AmtPlainNotAllowed": ("plain-not-allowed", at_once(errors.AmtPlainNotAllowed())),
    "AmtAddressNotAllowed": (
        "address-not-allowed",
        lambda: order(OBEYS, refusal=no_loopback),
    ),
    "AmtHeldUp": ("held-up", lambda: order(OBEYS, send_before=0.0)),
    "AmtUnreachable": ("unreachable", lambda: order(OBEYS, port=free_port())),
    "AmtTlsFailed": ("tls-failed", no_tls),
    "AmtTlsTooOld": ("tls-too-old", lambda: tls_1_0()),
    "AmtCertificateChanged": (
        "certificate-changed",
        lambda: order(OBEYS, tls=Tls.MODERN, pin=fingerprint("another")),
    ),
    "AmtRealmChanged": ("realm-changed", lambda: order(OBEYS, realm="Digest:0")),
    "AmtSignInRefused": ("sign-in-refused", lambda: order(lambda request: challenge())),
    "AmtBusy": ("device-busy", lambda: order(lambda request: http(b"", "503 Busy"))),
    "AmtFault": ("fault", lambda: order(amt(lambda request: http(fault(), "400 Bad Request")))),
    "AmtReturnValue": ("refused", lambda: order(amt(lambda request: http(returned(2))))),
    "AmtNoAnswer": ("no-answer", lambda: order(amt(lambda request: None))),
    "AmtBadAnswer": ("bad-answer", lambda: order(amt(lambda request: http(b"<html>")))),
}


async def tls_1_0() -> AmtError:
    from tests.amt.protocol.test_tls import OLD

    async with device(OBEYS, server(newest=OLD)) as seen:
        with pytest.raises(AmtError) as caught:
            await Session(seen.target(tls=Tls.MODERN), QUICK).open()
    return caught.value


@pytest.mark.parametrize("name", CASES)
async def test_each_error_is_of_its_class_with_its_code_and_a_sentence(name: str) -> None:
    code, happens = CASES[name]

    error = await happens()

    assert type(error).__name__ == name
    assert error.code == code
    assert str(error).endswith((".", "?"))
    assert len(str(error)) <= 140
    assert error.advice.endswith(".")
    assert len(error.detail) <= DETAIL_CHARACTERS


def test_every_class_of_the_tree_has_a_case_and_a_code_of_its_own() -> None:
    def tree(kind: type[AmtError]) -> list[type[AmtError]]:
        return [kind, *(found for child in kind.__subclasses__() for found in tree(child))]

    classes = [kind for kind in tree(AmtError)[1:] if kind.__module__ == errors.__name__]

    assert {kind.__name__ for kind in classes} == set(CASES)
    assert len({kind.code for kind in classes}) == len(classes)


@pytest.mark.parametrize("name", CASES)
async def test_only_an_order_without_a_clear_answer_may_have_been_obeyed(name: str) -> None:
    error = await CASES[name][1]()

    assert error.may_have_been_obeyed == (name in ("AmtNoAnswer", "AmtBadAnswer"))


@pytest.mark.parametrize("name", CASES)
async def test_what_may_be_tried_again_was_never_executed(name: str) -> None:
    error = await CASES[name][1]()

    assert error.retry == (name in ("AmtUnreachable", "AmtBusy"))
    assert not (error.retry and error.may_have_been_obeyed)


async def test_a_name_that_does_not_exist_is_unreachable() -> None:
    error = await order(OBEYS, host="no-such-host.invalid")

    assert error.code == "unreachable"


async def test_an_address_that_swallows_connections_is_unreachable_in_time() -> None:
    with socket.socket() as deaf:  # a full backlog drops what comes
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        waiting = [socket.create_connection(("127.0.0.1", port))]
        try:
            error = await order(OBEYS, port=port)
        finally:
            for one in waiting:
                one.close()

    assert error.code in ("unreachable", "no-answer")
    assert not error.may_have_been_obeyed


@pytest.mark.parametrize("host", ["bad host", "", "http://x", "a" * 300, "x\r\ny", "me@127.0.0.1"])
async def test_what_is_neither_address_nor_name_is_unreachable(host: str) -> None:
    error = await order(OBEYS, host=host)

    assert error.code == "unreachable"
    with pytest.raises(AmtError) as caught:
        await probe.find_ports(host, limits=QUICK)
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize("host", ["localhost", "0x7f.1"])
async def test_a_name_is_judged_by_the_address_it_leads_to(host: str) -> None:
    async with device(OBEYS) as seen:
        with pytest.raises(errors.AmtAddressNotAllowed) as caught:
            await Session(seen.target(host=host, refusal=no_loopback), QUICK).open()

        assert seen.requests == []
    assert str(caught.value) == "127.0.0.1 is a loopback address."


async def test_an_address_that_is_not_refused_is_spoken_to() -> None:
    async with device(OBEYS) as seen:
        target = seen.target(refusal=lambda address: "" if address.is_loopback else "No.")
        async with Session(target, QUICK) as session:
            await request_power_state(session, PowerState.ON)
    assert seen.requests


def test_a_return_value_comes_with_its_meaning() -> None:
    error = errors.AmtReturnValue("RequestPowerStateChange", 2)

    assert (error.value, error.method) == (2, "RequestPowerStateChange")
    assert error.meaning == "not possible now"
    assert "its code 2: not possible now" in str(error)
    assert errors.AmtReturnValue("X", 77).meaning == "not explained"


def test_a_detail_is_one_printable_line_of_bounded_length() -> None:
    error = AmtError("No.", detail="a\x00b\n\tc\u202e" + "x" * 10_000)

    assert error.detail.startswith("ab cx")
    assert len(error.detail) == DETAIL_CHARACTERS


def test_a_secret_can_be_taken_out_of_a_detail() -> None:
    error = AmtError("No.", detail="the password hunter2 again hunter2")

    error.hide("hunter2")
    error.hide("")

    assert error.detail == "the password … again …"
