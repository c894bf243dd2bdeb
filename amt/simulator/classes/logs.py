"""The event log and the audit log, and the clock that their times are in."""

import base64
from datetime import UTC, datetime

from ..audit_log import MAX_PER_READ, NETWORK_TIME, TIME_SET
from ..device import Device
from ..envelope import Properties
from ..event_log import MAX_RECORDS
from ..faults import Fault
from ..resource import FOUR_KEYS, Arguments, Output, Resource, done, number, service
from ..setup_faults import SetupFault

EVENTS, AUDIT = "Intel(r) AMT:MessageLog 1", "Intel(r) AMT:Audit Log"
CLOCK = "Intel(r) AMT Time Synchronization Service"
INTERNAL_ERROR, NO_RECORD = 1, 2
INVALID_TIME, INVALID_INDEX, INVALID_PARAMETER = 34, 35, 36
EARLIEST, LATEST = 1_072_915_200, 0xF000_0000  # 2004, when unset clocks begin; four bytes


def _event_log(device: Device) -> list[Properties]:
    full = round(100 * len(device.event_log) / MAX_RECORDS)
    return [
        {
            "Capabilities": [5, 6, 8, 7],
            "CharacterSet": 10,
            "CreationClassName": "AMT_MessageLog",
            "CurrentNumberOfRecords": len(device.event_log),
            "ElementName": EVENTS,
            "EnabledDefault": 2,
            "EnabledState": 2,
            "HealthState": 5,
            "IsFrozen": device.event_log.is_frozen,
            "LastChange": 0,
            "LogState": 4,
            "MaxLogSize": 0,
            "MaxNumberOfRecords": MAX_RECORDS,
            "MaxRecordSize": 21,
            "Name": EVENTS,
            "OperationalStatus": 2,
            "OverwritePolicy": 2,
            "PercentageNearFull": full,
            "RequestedState": 12,
            "SizeOfHeader": 0,
            "SizeOfRecordHeader": 0,
            "Status": "OK",
        }
    ]


GARBAGE = (b"\xff" * 21, bytes(21), b"no record", bytes(range(200, 221)))


def _position_to_first(device: Device, arguments: Arguments) -> Output:
    device.machine.advance()
    if not len(device.event_log):
        return done(NO_RECORD)
    return done(IterationIdentifier=1)


def _get_records(device: Device, arguments: Arguments) -> Output:
    start = number(arguments, "IterationIdentifier")
    most = number(arguments, "MaxReadRecords")
    device.machine.advance()
    if not 1 <= start <= len(device.event_log) + 1 or not 1 <= most <= MAX_RECORDS:
        return done(INVALID_PARAMETER)
    records = device.event_log.newest_first(start, most)
    if Fault.LOG_OF_GARBAGE in device.faults:
        records = [GARBAGE[number % len(GARBAGE)] for number in range(len(records))]
    following = start + len(records)
    return done(
        IterationIdentifier=following,
        NoMoreRecords=following > len(device.event_log),
        RecordArray=[base64.b64encode(record).decode() for record in records],
    )


def _clear(device: Device, arguments: Arguments) -> Output:
    device.event_log.clear()
    return done()


def _freeze(device: Device, arguments: Arguments) -> Output:
    device.event_log.is_frozen = arguments.get("Freeze", [""])[0] == "true"
    return done()


def _audit_log(device: Device) -> list[Properties]:
    return [
        {
            "AuditState": 0,
            "CurrentNumberOfRecords": len(device.audit_log.records),
            "ElementName": "Intel(r) AMT Audit Log",
            "EnabledState": 2,
            "MaxAllowedAuditors": 1,
            "MaxNumberOfRecords": 0,
            "Name": AUDIT,
            "OverwritePolicy": 2,
            "PercentageFree": 99,
            "RequestedState": 2,
            "StoragePolicy": 1,
            "TimeOfLastRecord": datetime.fromtimestamp(device.audit_log.last_at, UTC),
        }
    ]


def _read_records(device: Device, arguments: Arguments) -> Output:
    start, total = number(arguments, "StartIndex"), len(device.audit_log.records)
    if not 1 <= start <= total:
        return done(INVALID_INDEX)
    records = device.audit_log.read(start)[:MAX_PER_READ]
    return done(
        TotalRecordCount=total,
        RecordsReturned=len(records),
        EventRecords=[base64.b64encode(record).decode() for record in records],
    )


def _clock(device: Device) -> list[Properties]:
    return [
        service(
            "AMT_TimeSynchronizationService",
            CLOCK,
            EnabledState=5,
            LocalTimeSyncEnabled=0,
            RequestedState=12,
            TimeSource=0,
        )
    ]


def _read_clock(device: Device, arguments: Arguments) -> Output:
    return done(Ta0=int(device.clock))


def _set_clock(device: Device, arguments: Arguments) -> Output:
    asked, received, sent = (number(arguments, name) for name in ("Ta0", "Tm1", "Tm2"))
    if SetupFault.CLOCK_STANDS in device.setup_faults:
        return done(INTERNAL_ERROR)
    change = (received - asked + sent - int(device.clock)) / 2
    if not EARLIEST < device.clock + change < LATEST:
        return done(INVALID_TIME)
    device.clock_offset += change
    device.is_clock_set = True
    device.audit(NETWORK_TIME, TIME_SET, int(device.clock).to_bytes(4, "big"))
    return done()


CLASSES = (
    Resource(
        "AMT_MessageLog",
        ("CreationClassName", "Name"),
        _event_log,
        methods={
            "PositionToFirstRecord": _position_to_first,
            "GetRecords": _get_records,
            "ClearLog": _clear,
            "FreezeLog": _freeze,
        },
        reads=frozenset({"PositionToFirstRecord", "GetRecords"}),
    ),
    Resource(
        "AMT_AuditLog",
        ("Name",),
        _audit_log,
        methods={"ReadRecords": _read_records},
        reads=frozenset({"ReadRecords"}),
    ),
    Resource(
        "AMT_TimeSynchronizationService",
        FOUR_KEYS,
        _clock,
        methods={
            "GetLowAccuracyTimeSynch": _read_clock,
            "SetHighAccuracyTimeSynch": _set_clock,
        },
        reads=frozenset({"GetLowAccuracyTimeSynch"}),
    ),
)
