"""The session over real sockets: signing in, what goes out, and what may have been obeyed."""

from __future__ import annotations

import asyncio
import re
from time import monotonic

import pytest

from amt.constants import PowerState
from amt.protocol.errors import (
    AmtBadAnswer,
    AmtError,
    AmtHeldUp,
    AmtNoAnswer,
    AmtRealmChanged,
    AmtSignInRefused,
)
from amt.protocol.wsman.power_management_service import read_power_state, request_power_state
from amt.protocol.wsman.session import Limits, Session
from tests.amt.protocol.device import (
    PASSWORD,
    QUICK,
    REALM,
    SERVER,
    Reply,
    Request,
    amt,
    challenge,
    device,
    digest_is_right,
    envelope,
    http,
    power_is,
    returned,
)

ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"


def pc(request: Request) -> bytes:
    """Answer as a PC that is on and obeys."""
    is_order = b"RequestPowerStateChange" in request.body
    return http(returned(0) if is_order else power_is(2))


@pytest.mark.parametrize("qop", ["auth", "auth-int, auth", "auth,auth-int"])
async def test_a_session_signs_in_once_and_goes_on_with_the_same_nonce(qop: str) -> None:
    async with device(amt(pc, qop=qop)) as seen, Session(seen.target(), QUICK) as session:
        assert (await read_power_state(session)).state == PowerState.ON
        await request_power_state(session, PowerState.OFF_SOFT)
        await read_power_state(session)

    assert [bool(request.login) for request in seen.requests] == [False, True, True, True]
    assert [request.login["nc"] for request in seen.with_login] == [
        "00000001",
        "00000002",
        "00000003",
    ]
    assert len({request.login["cnonce"] for request in seen.with_login}) == 3
    assert (session.realm, session.server_header) == (REALM, SERVER)
    assert session.firmware == "16.1.25.1917"
    assert session.certificate_sha256 is None


@pytest.mark.parametrize(
    "version", ["16.1\xff", "16." + "1" * 40, "16.1.2.3.4", "<b>16.1</b>", "\u0661\u0666.1"]
)
async def test_a_server_that_names_no_version_has_none(version: str) -> None:
    def odd(request: Request) -> bytes:
        reply = amt(lambda request: http(power_is(2)))(request)
        assert isinstance(reply, bytes)
        return reply.replace(b"16.1.25.1917", version.encode())

    async with device(odd) as seen, Session(seen.target(), QUICK) as session:
        assert session.firmware is None


async def test_a_new_connection_follows_each_401_even_a_silent_one() -> None:
    silent = challenge().replace(b"Connection: close\r\n", b"")

    def answer(request: Request) -> bytes:
        return pc(request) if request.login else silent

    async with device(answer) as seen, Session(seen.target(), QUICK) as session:
        await read_power_state(session)
        await read_power_state(session)

    assert [request.connection for request in seen.requests] == [1, 2, 2]


async def test_what_goes_out_without_a_login_is_empty() -> None:
    async with device(amt(pc)) as seen, Session(seen.target(), QUICK) as session:
        await request_power_state(session, PowerState.OFF_SOFT)

    first = seen.requests[0]
    assert not first.login
    assert first.body == b""


async def test_a_lapsed_nonce_is_renewed_once_without_a_word() -> None:
    nonces = iter(["one", "two", "three"])
    current = {"nonce": ""}

    def answer(request: Request) -> bytes:
        if request.login.get("nonce") == current["nonce"] and len(seen.with_login) != 2:
            return pc(request)
        current["nonce"] = next(nonces)
        return challenge(nonce=current["nonce"])

    async with device(answer) as seen, Session(seen.target(), QUICK) as session:
        await read_power_state(session)
        await request_power_state(session, PowerState.OFF_SOFT)

    orders = [r for r in seen.with_login if b"RequestPowerStateChange" in r.body]
    assert [request.login["nonce"] for request in orders] == ["one", "two"]


async def test_a_stale_challenge_is_answered_again_even_after_the_first_login() -> None:
    def answer(request: Request) -> bytes:
        if len(seen.with_login) == 1 and request.login:
            return challenge(nonce="n2", stale="true")
        return pc(request) if request.login else challenge()

    async with device(answer) as seen, Session(seen.target(), QUICK) as session:
        await read_power_state(session)

    assert [request.login["nonce"] for request in seen.with_login] == ["n1", "n2"]


async def test_a_wrong_password_is_shown_to_the_device_once_and_never_again() -> None:
    async with device(amt(pc)) as seen, Session(seen.target(password="wrong"), QUICK) as session:
        for _ in range(3):
            with pytest.raises(AmtSignInRefused) as caught:
                await request_power_state(session, PowerState.OFF_SOFT)

    assert len(seen.with_login) == 1
    assert caught.value.code == "sign-in-refused"
    assert not caught.value.may_have_been_obeyed


async def test_a_device_that_always_says_stale_is_given_up() -> None:
    async with (
        device(lambda request: challenge(stale="true")) as seen,
        Session(seen.target(), QUICK) as session,
    ):
        with pytest.raises(AmtSignInRefused):
            await read_power_state(session)

    assert len(seen.with_login) <= 3


async def test_another_realm_gets_no_login() -> None:
    async with device(amt(pc)) as seen:
        with pytest.raises(AmtRealmChanged) as caught:
            await Session(seen.target(realm="Digest:" + "F" * 32), QUICK).open()

    assert seen.with_login == []
    assert (caught.value.known, caught.value.observed) == ("Digest:" + "F" * 32, REALM)


async def test_a_realm_that_changes_within_a_session_stops_it() -> None:
    def answer(request: Request) -> bytes:
        if not request.login:
            return challenge()
        return challenge(realm="Digest:" + "E" * 32)

    async with device(answer) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtRealmChanged):
            await read_power_state(session)

    assert len(seen.with_login) == 1


async def test_a_stranger_that_asks_for_a_digest_gets_none() -> None:
    def router(request: Request) -> bytes:
        return challenge(realm="Router").replace(SERVER.encode(), b"nginx")

    async with device(router) as seen:
        with pytest.raises(AmtBadAnswer) as caught:
            await Session(seen.target(), QUICK).open()

    assert seen.with_login == []
    assert caught.value.reason == "not-amt"
    assert f"port {seen.port}" in str(caught.value)


async def test_no_redirect_is_followed() -> None:
    async with device(amt(pc)) as elsewhere:
        moved = http(b"", "302 Found", extra=f"Location: http://127.0.0.1:{elsewhere.port}/\r\n")
        async with device(lambda request: moved) as seen:
            with pytest.raises(AmtBadAnswer):
                await Session(seen.target(), QUICK).open()

        assert elsewhere.requests == []


async def test_no_cookie_is_kept_and_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    def answer(request: Request) -> bytes:
        return amt(pc)(request).replace(b"\r\n", b"\r\nSet-Cookie: a=b\r\n", 1)  # type: ignore[union-attr]

    async with device(answer) as seen, Session(seen.target(), QUICK) as session:
        await read_power_state(session)
        await read_power_state(session)

    assert not any("cookie" in request.head.lower() for request in seen.requests)


async def hangs(request: Request) -> bytes:
    await asyncio.sleep(5)
    return b""


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda request: None, AmtNoAnswer),
        (hangs, AmtNoAnswer),
        (lambda request: http(returned(0))[:-30], AmtNoAnswer),
        (lambda request: http(returned(0)[:-30]), AmtBadAnswer),
        (lambda request: http(b"<html>hello"), AmtBadAnswer),
        (lambda request: http(b""), AmtBadAnswer),
        (lambda request: http(power_is(2)), AmtBadAnswer),
        (lambda request: http(returned("")), AmtBadAnswer),
        (lambda request: http(b"x" * (2 << 20)), AmtBadAnswer),
        (lambda request: http(b"oops", "500 Internal Server Error"), AmtBadAnswer),
        (lambda request: b"no http at all\r\n\r\n", AmtBadAnswer),
    ],
    ids=["hang-up", "silence", "half", "cut", "html", "nothing", "other", "no-value", "big", "500",
         "noise"],
)  # fmt: skip
async def test_an_order_without_a_clear_answer_may_have_been_obeyed_and_is_not_repeated(
    answer: object, kind: type[AmtError]
) -> None:
    async with device(amt(answer)) as seen, Session(seen.target(), QUICK) as session:  # type: ignore[arg-type]
        with pytest.raises(kind) as caught:
            await request_power_state(session, PowerState.MASTER_BUS_RESET)

    assert caught.value.may_have_been_obeyed
    assert not caught.value.retry
    assert len(seen.with_login) == 1


@pytest.mark.parametrize("answer", [lambda request: None, lambda request: http(b"<html>")])
async def test_a_read_without_an_answer_leaves_no_doubt(answer: object) -> None:
    async with device(amt(answer)) as seen, Session(seen.target(), QUICK) as session:  # type: ignore[arg-type]
        with pytest.raises(AmtError) as caught:
            await read_power_state(session)

    assert not caught.value.may_have_been_obeyed


@pytest.mark.parametrize(("answer", "retry"), [(lambda request: None, True), (hangs, False)])
async def test_silence_before_the_login_cannot_have_been_obeyed(
    answer: object, retry: bool
) -> None:
    async with device(answer) as seen:  # type: ignore[arg-type]
        with pytest.raises(AmtNoAnswer) as caught:
            await Session(seen.target(), QUICK).open()

    assert not caught.value.may_have_been_obeyed
    assert caught.value.retry is retry


def dies_after(answers: int) -> object:
    """Answer so many logins on a connection, then hang up on it without an answer."""
    counts: dict[int, int] = {}

    def answer(request: Request) -> Reply:
        counts[request.connection] = counts.get(request.connection, 0) + 1
        return pc(request) if counts[request.connection] <= answers else None

    return answer


async def test_a_read_on_a_dead_kept_connection_is_made_again_on_a_new_one() -> None:
    async with device(amt(dies_after(1))) as seen, Session(seen.target(), QUICK) as session:  # type: ignore[arg-type]
        await read_power_state(session)
        await read_power_state(session)

    assert [request.connection for request in seen.with_login] == [2, 2, 3]


async def test_an_order_on_a_dead_kept_connection_is_never_made_again() -> None:
    async with device(amt(dies_after(1))) as seen, Session(seen.target(), QUICK) as session:  # type: ignore[arg-type]
        await read_power_state(session)
        with pytest.raises(AmtNoAnswer) as caught:
            await request_power_state(session, PowerState.MASTER_BUS_RESET)

    assert caught.value.may_have_been_obeyed
    assert len(seen.with_login) == 2


async def test_an_order_whose_moment_has_passed_is_not_sent() -> None:
    async with device(amt(pc)) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtHeldUp):
            await request_power_state(session, PowerState.OFF_SOFT, send_before=monotonic() - 0.001)
        await request_power_state(session, PowerState.OFF_SOFT, send_before=monotonic() + 5)

    assert len(seen.with_login) == 1


async def test_one_request_at_a_time_whatever_the_caller_does() -> None:
    busy = {"now": 0, "most": 0}

    async def slowly(request: Request) -> bytes:
        busy["now"] += 1
        busy["most"] = max(busy["most"], busy["now"])
        await asyncio.sleep(0.01)
        busy["now"] -= 1
        return pc(request)

    async with device(amt(slowly)) as seen, Session(seen.target(), QUICK) as session:
        await asyncio.gather(*(read_power_state(session) for _ in range(5)))

    assert busy["most"] == 1


async def test_the_time_limit_of_a_session_counts_all_its_requests() -> None:
    async def slowly(request: Request) -> bytes:
        await asyncio.sleep(0.3)
        return pc(request)

    async def read_on(session: Session) -> None:
        for _ in range(20):
            await read_power_state(session)

    limits = Limits(connect_seconds=5, answer_seconds=5, session_seconds=1)
    began = monotonic()
    async with device(amt(slowly)) as seen, Session(seen.target(), limits) as session:
        with pytest.raises(AmtError):
            await read_on(session)

    assert monotonic() - began < 3


async def test_an_answer_in_drops_does_not_get_around_the_time_limit() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for sign in http(power_is(2)).decode():
                writer.write(sign.encode())
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with device(pc) as seen, listener:
        seen.port = listener.sockets[0].getsockname()[1]
        began = monotonic()
        with pytest.raises(AmtNoAnswer):
            await Session(seen.target(), QUICK).open()

    assert monotonic() - began < 1.5


async def test_an_answer_that_never_ends_is_left_at_the_limit() -> None:
    sent = {"bytes": 0}

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head)
        try:
            while sent["bytes"] < 50 << 20:
                writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
                sent["bytes"] += 0x10000
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(endless, "127.0.0.1", 0)
    async with device(pc) as seen, listener:
        seen.port = listener.sockets[0].getsockname()[1]
        with pytest.raises(AmtBadAnswer) as caught:
            await Session(seen.target(), Limits()).open()

    assert caught.value.reason == "too-big"
    assert sent["bytes"] < 10 << 20


async def test_chunked_answers_as_firmware_sends_them_are_read() -> None:
    def in_chunks(request: Request) -> bytes:
        body = power_is(8)
        head = f"HTTP/1.1 200 OK\r\nServer: {SERVER}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        parts = [body[at : at + 60] for at in range(0, len(body), 60)]
        return head + b"".join(b"%04X\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"

    async with device(amt(in_chunks)) as seen, Session(seen.target(), QUICK) as session:
        assert (await read_power_state(session)).state == PowerState.OFF_SOFT


def page(items: str, context: str = "") -> bytes:
    more = f"<g:EnumerationContext>{context}</g:EnumerationContext>" if context else ""
    end = "" if context else "<g:EndOfSequence></g:EndOfSequence>"
    return http(
        envelope(f"<g:PullResponse>{more}<g:Items>{items}</g:Items>{end}</g:PullResponse>",
                 ENUMERATION)
    )  # fmt: skip


def chips(count: int, per_pull: int = 1) -> object:
    """Answer an enumeration of ``count`` objects as firmware does: few at a time."""
    left = {"count": count}

    def answer(request: Request) -> bytes:
        if b"Release" in request.body:
            return http(b"")
        if b"<ns0:Enumerate" in request.body:
            body = "<g:EnumerateResponse><g:EnumerationContext>c0</g:EnumerationContext>"
            return http(envelope(body + "</g:EnumerateResponse>", ENUMERATION))
        now = min(per_pull, left["count"])
        left["count"] -= now
        item = '<h:CIM_Chip xmlns:h="urn:x"><h:Tag>t</h:Tag></h:CIM_Chip>'
        return page(item * now, f"c{left['count']}" if left["count"] else "")

    return answer


async def test_an_enumeration_is_pulled_to_its_end_with_the_newest_context() -> None:
    async with device(amt(chips(3))) as seen, Session(seen.target(), QUICK) as session:  # type: ignore[arg-type]
        found = await session.enumerate("CIM_Chip")

    assert len(found) == 3
    contexts = [re.search(rb"Context>(\w+)<", request.body) for request in seen.with_login]
    assert [match[1] for match in contexts if match] == [b"c0", b"c2", b"c1"]


async def test_an_empty_class_is_an_empty_list() -> None:
    async with device(amt(chips(0))) as seen, Session(seen.target(), QUICK) as session:  # type: ignore[arg-type]
        assert await session.enumerate("CIM_Chip") == []


async def test_an_enumeration_without_end_is_released() -> None:
    async with device(amt(chips(10**6, 50))) as seen, Session(seen.target(), QUICK) as session:  # type: ignore[arg-type]
        with pytest.raises(AmtBadAnswer) as caught:
            await session.enumerate("CIM_Chip", max_instances=120)

    assert caught.value.reason == "unexpected"
    assert b"Release" in seen.requests[-1].body


async def test_put_create_delete_and_identify_go_their_way() -> None:
    created = (
        "<g:ResourceCreated><b:ReferenceParameters><c:ResourceURI>x/CIM_Chip</c:ResourceURI>"
        "</b:ReferenceParameters></g:ResourceCreated>"
    )

    def answer(request: Request) -> bytes:
        if b"/Create<" in request.body:
            return http(envelope(created, "http://schemas.xmlsoap.org/ws/2004/09/transfer"))
        if b"/Delete<" in request.body:
            return http(envelope(""))
        if b"Identify" in request.body:
            return http(envelope("<g:IdentifyResponse><g:ProductVersion>AMT 16.1"
                                 "</g:ProductVersion></g:IdentifyResponse>"))  # fmt: skip
        return http(power_is(2))

    async with device(amt(answer)) as seen, Session(seen.target(), QUICK) as session:
        assert (await session.create("CIM_Chip", {"Tag": "1"})).class_name == "CIM_Chip"
        await session.delete("CIM_Chip", {"Tag": "1"})
        assert (await session.identify()).text("ProductVersion") == "AMT 16.1"
        assert await session.put("CIM_Chip", {"Tag": "1"}) is not None


async def test_a_delete_that_is_not_answered_may_have_been_obeyed() -> None:
    async with device(amt(lambda request: None)) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtNoAnswer) as caught:
            await session.delete("CIM_Chip", {"Tag": "1"})

    assert caught.value.may_have_been_obeyed


async def test_the_password_is_in_no_representation_error_or_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)

    async with device(amt(lambda request: http(f"<html>{PASSWORD}".encode()))) as seen:
        target = seen.target()
        async with Session(target, QUICK) as session:
            with pytest.raises(AmtError) as caught:
                await read_power_state(session)

    assert digest_is_right(seen.with_login[0])
    told = [repr(target), repr(session), str(caught.value), caught.value.detail, caplog.text]
    assert not any(PASSWORD in text for text in told)
    assert not any(PASSWORD.encode() in r.body + r.head.encode() for r in seen.requests)


async def test_a_user_name_cannot_add_a_header() -> None:
    name = 'ad"min\r\nX-Other: 1'
    async with (
        device(lambda request: challenge()) as seen,
        Session(seen.target(username=name), QUICK) as session,
    ):
        with pytest.raises(AmtSignInRefused):
            await read_power_state(session)

    assert "\r\nX-Other" not in seen.with_login[0].head
    assert r'username="ad\"minX-Other: 1"' in seen.with_login[0].head


async def test_ipv6_addresses_can_be_reached() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(challenge())
        writer.close()

    heard: list[bytes] = []
    listener = await asyncio.start_server(talk, "::1", 0)
    async with device(pc) as seen, listener:
        port = listener.sockets[0].getsockname()[1]
        async with Session(seen.target(host="::1", port=port), QUICK) as session:
            assert session.realm == REALM

    assert b"Host: [::1]" in heard[0]


@pytest.mark.parametrize(
    ("answer", "code", "obeyed"),
    [
        (http(b"<html>Forbidden", "403 Forbidden"), "access-denied", False),
        (http(power_is(2), "500 Internal Server Error"), "unexpected-answer", True),
        (http(b"gone", "404 Not Found"), "no-ws-management", True),
        (http(b"", "503 Service Unavailable"), "device-busy", False),
        (http(b"", "302 Found", extra="Location: /logon.htm\r\n"), "http-status", True),
        (http(b"x", extra="Content-Encoding: gzip\r\n"), "bad-answer", True),
    ],
    ids=["403", "500", "404", "503", "302", "compressed"],
)
async def test_each_http_status_has_its_meaning(answer: bytes, code: str, obeyed: bool) -> None:
    async with device(amt(lambda request: answer)) as seen, Session(seen.target(), QUICK) as line:
        with pytest.raises(AmtError) as caught:
            await request_power_state(line, PowerState.OFF_SOFT)

    assert (caught.value.code, caught.value.may_have_been_obeyed) == (code, obeyed)


async def test_a_create_without_a_reference_may_have_made_the_object() -> None:
    async with (
        device(amt(lambda request: http(power_is(2)))) as seen,
        Session(seen.target(), QUICK) as session,
    ):
        with pytest.raises(AmtBadAnswer) as caught:
            await session.create("CIM_Chip", {"Tag": "1"})

    assert caught.value.may_have_been_obeyed


async def test_a_session_that_is_not_open_says_so() -> None:
    async with device(pc) as seen:
        with pytest.raises(RuntimeError, match="not open"):
            await read_power_state(Session(seen.target(), QUICK))
