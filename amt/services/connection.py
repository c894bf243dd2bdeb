"""Ask for *Test connection*: is it reachable, which version, TLS, is the credential accepted?"""

from datetime import timedelta
from uuid import UUID

from amt.services.asking import ask_each, newest_line
from devices.models import Device, DeviceQuerySet, Job, JobItem, User

TASK = "amt.tasks.run_connection_items"
EXPIRY = timedelta(minutes=5)  # an answer that comes later helps nobody


def test_connection(*, devices: DeviceQuerySet, intent: UUID, asked_by: User) -> Job:
    """Test the connection of each device; see ``ask_each``."""
    return ask_each(
        kind=Job.Kind.TEST_CONNECTION,
        task=TASK,
        verb="amt.test_connection",
        expires_in=EXPIRY,
        devices=devices,
        intent=intent,
        asked_by=asked_by,
    )


def last_test(device: Device) -> JobItem | None:
    """Return the newest test of this device."""
    return newest_line(device, Job.Kind.TEST_CONNECTION)
