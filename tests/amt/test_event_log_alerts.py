"""Which records of an event log become messages; each once, with a clock and without."""

from datetime import UTC, datetime, timedelta

import pytest

from amt.alerts.event_log import MOST_AT_FIRST, of_reading, severity_of
from amt.drivers import EngineReading
from amt.protocol.wsman.message_log import CAPACITY, decode_record
from amt.work.inventory import FIRST_READING, keep
from devices.models import Message
from tests import factories
from tests.amt.test_inventory import managed, read

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
DISK, MEMORY = 3, 2  # errors of the firmware


def record(sensor=15, offset=0, severity=16, data=b"\x40\x03", at=NOON):
    seconds = int(at.timestamp()) if at else 0
    head = bytes((0xFF, sensor, 0x6F, offset, 0x68, severity, 0xFF, 34, 0))
    return decode_record(seconds.to_bytes(4, "little") + head + data.ljust(8, b"\0"))


def error(number=DISK, at=NOON):
    return record(data=bytes((0x40, number)), at=at)


def progress(at=NOON, step=1):
    return record(offset=2, severity=1, data=bytes((0x40, step)), at=at)


@pytest.mark.parametrize(
    ("one", "severity"),
    [
        (record(severity=16), "error"),
        (record(severity=32), "error"),
        (record(severity=8), "warning"),
        (record(severity=1), "warning"),  # an error of the firmware by its kind
        (record(severity=4), None),  # well again
        (record(offset=1, severity=0), "warning"),  # hung
        (record(offset=3, severity=2), "warning"),  # the manufacturer's own
        (record(offset=2, severity=16), None),  # progress
        (record(offset=5, severity=8), None),
        (record(severity=16, data=b"\xeb\0"), None),  # nothing valid
        (record(sensor=5, severity=0), "warning"),  # case
        (record(sensor=6, offset=5, severity=16), "error"),  # sign-ins
        (record(sensor=18, severity=1, data=b"\xaa\0\0\0\0\0\0\x04"), None),  # watchdog runs
        (record(sensor=18, severity=1, data=b"\xaa\0\0\0\0\0\0\x08"), "warning"),  # expired
        (record(sensor=30, severity=1), "warning"),
        (record(sensor=32, severity=1), "warning"),
        (record(sensor=35, severity=1), "warning"),
        (record(sensor=36, severity=1), "warning"),
        (record(sensor=29, severity=8), None),
        (record(sensor=31, severity=16), None),
        (record(sensor=37, severity=8), None),
        (record(sensor=192, severity=8), None),
        (record(sensor=99, severity=1), None),
        (record(sensor=99, severity=8), "warning"),
    ],
)
def test_severity_follows_the_device_and_the_kind_of_record(one, severity):
    assert severity_of(one) == severity


def log(*records):
    """Return a reading whose log holds ``records``, newest first."""
    return EngineReading({}, list(records), [])


def told(now, before=None, at=NOON):
    return of_reading(now, None if before is None else before.events, at=at)


def test_the_oldest_comes_first_and_bears_its_time_and_sensor():
    later = NOON + timedelta(hours=1)
    first, second = told(log(error(MEMORY, later), progress(), error()), log())
    assert (first.text, first.happened_at) == ("Firmware error: the disk failed", NOON)
    assert (second.text, second.happened_at) == ("Firmware error: memory is unusable", later)
    assert (first.code, first.source) == ("Firmware", "event-log")


@pytest.mark.parametrize("at", [NOON, None])
def test_a_record_that_was_there_before_is_not_told_again(at):
    before = log(progress(at), error(at=at), progress(at))
    assert told(before, before) == []
    assert len(told(log(error(at=at), *before.records), before)) == 1


def test_without_a_clock_the_same_again_is_another_message():
    before = log(error(at=None))
    (again,) = told(log(error(at=None), *before.records), before, at=NOON + timedelta(days=1))
    (first,) = told(before, log(progress()))
    assert again.key != first.key
    two = told(log(error(at=None), error(at=None), *before.records), before)
    assert len({one.key for one in two}) == 2


def test_with_a_clock_the_same_record_has_the_same_key_whenever_it_is_read():
    keys = {told(log(error()), at=NOON + timedelta(days=day))[0].key for day in range(3)}
    assert len(keys) == 1
    assert told(log(error(at=NOON + timedelta(seconds=1))))[0].key not in keys


@pytest.mark.parametrize("at", [NOON, None])
def test_a_full_log_that_lost_its_oldest_tells_only_what_came(at):
    step = [progress(at, number % 25) for number in range(CAPACITY - 1)]
    before = log(*step, error(at=at))
    now = log(error(MEMORY, at=at), *before.records[:-1])
    assert [one.text for one in told(now, before)] == ["Firmware error: memory is unusable"]


def test_of_a_cleared_log_only_what_is_later_is_new():
    before = log(progress(NOON), error())
    now = log(error(MEMORY, NOON + timedelta(hours=1)), error(at=NOON - timedelta(days=1)))
    assert [one.text for one in told(now, before)] == ["Firmware error: memory is unusable"]
    assert len(told(log(error(at=None)), before)) == 1


def test_of_a_log_that_nobody_read_before_the_newest_few_are_told():
    old = [error(at=NOON - timedelta(hours=number)) for number in range(50)]
    found = told(log(*old))
    assert len(found) == MOST_AT_FIRST
    assert found[-1].happened_at == NOON


@pytest.mark.django_db
def test_an_old_device_does_not_flood_and_a_log_that_cannot_be_read_stays():
    device = factories.device()
    keep(device.pk, log(*[error(at=NOON - timedelta(hours=number)) for number in range(50)]))
    assert set(device.messages.values_list("acknowledged_by", flat=True)) == {FIRST_READING}
    assert not device.messages.open().exists()
    keep(device.pk, EngineReading({}, None, []))
    assert len(device.amt_inventory.events) == 50
    Message.objects.all().delete()
    keep(device.pk, log(*[error(at=NOON - timedelta(hours=number)) for number in range(-1, 50)]))
    assert device.messages.get().happened_at == NOON + timedelta(hours=1)
    assert device.messages.open().count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("profile", ["9.5", "16.1"])
def test_a_device_that_logs_an_error_has_one_message_however_often_it_is_read(
    fleet, settings, profile
):
    settings.PRACTICE = True
    (simulated,) = fleet(1, profile=profile)
    device = managed(simulated.address)
    read(device)
    simulated.event_log.add(simulated.clock, 15, 0, 16, 34, (0x40, DISK))
    simulated.event_log.add_progress(simulated.clock, 1)
    for _ in range(2):
        assert read(device).status == "done"
    message = device.messages.get()
    assert (message.severity, message.text) == ("error", "Firmware error: the disk failed")
    assert message.acknowledged_at is None
