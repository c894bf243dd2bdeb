"""The audit log: samples, hostile records, simulated devices."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt.protocol.errors import AmtReturnValue
from amt.protocol.http.target import Target
from amt.protocol.wsman.audit_log import (
    DIGEST,
    KERBEROS,
    KVM_PORT,
    LOCAL,
    MOST_READS,
    AuditReading,
    decode_audit_record,
    read_audit_records,
)
from amt.protocol.wsman.audit_text import EVENTS, describe
from amt.protocol.wsman.session import Session, Tls
from amt.simulator.audit_log import AuditLog, by_kerberos
from tests.amt.protocol import captures
from tests.amt.protocol.device import QUICK, Request, amt, device, envelope, http

LOG = "http://intel.com/wbem/wscim/1/amt-schema/1/AMT_AuditLog"
WHEN = 1_700_000_000
SID = (
    bytes([1, 2]) + (5).to_bytes(6, "big") + (21).to_bytes(4, "little") + (7).to_bytes(4, "little")
)
SAMPLE = base64.b64decode("ABMAAAI/9M1uAgAQAAwAAAAoBZkADAAAACQFlA==")


def test_the_sample_of_a_firmware_update():
    record = decode_audit_record(SAMPLE)
    assert (record.application, record.event) == (19, 0)
    assert (record.kind, record.initiator, record.address) == (LOCAL, "local", "")
    assert len(record.extended) == 16
    assert record.text == "Firmware updated: 12.0.40.1433, now 12.0.36.1428"
    assert record.at == datetime(2004, 1, 2, 1, 46, 22, tzinfo=UTC)


@pytest.mark.parametrize("length", range(len(SAMPLE)))
def test_a_record_that_is_cut_off_is_refused(length):
    with pytest.raises(ValueError, match="ends after"):
        decode_audit_record(SAMPLE[:length])


@given(st.binary(max_size=80))
def test_any_bytes_are_decoded_or_refused(raw):
    try:
        record = decode_audit_record(raw)
    except ValueError:
        return
    assert record.text
    assert (
        (record.initiator + record.address).replace("\N{REPLACEMENT CHARACTER}", "?").isprintable()
    )


INITIATORS = {
    "digest": (bytes([0, 5]) + b"admin", DIGEST, "admin"),
    "digest without a name": (bytes([0, 0]), DIGEST, ""),
    "digest, padded": (bytes([0, 6]) + b"admin\0", DIGEST, "admin"),
    "digest, hostile": (bytes([0, 4]) + b"a\0\x1bb", DIGEST, "a\ufffd\ufffdb"),
    "kerberos": (by_kerberos(9, SID), KERBEROS, "S-1-5-21-7"),
    "kerberos, no SID": (by_kerberos(9, b"\1\2\3"), KERBEROS, "010203"),
    "local": (bytes([2]), LOCAL, "local"),
    "KVM port": (bytes([3]), KVM_PORT, "KVM default port"),
}


@pytest.mark.parametrize("name", INITIATORS)
@pytest.mark.parametrize("address", ["", "10.1.2.3", "fe80::1"])
def test_each_kind_of_initiator_and_address_is_told(name, address):
    initiator, kind, who = INITIATORS[name]
    log = AuditLog()
    log.add_by(initiator, WHEN, 17, 3, address, b"x")
    record = decode_audit_record(log.records[0])
    assert (record.kind, record.initiator, record.address) == (kind, who, address)
    assert (record.text, record.extended) == ("Reset", b"x")


def test_an_initiator_of_no_known_kind_is_refused():
    log = AuditLog()
    log.add_by(bytes([4]), WHEN, 17, 3)
    with pytest.raises(ValueError, match="no known kind"):
        decode_audit_record(log.records[0])


@pytest.mark.parametrize("seconds", [0, 0xFFFF_FFFF])
def test_a_record_of_an_engine_without_a_clock_has_no_time(seconds):
    log = AuditLog()
    log.add(seconds, 17, 3, "admin", "")
    assert decode_audit_record(log.records[0]).at is None


@pytest.mark.parametrize(
    ("application", "event", "extended", "text"),
    [
        (16, 5, "00", "Sign-in with a wrong login: Management Engine"),
        (16, 5, "01", "Sign-in with a wrong login: MEBx"),
        (16, 5, "09", "Sign-in with a wrong login"),
        (16, 7, "0001", "TLS switched: remote off, local server certificate"),
        (16, 7, "0209", "TLS switched: remote both certificates, local mode 9"),
        (16, 7, "02", "TLS switched"),
        (19, 0, "000c00000028059900", "Firmware updated"),
        (21, 0, "6553f100", "Time set: 2023-11-14 22:13:20 UTC"),
        (21, 0, "ffffffff", "Time set: 2106-02-07 06:28:15 UTC"),
        (21, 0, "", "Time set"),
        (29, 2, "", "KVM password changed"),
        (30, 0, "0201", "Consent policy changed: for everything, now for KVM"),
        (30, 0, "0900", "Consent policy changed: policy 9, now for nothing"),
        (28, 1, "", "Endpoint access control, event 1"),
        (16, 200, "", "Security administration, event 200"),
    ],
)
def test_extended_data_are_told_where_they_have_the_right_length(
    application, event, extended, text
):
    assert describe(application, event, bytes.fromhex(extended)) == text


def test_what_the_simulator_writes_is_read_back():
    log = AuditLog()
    log.add(1_700_000_000, 16, 7, "admin", "10.1.2.3", b"\x02\x01")
    record = decode_audit_record(log.records[0])
    assert (record.initiator, record.address) == ("admin", "10.1.2.3")
    assert record.text == "TLS switched: remote both certificates, local server certificate"
    assert record.at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_every_event_has_words_and_others_their_number():
    of_document = [*range(1600, 1613), 1618, 1619, *range(1700, 1710), *range(1800, 1813), 1900]
    of_document += [*range(2000, 2006), 2100, *range(2200, 2206), *range(2400, 2404)]
    assert set(of_document) | {*range(2900, 2905), *range(3000, 3003)} <= set(EVENTS)
    for key, text in EVENTS.items():
        assert describe(key // 100, key % 100, b"") == text
    assert describe(99, 7, b"") == "Application 99, event 7"


def test_recorded_records_are_decoded():
    captures.required()
    path = captures.FOLDER / "amt" / "auditlog" / "readrecords.xml"
    (output,) = captures.objects(path)
    raw = [base64.b64decode(one.text) for one in output.iterfind("{*}EventRecords") if one.text]
    records = [decode_audit_record(one) for one in raw]
    assert records
    assert all(record.at and record.text for record in records)


async def test_the_recorded_answer_is_read_through_a_session():
    captures.required()
    answer = http((captures.FOLDER / "amt" / "auditlog" / "readrecords.xml").read_bytes())
    async with device(amt(lambda request: answer)) as seen, opened(seen) as session:
        reading = await read_audit_records(session)
    assert [one.at for one in reading.records] == [
        datetime(2004, 1, 2, 1, 46, 23, tzinfo=UTC),
        datetime(2004, 1, 2, 1, 46, 22, tzinfo=UTC),
    ]
    assert {one.text for one in reading.records} == {
        "Firmware updated: 12.0.40.1433, now 12.0.36.1428"
    }
    assert (reading.skipped, len(seen.with_login)) == (0, 1)


def opened(seen):
    return Session(seen.target(), QUICK)


def page(*records: str, total: object, value: int = 0) -> bytes:
    content = f"<g:TotalRecordCount>{total}</g:TotalRecordCount>"
    content += "".join(f"<g:EventRecords>{one}</g:EventRecords>" for one in records)
    content += f"<g:ReturnValue>{value}</g:ReturnValue>"
    return http(envelope(f"<g:ReadRecords_OUTPUT>{content}</g:ReadRecords_OUTPUT>", LOG))


GOOD = base64.b64encode(SAMPLE).decode()
CUT = base64.b64encode(SAMPLE[:9]).decode()


async def answered(answer, **options):
    """Return what is read from a device that answers so, and after how many questions."""
    async with device(amt(answer)) as seen, opened(seen) as session:
        return await read_audit_records(session, **options), len(seen.with_login)


@pytest.mark.parametrize("value", [0, 1])
async def test_records_come_with_0_and_with_1(value):
    reading, _ = await answered(lambda request: page(GOOD, total=1, value=value))
    assert len(reading.records) == 1


async def test_no_such_index_is_an_empty_log():
    reading, asked = await answered(lambda request: page(total=0, value=35))
    assert (reading, asked) == (AuditReading(), 1)
    reading, asked = await answered(lambda request: page(total=9))
    assert (reading, asked) == (AuditReading(), 1)


async def test_a_log_that_may_not_be_read_says_so():
    with pytest.raises(AmtReturnValue) as caught:
        await answered(lambda request: page(total=0, value=16))
    assert caught.value.value == 16


async def test_records_that_cannot_be_made_out_are_left_out_and_counted():
    reading, _ = await answered(lambda request: page(GOOD, CUT, "%%%A", GOOD, total=4))
    assert (len(reading.records), reading.skipped) == (2, 2)


@pytest.mark.parametrize("total", [100_000, 0xFFFF_FFFF, 10**30])
async def test_a_device_that_lies_about_its_total_is_asked_a_bounded_number_of_times(total):
    reading, asked = await answered(lambda request: page(GOOD, total=total))
    assert 1 <= len(reading.records) <= MOST_READS
    assert asked <= MOST_READS


async def test_a_total_without_records_behind_it_leaves_those_that_were_told():
    def answer(request: Request) -> bytes:
        is_first = b"StartIndex>1<" in request.body
        return page(GOOD, total=5_000) if is_first else page(total=5_000, value=35)

    reading, asked = await answered(answer)
    assert (len(reading.records), asked) == (1, 2)


async def test_no_more_than_the_limit_is_told_whatever_comes():
    reading, _ = await answered(lambda request: page(*[GOOD] * 30, total=2), limit=5)
    assert len(reading.records) == 5
    assert await answered(lambda request: page(GOOD, total=1), limit=0) == (AuditReading(), 0)


async def test_a_device_tells_all_of_its_records_newest_first(fleet):
    (simulated,) = fleet(1, profile="14.1")
    while len(simulated.audit_log.records) < 37:
        number = len(simulated.audit_log.records)
        simulated.audit_log.add(1_700_000_000 + number, 17, number % 4, "admin", "10.1.2.3")
    target = Target(
        host=simulated.address, port=16992, tls=Tls.PLAIN, username="admin", password="P@ssw0rd"
    )
    async with Session(target) as session:
        records = (await read_audit_records(session)).records
        newest = (await read_audit_records(session, limit=5)).records
    assert len(records) == 37
    times = [one.at for one in records]
    assert times[0] == datetime(2023, 11, 14, 22, 13, 56, tzinfo=UTC)
    assert [one.at for one in newest] == [one.at for one in records[:5]]
