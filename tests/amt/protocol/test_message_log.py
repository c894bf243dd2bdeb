"""The event log: its records, their words, and which of them prove a restart."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt.protocol.errors import AmtBadAnswer
from amt.protocol.wsman.message_log import decode_record, is_boot_record, read_newest_records
from amt.protocol.wsman.session import Session
from tests.amt.protocol.device import QUICK, Answer, Request, amt, device, envelope, http

LOG = "http://intel.com/wbem/wscim/1/amt-schema/1/AMT_MessageLog"
AUTHENTICATION = b64decode("Y8iYZf8GbwVoEP8mYaoKAAAAAAAA")
PCI = b64decode("IgYBZf8PbwJoAf8iAEAHAAAAAAAA")


def record(sensor: int, offset: int, *data: int, seconds: int = 1_700_000_000) -> bytes:
    head = seconds.to_bytes(4, "little") + bytes([0xFF, sensor, 0x6F, offset, 0x68, 1, 0xFF, 34, 0])
    return head + bytes(data).ljust(8, b"\0")


def log(*pages: list[bytes], first: int = 0) -> Answer:
    """Answer as an event log that gives its records page by page."""

    def answer(request: Request) -> bytes:
        if b"PositionToFirstRecord" in request.body:
            name, content = "PositionToFirstRecord", "<g:IterationIdentifier>0"
            content += f"</g:IterationIdentifier><g:ReturnValue>{first}</g:ReturnValue>"
        else:
            place = len([r for r in seen_requests if b"GetRecords_INPUT" in r.body])
            seen_requests.append(request)
            name, content = "GetRecords", f"<g:IterationIdentifier>{place + 1}"
            content += "</g:IterationIdentifier>"
            is_last = "true" if place + 1 == len(pages) else "false"
            content += f"<g:NoMoreRecords>{is_last}</g:NoMoreRecords>" + "".join(
                f"<g:RecordArray>{b64encode(raw).decode()}</g:RecordArray>" for raw in pages[place]
            )
            content += "<g:ReturnValue>0</g:ReturnValue>"
        return http(envelope(f"<g:{name}_OUTPUT>{content}</g:{name}_OUTPUT>", LOG))

    seen_requests: list[Request] = []
    return amt(answer)


async def test_records_are_read_in_two_round_trips_newest_first() -> None:
    async with (
        device(log([PCI, AUTHENTICATION])) as seen,
        Session(seen.target(), QUICK) as session,
    ):
        records = await read_newest_records(session)

    assert len(seen.with_login) == 2
    assert [found.sensor for found in records] == [15, 6]


async def test_a_log_in_pages_is_read_on_until_its_end_or_the_limit() -> None:
    pages = [[PCI] * 3, [AUTHENTICATION] * 3, [PCI]]
    async with device(log(*pages)) as seen, Session(seen.target(), QUICK) as session:
        assert len(await read_newest_records(session)) == 7
    async with device(log(*pages)) as seen, Session(seen.target(), QUICK) as session:
        assert len(await read_newest_records(session, limit=4)) == 4


async def test_an_empty_log_is_an_empty_list() -> None:
    async with device(log([], first=2)) as seen, Session(seen.target(), QUICK) as session:
        assert await read_newest_records(session) == []
    async with device(log([])) as seen, Session(seen.target(), QUICK) as session:
        assert await read_newest_records(session) == []


async def test_a_record_of_another_length_is_left_out_and_one_that_is_no_base64_refused() -> None:
    async with device(log([PCI, b"short"])) as seen, Session(seen.target(), QUICK) as session:
        assert len(await read_newest_records(session)) == 1

    def answer(request: Request) -> bytes:
        name = "PositionToFirstRecord" if b"Position" in request.body else "GetRecords"
        content = "<g:IterationIdentifier>1</g:IterationIdentifier><g:RecordArray>%%%A"
        content += "</g:RecordArray><g:ReturnValue>0</g:ReturnValue>"
        return http(envelope(f"<g:{name}_OUTPUT>{content}</g:{name}_OUTPUT>", LOG))

    async with device(amt(answer)) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtBadAnswer):
            await read_newest_records(session)


def test_the_recorded_samples_say_what_they_say() -> None:
    failed, progress = decode_record(AUTHENTICATION), decode_record(PCI)

    assert failed.at == datetime(2024, 1, 6, 3, 26, 27, tzinfo=UTC)
    assert (failed.sensor, failed.event_type, failed.offset) == (6, 0x6F, 5)
    assert (failed.severity, failed.entity, failed.data[:3]) == (16, 38, b"\xaa\x0a\x00")
    assert failed.text == "Sign-in failed 10 times"
    assert progress.text == "Firmware progress: PCI resources assigned"
    assert (progress.entity, progress.data) == (34, b"\x40\x07" + bytes(6))


@pytest.mark.parametrize("seconds", [0, 0xFFFFFFFF])
def test_a_record_of_an_engine_without_a_clock_has_no_time(seconds: int) -> None:
    assert decode_record(record(15, 2, 0x40, 1, seconds=seconds)).at is None


PROVES = {
    "memory set up": record(15, 2, 0x40, 1),
    "PCI": PCI,
    "OS starts to boot": record(15, 2, 0x40, 19),
    "hung in the self test": record(15, 1, 0x40, 8),
    "boot begun": record(29, 0),
    "no medium": record(30, 0),
    "OS booted": record(31, 1),
    "firmware started": record(37, 0),
}
PROVES_NOTHING = {
    "sign-in failed": AUTHENTICATION,
    "resume from standby": record(15, 2, 0x40, 18),
    "firmware error": record(15, 0, 0x40, 2),
    "one-click recovery": record(15, 5, 0xAA, 0x30, 1),
    "erase": record(15, 2, 0xAA, 0x40, 1),
    "not valid": record(15, 2, 0xEB, 1),
    "agent watchdog": record(18, 0, 0xAA, 0, 0, 0, 0, 0, 0, 8),
    "case opened": record(5, 0),
    "OS locked up": record(32, 0),
    "serial over LAN": record(192, 0, 0xAA, 0x30, 0),
    "filter": record(36, 0, 0, 1, 2, 3, 4),
    "user asks": record(193, 0, 0xAA, 0x30),
    "another": record(99, 7),
}


@pytest.mark.parametrize("name", PROVES)
def test_what_only_a_starting_host_writes_proves_a_restart(name: str) -> None:
    assert is_boot_record(decode_record(PROVES[name]))


@pytest.mark.parametrize("name", PROVES_NOTHING)
def test_what_the_engine_writes_by_itself_proves_nothing(name: str) -> None:
    assert not is_boot_record(decode_record(PROVES_NOTHING[name]))


@pytest.mark.parametrize("name", PROVES | PROVES_NOTHING)
def test_every_record_has_words(name: str) -> None:
    text = decode_record((PROVES | PROVES_NOTHING)[name]).text

    assert text[0].isupper()
    assert len(text) < 80


@given(st.binary(min_size=21, max_size=21))
def test_any_21_bytes_are_a_record(raw: bytes) -> None:
    found = decode_record(raw)

    assert found.data == raw[13:]
    assert found.text
    assert is_boot_record(found) in (True, False)
    if found.at is not None:
        assert int(found.at.timestamp()) == int.from_bytes(raw[:4], "little")


@given(st.binary().filter(lambda raw: len(raw) != 21))
def test_anything_else_is_none(raw: bytes) -> None:
    with pytest.raises(ValueError, match="21 bytes"):
        decode_record(raw)
