"""The event log (AMT_MessageLog): its newest records, and which of them prove a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from amt.protocol.errors import AmtReturnValue
from amt.protocol.wsman.event_text import describe
from amt.protocol.wsman.instance import Instance, unexpected
from amt.protocol.wsman.session import Session

CLASS = "AMT_MessageLog"
RECORD_BYTES = 21
NO_RECORD = 2  # PositionToFirstRecord's answer for an empty log
CAPACITY = 390

FIRMWARE_PROGRESS = 15  # sensor type "system firmware"; the next two are its offsets
HANG, PROGRESS = 1, 2
OS_WAKE_VECTOR = 18  # of FIRMWARE_PROGRESS: resume from standby, which is no restart
BOOT_INITIATED, BOOT_ERROR, OS_BOOT, FIRMWARE_STARTED = 29, 30, 31, 37  # sensor types
OTHER_REPORTS = (0xAA, 0xEB)  # first data byte: one-click recovery and erase, or no valid data


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One record. ``at`` is by the clock of the Management Engine; None if it had none."""

    at: datetime | None
    sensor: int
    event_type: int
    offset: int
    severity: int
    entity: int
    data: bytes
    text: str
    source: int = 0
    sensor_number: int = 0
    entity_instance: int = 0


async def read_newest_records(session: Session, limit: int = 50) -> list[EventRecord]:
    """Return the newest records, newest first, in two round trips for most.

    Source: amt-protocol.md 10.2.
    """
    try:
        first = await session.invoke(CLASS, "PositionToFirstRecord", is_read=True, reusable=True)
    except AmtReturnValue as error:
        if error.value == NO_RECORD:
            return []
        raise
    place = first.integer("IterationIdentifier")
    records: list[EventRecord] = []
    while len(records) < limit:
        arguments = {"IterationIdentifier": place, "MaxReadRecords": min(limit, CAPACITY)}
        page = await session.invoke(CLASS, "GetRecords", arguments, is_read=True)
        found = records_of(page)
        records += found
        if page.flag("NoMoreRecords") is not False or not found:
            break
        place = page.integer("IterationIdentifier")
    return records[:limit]


def records_of(page: Instance) -> list[EventRecord]:
    """Return the records in one answer of GetRecords; those of another length are left out."""
    raw = page.all("RecordArray")
    if any(not isinstance(record, bytes) for record in raw if record):
        raise unexpected(CLASS, "a record is not base64")
    return [decode_record(record) for record in raw if len(record) == RECORD_BYTES]


def decode_record(raw: bytes) -> EventRecord:
    """Return what 21 bytes of the log say.

    Source: amt-protocol.md 10.2 (IPMI platform event record after a time stamp).
    """
    if len(raw) != RECORD_BYTES:
        raise ValueError(f"A record has {RECORD_BYTES} bytes, not {len(raw)}.")
    seconds = int.from_bytes(raw[:4], "little")
    fields: dict[str, Any] = {
        "sensor": raw[5],
        "event_type": raw[6],
        "offset": raw[7],
        "source": raw[8],
        "severity": raw[9],
        "sensor_number": raw[10],
        "entity": raw[11],
        "entity_instance": raw[12],
        "data": raw[13:],
    }
    at = None if seconds in (0, 0xFFFFFFFF) else datetime.fromtimestamp(seconds, UTC)
    return EventRecord(at=at, text=describe(raw[5], raw[7], raw[13:]), **fields)


def is_boot_record(record: EventRecord) -> bool:
    """Return whether only a host that starts writes this record.

    The firmware's progress (or hang) during its self test, except the wake vector of a resume;
    boot begun, no bootable media, OS booted, firmware started. Records that the Management Engine
    writes by itself (sign-in failures, watchdogs, redirection, recovery) prove nothing.
    """
    if record.sensor == FIRMWARE_PROGRESS:
        is_own = record.data[0] not in OTHER_REPORTS
        resumes = record.offset == PROGRESS and record.data[1] == OS_WAKE_VECTOR
        return is_own and record.offset in (HANG, PROGRESS) and not resumes
    return record.sensor in (BOOT_INITIATED, BOOT_ERROR, OS_BOOT, FIRMWARE_STARTED)
