"""The audit log: samples, hostile records, simulated devices."""

import base64
import os
from datetime import UTC, datetime

import pytest

from amt.protocol.http.target import Target
from amt.protocol.wsman.audit_log import decode_audit_record, read_audit_records
from amt.protocol.wsman.audit_text import EVENTS, describe
from amt.protocol.wsman.session import Session, Tls
from amt.simulator.audit_log import AuditLog
from tests.amt.protocol import captures

PASSWORD = "P@ssw0rd"
SAMPLE = base64.b64decode("ABMAAAI/9M1uAgAQAAwAAAAoBZkADAAAACQFlA==")


def test_the_sample_of_a_firmware_update():
    record = decode_audit_record(SAMPLE)
    assert (record.application, record.event, record.initiator) == (19, 0, "local")
    assert record.text == "Firmware updated: 12.0.40.1433, now 12.0.36.1428"
    assert record.at == datetime(2004, 1, 2, 1, 46, 22, tzinfo=UTC)


@pytest.mark.parametrize("length", range(len(SAMPLE)))
def test_a_record_that_is_cut_off_is_refused(length):
    with pytest.raises(ValueError, match="ends after"):
        decode_audit_record(SAMPLE[:length])


def test_any_bytes_are_decoded_or_refused():
    for _ in range(5_000):
        try:
            record = decode_audit_record(os.urandom(40))
        except ValueError:
            continue
        assert isinstance(record.text, str)


def test_what_the_simulator_writes_is_read_back():
    log = AuditLog()
    log.add(1_700_000_000, 16, 7, "admin", "10.1.2.3", b"\x02\x01")
    record = decode_audit_record(log.records[0])
    assert (record.initiator, record.address) == ("admin", "10.1.2.3")
    assert record.text == "TLS switched: remote both certificates, local server certificate"
    assert record.at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_every_event_has_words_and_others_their_number():
    for key, text in EVENTS.items():
        assert describe(key // 100, key % 100, b"") == text
    assert describe(99, 7, b"") == "Application 99, event 7"
    assert describe(21, 0, bytes([0x65, 0x53, 0xF1, 0])) == "Time set: 2023-11-14 22:13:20 UTC"


def test_recorded_records_are_decoded():
    captures.required()
    path = captures.FOLDER / "amt" / "auditlog" / "readrecords.xml"
    (output,) = captures.objects(path)
    raw = [base64.b64decode(one.text) for one in output.iterfind("{*}EventRecords") if one.text]
    records = [decode_audit_record(one) for one in raw]
    assert records
    assert all(record.at and record.text for record in records)


async def test_a_device_tells_all_of_its_records_newest_first(fleet):
    (device,) = fleet(1, profile="14.1")
    while len(device.audit_log.records) < 37:
        number = len(device.audit_log.records)
        device.audit_log.add(1_700_000_000 + number, 17, number % 4, "admin", "10.1.2.3")
    target = Target(
        host=device.address, port=16992, tls=Tls.PLAIN, username="admin", password="P@ssw0rd"
    )
    async with Session(target) as session:
        records = await read_audit_records(session)
        newest = await read_audit_records(session, limit=5)
    assert len(records) == 37
    times = [one.at for one in records]
    assert times[0] == datetime(2023, 11, 14, 22, 13, 56, tzinfo=UTC)
    assert [one.at for one in newest] == [one.at for one in records[:5]]
