"""Put a device into use, and take it out: its settings, and the columns that lists show of them."""

from django.db import IntegrityError, transaction

from amt.models import AmtSettings
from devices.models import Device

COPIES = ["mode", "amt_address", "amt_version", "connection", "host_addressing"]
SEEN = ["power_state", "os_state", "power_seen_at", "power_source", "unreadable_since"]


class SettingsChanged(Exception):
    """Somebody else saved meanwhile; ``row`` is what stands there now, None if it was deleted."""

    def __init__(self, row: AmtSettings | None) -> None:
        super().__init__("Changed meanwhile by somebody else.")
        self.row = row


def put_in(row: AmtSettings, device: Device, *, moved: bool) -> None:
    """Save the settings of ``device``; ``moved``: what was seen of its power was seen elsewhere.

    Raises:
        SettingsChanged: of two that are new, the database lets one win.
    """
    _write(row)
    copy_to_device(row, device, moved=moved)


def take_out(row: AmtSettings, device: Device) -> None:
    """Delete the settings: the device is not set up any more."""
    row.delete()
    device.mode = device.amt_address = device.amt_version = device.connection = ""
    device.poll_due_at = None
    _forget_power(device)
    device.save(update_fields=[*COPIES, *SEEN, "unreadable_code", "poll_due_at"])


def copy_to_device(row: AmtSettings, device: Device, *, moved: bool) -> None:
    """Keep the device's columns in step, so that lists need no join."""
    device.mode, device.amt_address = row.mode, row.address
    device.amt_version = ".".join(row.firmware.split(".")[:2])  # 16.1, as lists show it
    device.connection = "Certificate changed" if row.seen_pin else row.tls_version
    fields = list(COPIES)
    if moved:
        _forget_power(device)
        device.poll_due_at = None
        fields += [*SEEN, "unreadable_code", "poll_due_at"]
    device.save(update_fields=fields)


def _write(row: AmtSettings) -> None:
    row.version += 1
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise SettingsChanged(AmtSettings.objects.filter(device=row.device).first()) from None


def _forget_power(device: Device) -> None:
    """Forget the power state: it was seen at another address."""
    for name in SEEN:
        setattr(device, name, None)
    device.power_source = device.unreadable_code = ""
