"""Event and audit log: MeshCentral's decoder and ours say the same of the same bytes.

MeshCentral reads audit records as UTF-8: bytes from 0x80 on become two, and all behind them shift.
So the times here have none, and the record that the device wrote by itself is left out.
"""

from datetime import UTC, datetime

import pytest

from amt.protocol.http.target import Target
from amt.protocol.wsman.audit_log import read_audit_records
from amt.protocol.wsman.message_log import read_newest_records
from amt.protocol.wsman.session import Session, Tls
from tests.conformance.test_meshcentral import Wsman

PASSWORD = "P@ssw0rd"
STARTED = 0x65537000  # 14 November 2023


@pytest.fixture
def device(fleet):
    (one,) = fleet(1, profile="14.1")
    one.event_log.clear()
    for number in range(12):
        one.event_log.add_progress(STARTED + number, (1, 7, 19)[number % 3])
    one.event_log.add_failed_sign_in(STARTED + 60, 300)
    for number, (application, event) in enumerate([(16, 0), (16, 1), (17, 0), (17, 3), (21, 0)]):
        one.audit_log.add(STARTED + number, application, event, "admin", "10.1.2.3")
    return one


def target(device) -> Target:
    return Target(
        host=device.address, port=16992, tls=Tls.PLAIN, username="admin", password=PASSWORD
    )


async def test_event_records_agree(device):
    theirs = Wsman(device.address, tls=False)("eventlog").text
    async with Session(target(device)) as session:
        ours = await read_newest_records(session)
    assert f"records {len(ours)}" in theirs
    shown = [line for line in theirs.splitlines()[1:] if line.strip()]
    assert len(shown) == len(ours)
    for line, record in zip(shown, ours, strict=True):
        assert moment(line) == record.at
    assert "300 times" in next(record.text for record in ours if record.sensor == 6)
    assert any("300 times" in line for line in shown)


async def test_audit_records_agree(device):
    theirs = Wsman(device.address, tls=False)("auditlog").text
    async with Session(target(device)) as session:
        ours = await read_audit_records(session)
    assert f"records {len(ours)}" in theirs
    shown = [line for line in theirs.splitlines()[1:] if line.strip()]
    assert len(shown) == len(ours) > 5
    written = shown[-5:]
    assert sorted(map(moment, written)) == sorted(record.at for record in ours[:5])
    for line in written:
        record = next(one for one in ours if one.at == moment(line))
        assert record.address in line
        assert record.initiator in line


def moment(line: str) -> datetime:
    """Return the moment that a line of theirs begins with: 2023-11-14T22:13:20.000Z."""
    return datetime.fromisoformat(line.partition(" ")[0].replace("Z", "+00:00")).astimezone(UTC)
