"""Event and audit log: MeshCentral's decoder and ours say the same of the same bytes.

It prints the first 20 records of a log. It reads audit records as UTF-8, where bytes from 0x80 on
become others and all behind them shift: the records here have none. Its decoder (1.1.55) throws at
audit records of Kerberos accounts and at event records of agent watchdogs and one-click recovery:
there are none of these, only tests of our own have them.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from amt.protocol.http.target import Target
from amt.protocol.wsman.audit_log import AuditRecord, read_audit_records
from amt.protocol.wsman.message_log import EventRecord, read_newest_records
from amt.protocol.wsman.session import Session, Tls
from tests.fixtures.simulated import PASSWORD

from .peers import Wsman

STARTED = 0x65537000  # 14 November 2023
SHOWN = 20
ENTITIES = {7: "System board", 23: "System chassis", 34: "BIOS", 35: "Intel(r) ME", 40: "Battery"}
EVENTS = [  # sensor, offset, severity, entity, data, a part of their text and of ours
    (5, 0, 16, 23, "", "Case intrusion", "Case opened"),
    (6, 5, 8, 35, "aa2c01", "failed 300 times", "failed 300 times"),
    (15, 0, 16, 34, "4001", "No system memory", "no memory"),
    (15, 1, 8, 34, "4009", "Video initialization", "video set up"),
    (15, 2, 1, 34, "4007", "PCI resource", "PCI resources"),
    (15, 2, 1, 34, "eb01", "Invalid Data", "nothing valid"),
    (15, 5, 2, 35, "aa400102", "Started erasing Device SSD", "SSD begun"),
    (30, 0, 16, 34, "", "No bootable media", "No bootable medium"),
    (32, 0, 32, 7, "", "lockup", "locked up"),
    (35, 0, 16, 34, "40", "Watchdog Timeout", "self test"),
    (36, 0, 4, 35, "aafffffffa", "on wired interface", "forged sender"),
    (36, 0, 4, 35, "aa00000102", "Filter 258", "filter 258"),
    (37, 0, 0, 40, "", "firmware started", "Firmware started"),
    (192, 0, 1, 35, "aa3000", "Serial Over LAN session was established", "LAN opened"),
    (193, 0, 2, 35, "aa300000", "User request", "user asks"),
]
VERSIONS = "000c000000280514000c00000032051e"
BY_ADMIN, LOCALLY, KVM_PORT = bytes([0, 5]) + b"admin", bytes([2]), bytes([3])
WHO = {"local": "Local", "KVM default port": "KVM Default Port"}
AUDITED = [  # initiator, application, event, address, extended, their application, event and rest
    (BY_ADMIN, 16, 0, "10.1.2.3", "", "Security Admin", "Provisioning Started", "null"),
    (BY_ADMIN, 16, 5, "10.1.2.3", "01", "Security Admin", None, "Invalid MEBx access"),
    (BY_ADMIN, 16, 7, "fe80::1", "0201", "Security Admin", None, "Remote MutualAuth"),
    (LOCALLY, 16, 18, "", "", "Security Admin", "Upgrade Client to Admin Control Mode", "null"),
    (BY_ADMIN, 17, 0, "10.1.2.3", "", "RCO", "Performed Power Up", "null"),
    (BY_ADMIN, 17, 3, "10.1.2.4", "", "RCO", "Performed Reset", "null"),
    (BY_ADMIN, 18, 4, "10.1.2.3", "", "Redirection Manager", "SoL Session Opened", "null"),
    (KVM_PORT, 18, 8, "10.1.2.3", "", "Redirection Manager", "KVM Session Started", "null"),
    (LOCALLY, 19, 0, "", VERSIONS, "Firmware Update Manager", "Firmware Updated", "12.0.40.1300"),
    (BY_ADMIN, 20, 0, "10.1.2.3", "", "Security Audit Log", "Security Audit Log Cleared", "null"),
    (BY_ADMIN, 21, 0, "10.1.2.3", "65537000", "Network Time", None, "2023"),
    (BY_ADMIN, 22, 1, "10.1.2.3", "", "Network Administration", "Host Name Set", "null"),
    (BY_ADMIN, 24, 2, "10.1.2.3", "", "Event Manager", "Event Log Cleared", "null"),
    (KVM_PORT, 29, 3, "", "", "KVM", "KVM Consent Succeeded", "null"),
    (BY_ADMIN, 30, 0, "10.1.2.3", "0201", "User Opt-In Events", None, "From All to KVM"),
]


@pytest.fixture
def device(fleet):
    (one,) = fleet(1, profile="14.1")
    one.event_log.clear()
    for number, (sensor, offset, severity, entity, data, *_) in enumerate(EVENTS):
        when = STARTED + 60 * number
        one.event_log.add(when, sensor, offset, severity, entity, bytes.fromhex(data))
    one.audit_log.records.clear()
    for number, (who, application, event, address, extended, *_) in enumerate(AUDITED):
        when = STARTED + number
        one.audit_log.add_by(who, when, application, event, address, bytes.fromhex(extended))
    return one


def opened(device) -> Session:
    return Session(
        Target(host=device.address, port=16992, tls=Tls.PLAIN, username="admin", password=PASSWORD)
    )


def shown(device, command: str, count: int) -> list[str]:
    """Return the lines of their program, one a record, and see that it counts as many."""
    first, *lines = Wsman(device.address)(command).text.splitlines()
    assert first == f"status 200 records {count}"
    assert len(lines) == min(count, SHOWN)
    return lines


async def test_event_records_agree(device):
    async with opened(device) as session:
        ours = await read_newest_records(session)
    theirs = shown(device, "eventlog", len(EVENTS))

    assert len(ours) == len(EVENTS)
    for line, record, written in zip(theirs, ours, reversed(EVENTS), strict=True):
        time, rest = moment(line)
        assert time == record.at
        assert rest.startswith(f"{ENTITIES[record.entity]} {record.severity} ")
        assert (written[-2] in rest, written[-1] in record.text) == (True, True), (line, record)


async def test_event_records_agree_in_count_where_there_are_more_than_are_printed(device):
    for number in range(390):
        device.event_log.add_progress(STARTED + number, number % 25)
    async with opened(device) as session:
        ours = await read_newest_records(session, limit=390)
    theirs = shown(device, "eventlog", 390)

    assert len(ours) == 390
    assert [moment(line)[0] for line in theirs] == times(ours)[:SHOWN]


async def test_audit_records_agree(device):
    async with opened(device) as session:
        reading = await read_audit_records(session)
    theirs = shown(device, "auditlog", len(AUDITED))

    assert (len(reading.records), reading.skipped) == (len(AUDITED), 0)
    for line, record, written in zip(theirs, reversed(reading.records), AUDITED, strict=True):
        time, rest = moment(line)
        assert time == record.at
        assert (record.application, record.event) == written[1:3]
        assert rest.startswith(f"{written[5]} {written[6] or ''}")
        who = WHO.get(record.initiator, record.initiator)
        assert f" {who} {record.address} " in rest
        assert written[7] in rest.rpartition(f" {who} {record.address} ")[2]


async def test_audit_records_agree_in_count_where_there_are_more_than_are_printed(device):
    for number in range(60):
        device.audit_log.add(STARTED + 100 + number % 28, 17, number % 4, "admin", "10.1.2.3")
    async with opened(device) as session:
        reading = await read_audit_records(session)
    theirs = shown(device, "auditlog", len(AUDITED) + 60)

    assert len(reading.records) == len(AUDITED) + 60
    assert [moment(line)[0] for line in theirs] == times(reversed(reading.records))[:SHOWN]


def times(records: Iterable[EventRecord | AuditRecord]) -> list[datetime | None]:
    return [record.at for record in records]


def moment(line: str) -> tuple[datetime, str]:
    """Return when a line of theirs says it was (2023-11-14T22:13:20.000Z), and the rest of it."""
    time, _, rest = line.partition(" ")
    return datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone(UTC), rest
