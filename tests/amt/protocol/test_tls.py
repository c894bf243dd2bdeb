"""TLS: the pin before the first byte, and firmware of every age."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from dataclasses import replace

import pytest

from amt.protocol.errors import AmtCertificateChanged, AmtTlsFailed, AmtTlsTooOld
from amt.protocol.http.tls import Tls, context
from amt.protocol.wsman.power_management_service import read_power_state
from amt.protocol.wsman.session import Session
from tests.amt.protocol.certificates import fingerprint, server
from tests.amt.protocol.device import QUICK, amt, device, http, power_is

ON = amt(lambda request: http(power_is(2)))
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    OLD = ssl.TLSVersion.TLSv1


async def test_the_certificate_and_version_are_told() -> None:
    async with device(ON, server()) as seen, Session(seen.target(tls=Tls.MODERN), QUICK) as session:
        await read_power_state(session)

        assert session.certificate_sha256 == fingerprint()
        assert session.tls_version == "TLSv1.2"


@pytest.mark.parametrize("written", [str.lower, str.upper])
async def test_the_pinned_certificate_is_accepted_however_it_is_written(written: object) -> None:
    pin = ":".join(fingerprint()[at : at + 2] for at in range(0, 64, 2))
    pin = pin.upper() if written is str.upper else pin

    async with device(ON, server()) as seen:
        target = seen.target(tls=Tls.MODERN, pin=pin)
        async with Session(target, QUICK) as session:
            await read_power_state(session)

    assert len(seen.with_login) == 1


async def test_another_certificate_gets_not_one_byte_of_http() -> None:
    async with device(ON, server("stranger")) as seen:
        with pytest.raises(AmtCertificateChanged) as caught:
            await Session(seen.target(tls=Tls.MODERN, pin=fingerprint()), QUICK).open()
        await asyncio.sleep(0.05)

        assert seen.connections == 1
        assert seen.requests == []
    error = caught.value
    assert (error.pinned, error.observed) == (fingerprint(), fingerprint("stranger"))
    assert (error.code, error.retry) == ("certificate-changed", False)


@pytest.mark.parametrize("pin", [None, fingerprint()])
async def test_a_certificate_that_changes_between_two_connections_stops_the_login(
    pin: str | None,
) -> None:
    async with device(ON, server()) as first, device(ON, server("stranger")) as second:
        target = first.target(tls=Tls.MODERN, pin=pin)
        session = Session(target, QUICK)
        await session.open()
        session._transport._url = session._transport._url.with_port(second.port)
        with pytest.raises(AmtCertificateChanged):
            await read_power_state(session)
        await session.close()

        assert second.requests == []


async def test_firmware_with_tls_1_0_needs_the_old_profile() -> None:
    async with device(ON, server(newest=OLD)) as seen:
        with pytest.raises(AmtTlsTooOld) as caught:
            await Session(seen.target(tls=Tls.MODERN), QUICK).open()
        async with Session(seen.target(tls=Tls.LEGACY), QUICK) as session:
            assert (await read_power_state(session)).state == 2
            assert session.tls_version == "TLSv1"

    assert caught.value.code == "tls-too-old"
    assert not caught.value.may_have_been_obeyed


async def test_rsa_key_exchange_is_accepted_as_firmware_up_to_18_needs_it() -> None:
    only_rsa = server(ciphers="AES128-SHA:@SECLEVEL=0")

    async with device(ON, only_rsa) as seen:
        target = seen.target(tls=Tls.MODERN)
        async with Session(target, QUICK) as session:
            assert (await read_power_state(session)).state == 2


async def test_a_port_without_tls_is_told_apart_from_a_dead_one() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    listener = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with device(ON) as seen, listener:
        seen.port = listener.sockets[0].getsockname()[1]
        with pytest.raises(AmtTlsFailed) as caught:
            await Session(seen.target(tls=Tls.MODERN), QUICK).open()

    assert caught.value.code == "no-tls"
    assert "does not speak TLS" in str(caught.value)


async def test_a_hang_up_during_the_handshake_is_a_failure_of_tls() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.transport.abort()

    listener = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with device(ON) as seen, listener:
        seen.port = listener.sockets[0].getsockname()[1]
        with pytest.raises(AmtTlsFailed):
            await Session(seen.target(tls=Tls.MODERN), QUICK).open()


def test_the_contexts_are_shared_and_check_no_authority() -> None:
    assert context(Tls.PLAIN) is None
    for profile in (Tls.MODERN, Tls.LEGACY):
        found = context(profile)
        assert found is context(profile)
        assert found is not None
        assert found.verify_mode == ssl.CERT_NONE
    modern = context(Tls.MODERN)
    assert modern is not None
    assert modern.minimum_version == ssl.TLSVersion.TLSv1_2


async def test_the_second_connection_resumes_the_first_and_still_checks_the_pin() -> None:
    async with device(ON, server()) as seen:
        target = seen.target(tls=Tls.MODERN, pin=fingerprint())
        async with Session(target, QUICK) as session:
            first = session._transport._tls
            await read_power_state(session)
            second = session._transport._tls

            assert first is not None
            assert second is not None
            assert first is not second
            assert (first.session_reused, second.session_reused) == (False, True)
            assert session.certificate_sha256 == fingerprint()


async def test_a_device_that_forgets_tls_sessions_is_greeted_anew() -> None:
    forgetful = server()
    forgetful.options |= ssl.OP_NO_TICKET
    async with device(ON, forgetful) as seen:
        target = seen.target(tls=Tls.MODERN, pin=fingerprint())
        async with Session(target, QUICK) as session:
            assert (await read_power_state(session)).state == 2


async def test_sessions_of_two_devices_are_never_mixed() -> None:
    async with (
        device(ON, server()) as one,
        device(ON, server("stranger")) as other,
        Session(one.target(tls=Tls.MODERN), QUICK) as first,
        Session(other.target(tls=Tls.MODERN), QUICK) as second,
    ):
        await asyncio.gather(*(read_power_state(line) for line in (first, second) * 3))

        assert first.certificate_sha256 == fingerprint()
        assert second.certificate_sha256 == fingerprint("stranger")


async def test_a_device_that_hangs_up_on_a_resumed_session_gets_a_full_handshake() -> None:
    accepted = 0

    async def pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
        sink.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal accepted
        accepted += 1
        if accepted == 2:
            writer.transport.abort()
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", seen.port)
        await asyncio.gather(
            pipe(reader, inner_writer), pipe(inner_reader, writer), return_exceptions=True
        )

    listener = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with device(ON, server()) as seen, listener:
        port = listener.sockets[0].getsockname()[1]
        async with Session(seen.target(tls=Tls.MODERN, port=port), QUICK) as session:
            assert (await read_power_state(session)).state == 2
            assert session._transport._tls is not None
            assert not session._transport._tls.session_reused
        await asyncio.sleep(0.05)

    assert accepted == 3


async def test_a_handshake_waits_for_room_and_the_time_to_connect_begins_after_it() -> None:
    room = asyncio.Semaphore(0)
    limits = replace(QUICK, connect_seconds=0.2, handshakes=room)
    async with device(ON, server()) as seen:
        session = Session(seen.target(tls=Tls.MODERN), limits)
        opening = asyncio.create_task(session.open())
        await asyncio.sleep(2 * limits.connect_seconds)
        assert seen.connections == 0

        room.release()
        await opening
        await session.close()

        assert seen.connections == 1
    assert not room.locked()


async def test_plain_http_waits_for_no_room() -> None:
    limits = replace(QUICK, handshakes=asyncio.Semaphore(0))
    async with device(ON) as seen, Session(seen.target(), limits) as session:
        assert (await read_power_state(session)).state == 2
