"""The event log: its records, their words, and which of them prove a restart."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt.protocol.errors import AmtBadAnswer
from amt.protocol.wsman.event_text import describe, entity_name, severity_name
from amt.protocol.wsman.message_log import decode_record, is_boot_record, read_newest_records
from amt.protocol.wsman.session import Session
from tests.amt.protocol import captures
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


async def test_the_recorded_answers_are_read_through_a_session() -> None:
    captures.required()
    folder = captures.FOLDER / "amt" / "messagelog"

    def answer(request: Request) -> bytes:
        is_first = b"PositionToFirstRecord" in request.body
        name = "positiontofirstrecord.xml" if is_first else "getrecords.xml"
        return http((folder / name).read_bytes())

    async with device(amt(answer)) as seen, Session(seen.target(), QUICK) as session:
        records = await read_newest_records(session)

    assert [found.text for found in records] == [
        "Sign-in failed 10 times",
        "Firmware progress: PCI resources assigned",
        "Firmware progress: PCI resources assigned",
    ]
    assert [entity_name(found.entity) for found in records] == ["Management Engine", "BIOS", "BIOS"]
    assert [severity_name(found.severity) for found in records] == [
        "critical",
        "monitor",
        "monitor",
    ]


SAYS = {
    (5, 0, ""): "Case opened",
    (5, 3, ""): "Sensor 5, offset 3",
    (6, 5, "aa0a01"): "Sign-in failed 266 times",
    (15, 0, "4001"): "Firmware error: no memory is installed",
    (15, 0, "400d"): "Firmware error: CPU speeds do not match",
    (15, 0, "40ff"): "Firmware error: number 255",
    (15, 1, "4009"): "Firmware hung: video set up",
    (15, 2, "4015"): "Firmware progress: step 21",
    (15, 2, "4019"): "Firmware progress: primary processor set up",
    (15, 2, "eb01"): "Firmware reported nothing valid",
    (15, 3, "4001"): "Firmware error of the manufacturer's own",
    (15, 5, "4001"): "Firmware event of the manufacturer's own",
    (15, 3, "aa3001"): "One-click recovery: no network",
    (15, 3, "aa3002"): "One-click recovery: the server's name was not found",
    (15, 3, "aa3003"): "One-click recovery: the server could not be reached",
    (15, 3, "aa3004"): "One-click recovery: the manufacturer's program is missing",
    (15, 3, "aa3005"): "One-click recovery: the server's certificate was refused",
    (15, 3, "aa3006"): "One-click recovery: the server refused the login",
    (15, 3, "aa3007"): "One-click recovery: the image is not genuine",
    (15, 3, "aa3008"): "One-click recovery: the file was not found",
    (15, 3, "aa3009"): "One-click recovery: error 9",
    (15, 5, "aa3000"): "One-click recovery: boot settings taken over",
    (15, 5, "aa300102"): "One-click recovery: boot option added (HTTPS)",
    (15, 5, "aa300101"): "One-click recovery: boot option added",
    (15, 5, "aa3006"): "One-click recovery: firmware left to the OS",
    (15, 5, "aa3007"): "One-click recovery: step 7",
    (15, 3, "aa4002"): "Platform erase: the TPM cannot be erased",
    (15, 3, "aa4009"): "Platform erase: error 9",
    (15, 5, "aa400102"): "Platform erase: SSD begun",
    (15, 5, "aa400203"): "Platform erase: TPM done",
    (15, 5, "aa400207"): "Platform erase: part 7 done",
    (15, 5, "aa4003"): "Platform erase: begun",
    (15, 5, "aa4009"): "Platform erase: step 9",
    (18, 0, "aa00000000000008"): "Agent watchdog expired",
    (18, 0, "aa00000000000003"): "Agent watchdog state 3",
    (18, 0, "00"): "Sensor 18, offset 0",
    (30, 0, ""): "No bootable medium",
    (32, 0, ""): "OS locked up",
    (35, 0, "40"): "Boot failed: the self test did not end in time",
    (35, 0, "41"): "Boot failed",
    (36, 0, "aafffffffd"): "System defense: all received packets",
    (36, 0, "aafffffffc"): "System defense: all sent packets",
    (36, 0, "aafffffffa"): "System defense: packets of a forged sender",
    (36, 0, "aa00000102"): "System defense filter 258 matched",
    (37, 0, ""): "Firmware started",
    (192, 0, "aa3000"): "Serial over LAN opened",
    (192, 0, "aa3003"): "Disk redirection closed",
    (192, 1, "aa3000"): "Sensor 192, offset 1",
    (192, 0, "aa3004"): "Sensor 192, offset 0",
    (193, 0, "aa300000"): "The user asks for a remote connection",
    (193, 0, "aa300001"): "Sensor 193, offset 0",
}


@pytest.mark.parametrize("of", SAYS, ids=str)
def test_each_kind_of_record_has_its_words(of: tuple[int, int, str]) -> None:
    sensor, offset, data = of

    assert describe(sensor, offset, bytes.fromhex(data).ljust(8, b"\0")) == SAYS[of]


def test_entities_and_severities_have_names_and_others_their_number() -> None:
    names = [entity_name(index) for index in (0, 7, 23, 34, 35, 38, 40, 41, 255)]

    assert names[:4] == ["Unspecified", "System board", "System chassis", "BIOS"]
    assert names[4:] == ["Management Engine"] * 2 + ["Battery", "Entity 41", "Entity 255"]
    assert [severity_name(one) for one in (0, 1, 2, 4, 8, 16, 32, 3)] == [
        "unspecified",
        "monitor",
        "information",
        "OK",
        "non-critical",
        "critical",
        "non-recoverable",
        "severity 3",
    ]


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
