"""Which records of a device's event log are messages, and how grave. No database here.

A record is a message if the device calls it non-critical (a warning), critical or non-recoverable
(an error); or if its kind means trouble whatever the device calls it (a warning at least). What
every boot and every session writes never is one, nor that something is well again. Of a log only
what the reading before did not hold is looked at: what was deleted or purged here does not come
back from a log that still has it, and a device without a clock tells nothing twice.
"""

from collections.abc import Sequence
from datetime import datetime

from amt.drivers import EngineReading
from amt.protocol.wsman.event_text import ERROR, sensor_name
from amt.protocol.wsman.message_log import (
    BOOT_ERROR,
    BOOT_INITIATED,
    FIRMWARE_PROGRESS,
    FIRMWARE_STARTED,
    HANG,
    OS_BOOT,
    PROGRESS,
    EventRecord,
)
from devices.messages import Told
from devices.models import Message

MOST_AT_FIRST = 20  # messages of a log that nobody has looked at before
OK, NON_CRITICAL, CRITICAL, NON_RECOVERABLE = 4, 8, 16, 32
SEVERITIES = {
    NON_CRITICAL: Message.Severity.WARNING,
    CRITICAL: Message.Severity.ERROR,
    NON_RECOVERABLE: Message.Severity.ERROR,
}
CASE, SIGN_IN, WATCHDOG, OS_LOCKED_UP, BOOT_FAILED, DEFENSE, REDIRECTION = 5, 6, 18, 32, 35, 36, 192
TROUBLES = (CASE, SIGN_IN, BOOT_ERROR, OS_LOCKED_UP, BOOT_FAILED, DEFENSE)
ROUTINE = (BOOT_INITIATED, OS_BOOT, FIRMWARE_STARTED, REDIRECTION)
FIRMWARE_ERROR = 0  # event offset of the firmware; the manufacturer's own errors are ERROR
OWN_PROGRESS = 5  # event offset: progress of recovery, of erasing, of the manufacturer
NOTHING_VALID = 0xEB  # first data byte of a record of the firmware
EXPIRED = 8  # state of a watchdog, the last data byte

Texts = Sequence[Sequence[str]]  # time in ISO 8601 or nothing, severity, text; newest first


def of_reading(reading: EngineReading, before: Texts | None, *, at: datetime) -> list[Told]:
    """Return what the log tells for the first time, oldest first.

    ``before`` is the log at the reading before, None if there was none: then the newest few are
    returned, as what happened before anybody looked. ``at`` is when the log was read.
    """
    records = reading.records or []
    new = records[: _new(reading.events, before or [])]
    found = [(record, severity) for record in new if (severity := severity_of(record))]
    found = found if before is not None else found[:MOST_AT_FIRST]
    return [
        Told(
            severity=severity,
            source=Message.Source.EVENT_LOG,
            text=record.text,
            code=sensor_name(record.sensor),
            happened_at=record.at,
            mark=_mark(record) if record.at else f"{_mark(record)} {at.isoformat()} {number}",
        )
        for number, (record, severity) in reversed(list(enumerate(found)))
    ]


def severity_of(record: EventRecord) -> Message.Severity | None:
    """Return how grave the message of a record is, None if it is none."""
    if is_routine(record):
        return None
    least = Message.Severity.WARNING if is_trouble(record) else None
    return SEVERITIES.get(record.severity, least)


def is_routine(record: EventRecord) -> bool:
    """Return whether such records are written when all is well, or well again."""
    if record.severity == OK:
        return True
    if record.sensor == FIRMWARE_PROGRESS:
        return record.offset in (PROGRESS, OWN_PROGRESS) or record.data[0] == NOTHING_VALID
    return record.sensor in ROUTINE


def is_trouble(record: EventRecord) -> bool:
    """Return whether a record that is not routine tells of trouble by its kind alone."""
    if record.sensor == WATCHDOG:
        return record.data[-1] == EXPIRED
    if record.sensor == FIRMWARE_PROGRESS:
        return record.offset in (FIRMWARE_ERROR, HANG, ERROR)
    return record.sensor in TROUBLES


def _new(events: Texts, before: Texts) -> int:
    """Return how many of the newest ``events`` the log ``before`` did not hold.

    A log only grows at its new end, and loses records at the other. One that has nothing of
    ``before`` was cleared, or has wrapped: what is new in it is later, where times are told.
    """
    events, before = [list(one) for one in events], [list(one) for one in before]
    for number in range(len(events)):
        rest = events[number:]
        if rest == before[: len(rest)]:
            return number
    latest = max((time for time, *_ in before), default="")
    old = (number for number, (time, *_) in enumerate(events) if time and time <= latest)
    return next(old, len(events))


def _mark(record: EventRecord) -> str:
    """Return what a record holds beside its time."""
    numbers = (record.sensor, record.event_type, record.offset, record.source, record.severity)
    place = (record.sensor_number, record.entity, record.entity_instance)
    return bytes((*numbers, *place)).hex() + record.data.hex()
