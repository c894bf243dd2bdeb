"""Each error class happens for one cause, and says what an administrator can do."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address

import pytest

from amt.constants import BootTarget, PowerState
from amt.protocol import eoi, errors, probe
from amt.protocol.errors import DETAIL_CHARACTERS, AmtError
from amt.protocol.sentences import SENTENCES
from amt.protocol.wsman import boot, eventing
from amt.protocol.wsman.power_management_service import request_power_state
from amt.protocol.wsman.session import Session, Tls
from tests.amt.protocol.certificates import fingerprint, server
from tests.amt.protocol.device import (
    QUICK,
    Answer,
    Request,
    amt,
    challenge,
    device,
    envelope,
    fault,
    http,
    returned,
)

# Their sentence is that of the fault or the return value, in other words.
BY_FAULT = {"access-denied", "not-supported", "device-fault", "consent-needed"}
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


async def from_port(talk: Callable[..., None], **target: object) -> AmtError:
    """Return the error of a session with a port where ``talk`` answers each connection."""

    def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk(writer)

    listener = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with listener, device(OBEYS) as seen:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(AmtError) as caught:
            await Session(seen.target(port=port, **target), QUICK).open()
    return caught.value


def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def speak_http(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


def alert(number: int) -> Callable[[asyncio.StreamWriter], None]:
    """Return what answers with a fatal alert of TLS 1.2."""

    def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(bytes([21, 3, 3, 0, 2, 2, number]))
        writer.close()

    return talk


def no_loopback(address: IPv4Address | IPv6Address) -> str:
    return f"{address} is a loopback address." if address.is_loopback else ""


def at_once(error: AmtError) -> Callable[[], Awaitable[AmtError]]:
    """Return an error that the caller raises, not the device."""

    async def made() -> AmtError:
        return error

    return made


def faulted(subcode: str) -> Callable[[], Awaitable[AmtError]]:
    return lambda: order(amt(lambda request: http(fault(subcode), "400 Bad Request")))


def answered(answer: bytes) -> Callable[[], Awaitable[AmtError]]:
    return lambda: order(amt(lambda request: answer))


NO_ROUTE = OSError(errno.EHOSTUNREACH, "No route to host")
Case = tuple[str, Callable[[], Awaitable[AmtError]]]
CASES: dict[str, Case] = {  # by code: the class, and how it comes about
    "not-set-up": ("AmtNotSetUp", at_once(errors.AmtNotSetUp())),
    "device-deleted": ("AmtNotSetUp", at_once(errors.AmtNotSetUp(code="device-deleted"))),
    "password-missing": ("AmtNotSetUp", at_once(errors.AmtNotSetUp(code="password-missing"))),
    "no-management-certificate": (
        "AmtNotSetUp",
        at_once(errors.AmtNotSetUp(code="no-management-certificate")),
    ),
    # How each of these comes about is shown with a simulated device: tests/amt/test_provisioning
    **{
        code: ("AmtSetUpRefused", at_once(errors.AmtSetUpRefused(code=code)))
        for code in (errors.AmtSetUpRefused.code, *errors.AmtSetUpRefused.codes)
    },
    "plain-not-allowed": ("AmtPlainNotAllowed", at_once(errors.AmtPlainNotAllowed())),
    "sign-in-stopped": ("AmtSignInStopped", at_once(errors.AmtSignInStopped(times=2))),
    "tls-gone": ("AmtTlsFailed", at_once(errors.AmtTlsFailed(code="tls-gone"))),
    "no-alert-address": ("AmtNoListener", at_once(errors.AmtNoListener())),
    "alerts-need-http": ("AmtNoListener", lambda: subscribes_by_https()),
    "address-not-allowed": ("AmtAddressNotAllowed", lambda: order(OBEYS, refusal=no_loopback)),
    "boot-not-offered": ("AmtBootNotOffered", lambda: boots_from_nowhere()),
    "held-up": ("AmtHeldUp", lambda: order(OBEYS, send_before=0.0)),
    "unreachable": ("AmtUnreachable", lambda: order(OBEYS, host="bad host")),
    "port-closed": ("AmtUnreachable", lambda: order(OBEYS, port=free_port())),
    "name-unknown": ("AmtUnreachable", lambda: order(OBEYS, host="no-such-host.invalid")),
    "no-route": ("AmtUnreachable", at_once(errors.unreachable(16993, NO_ROUTE, host="10.255.0.1"))),
    "tls-failed": ("AmtTlsFailed", lambda: from_port(alert(255), tls=Tls.LEGACY)),
    "tls-dropped": ("AmtTlsFailed", lambda: from_port(hang_up, tls=Tls.MODERN)),
    "no-tls": ("AmtTlsFailed", lambda: from_port(speak_http, tls=Tls.MODERN)),
    "tls-alert": ("AmtTlsFailed", lambda: from_port(alert(80), tls=Tls.MODERN)),
    "client-certificate": ("AmtTlsFailed", lambda: from_port(alert(116), tls=Tls.MODERN)),
    "tls-too-old": ("AmtTlsTooOld", lambda: tls_1_0()),
    "certificate-changed": (
        "AmtCertificateChanged",
        lambda: order(OBEYS, tls=Tls.MODERN, pin=fingerprint("another")),
    ),
    "realm-changed": ("AmtRealmChanged", lambda: order(OBEYS, realm="Digest:0")),
    "sign-in-refused": ("AmtSignInRefused", lambda: order(lambda request: challenge())),
    "no-digest": (
        "AmtBadAnswer",
        lambda: order(lambda request: http(b"", "401 No", extra=KERBEROS)),
    ),
    "device-busy": ("AmtBusy", lambda: order(lambda request: http(b"", "503 Busy"))),
    "fault": ("AmtFault", faulted("c:InvalidParameter")),
    "access-denied": ("AmtFault", faulted("c:AccessDenied")),
    "not-supported": ("AmtFault", faulted("c:UnsupportedFeature")),
    "device-fault": ("AmtFault", faulted("c:InternalError")),
    "refused": ("AmtReturnValue", answered(http(returned(2)))),
    "consent-needed": (
        "AmtReturnValue",
        at_once(errors.AmtReturnValue("X", 2081, is_pt_status=True)),
    ),
    "no-answer": ("AmtNoAnswer", lambda: order(amt(lambda request: None))),
    "unresponsive": ("AmtNoAnswer", lambda: order(never)),
    "bad-answer": ("AmtBadAnswer", answered(http(b"<html>"))),
    "damaged-answer": ("AmtBadAnswer", answered(http(returned(0)[:200]))),
    "hostile-answer": ("AmtBadAnswer", answered(http(b"x" * (QUICK.max_bytes + 1)))),
    "unexpected-answer": ("AmtBadAnswer", answered(http(returned("two")))),
    "no-older-interface": ("AmtBadAnswer", lambda: state_by_eoi(b"", "404 No")),
    "no-ws-management": ("AmtBadAnswer", lambda: order(lambda request: http(b"", "404 No"))),
    "http-status": ("AmtBadAnswer", lambda: order(lambda request: http(b"", "500 No"))),
}
KERBEROS = "WWW-Authenticate: Negotiate\r\n"
AFTER_THE_ORDER = {  # nobody knows whether it was carried out
    "no-answer",
    "bad-answer",
    "damaged-answer",
    "hostile-answer",
    "unexpected-answer",
}


async def never(request: object) -> bytes | None:
    await asyncio.sleep(10)
    return None


async def state_by_eoi(body: bytes, status: str) -> AmtError:
    """Return the error of a device asked for its state over the older SOAP interface."""
    answer = amt(lambda request: http(body, status))
    async with device(answer) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtError) as caught:
            await eoi.read_power_state(session)
    return caught.value


async def boots_from_nowhere() -> AmtError:
    """Return the error of a device whose capabilities name no way to boot."""
    able = "<g:AMT_BootCapabilities><g:ForcePXEBoot>false</g:ForcePXEBoot></g:AMT_BootCapabilities>"
    answer = amt(lambda request: http(envelope(able)))
    async with device(answer) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtError) as caught:
            await boot.prepare(session, BootTarget.PXE)
    return caught.value


async def subscribes_by_https() -> AmtError:
    """Return the error of firmware that is to send its events by https and is too old for it."""

    def answer(request: Request) -> bytes:
        return challenge(server="Intel(R) Active Management Technology 10.0.55")

    async with device(answer) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtError) as caught:
            await eventing.subscribe(session, eventing.Listener("https://x/", "u", "p"))
    return caught.value


async def tls_1_0() -> AmtError:
    from tests.amt.protocol.test_tls import OLD

    async with device(OBEYS, server(newest=OLD)) as seen:
        with pytest.raises(AmtError) as caught:
            await Session(seen.target(tls=Tls.MODERN), QUICK).open()
    return caught.value


@pytest.mark.parametrize("code", CASES)
async def test_each_code_comes_about_and_says_one_sentence(code: str) -> None:
    name, happens = CASES[code]

    error = await happens()

    assert (error.code, type(error).__name__) == (code, name), error.detail
    assert str(error).endswith((".", "?"))
    assert len(str(error)) <= 140
    assert len(error.detail) <= DETAIL_CHARACTERS


def test_every_code_of_the_tree_has_a_case_and_a_sentence() -> None:
    def tree(kind: type[AmtError]) -> list[type[AmtError]]:
        return [kind, *(found for child in kind.__subclasses__() for found in tree(child))]

    classes = [kind for kind in tree(AmtError)[1:] if kind.__module__ == errors.__name__]
    own = [kind.code for kind in classes]

    assert {kind.__name__ for kind in classes} == {name for name, _ in CASES.values()}
    assert {code for kind in classes for code in (kind.code, *kind.codes)} == set(CASES)
    assert len(set(own)) == len(own)
    assert set(SENTENCES) == set(CASES) - BY_FAULT


@pytest.mark.parametrize("code", CASES)
async def test_only_an_order_without_a_clear_answer_may_have_been_obeyed(code: str) -> None:
    error = await CASES[code][1]()

    assert error.may_have_been_obeyed == (code in AFTER_THE_ORDER)


@pytest.mark.parametrize("code", CASES)
async def test_what_may_be_tried_again_was_never_executed(code: str) -> None:
    name, happens = CASES[code]

    error = await happens()

    assert error.retry == (name in ("AmtUnreachable", "AmtBusy"))
    assert not (error.retry and error.may_have_been_obeyed)


@pytest.mark.parametrize("number", [40, 70, 71, 80])
@pytest.mark.parametrize("tls", [Tls.MODERN, Tls.LEGACY])
async def test_an_alert_is_told_as_one_unless_the_version_is_named(number: int, tls: Tls) -> None:
    error = await from_port(alert(number), tls=tls)

    is_old = number == 70 and tls is Tls.MODERN
    assert error.code == ("tls-too-old" if is_old else "tls-alert")
    assert is_old or str(error).startswith("The device broke off TLS: ")


@pytest.mark.parametrize("number", [42, 48])
async def test_an_alert_about_certificates_means_that_we_lack_one(number: int) -> None:
    error = await from_port(alert(number), tls=Tls.MODERN)

    assert error.code == "client-certificate"
    assert "ALERT" in error.detail


async def test_a_name_that_does_not_exist_is_unreachable() -> None:
    error = await order(OBEYS, host="no-such-host.invalid")

    assert error.code == "name-unknown"
    assert "No name server knows no-such-host.invalid" in str(error)


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

    assert isinstance(error, errors.AmtUnreachable)
    with pytest.raises(errors.AmtUnreachable):
        await probe.find_ports(host, limits=QUICK)


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
