"""Where a device sends its events, and how it signs in there: all of it follows from a key.

Nothing of it is kept: with a new secret key of the installation, devices subscribe anew.
"""

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from amt.protocol.wsman.eventing import Listener

SALT = "amt.alerts"


def listener_of(key: UUID) -> Listener | None:
    """Return where the device with ``key`` is to send its events; None while no address is set."""
    if not settings.ALERT_URL:
        return None
    return Listener(settings.ALERT_URL + path_of(key), *login_of(key))


def path_of(key: UUID) -> str:
    """Return the path of the address of one device."""
    return reverse("amt:alert_event", args=[key])


def login_of(key: UUID) -> tuple[str, str]:
    """Return the name and the password with which a device signs in with its events."""
    digits = salted_hmac(SALT, key.hex, algorithm="sha256").hexdigest()
    return f"zcc-{digits[:8]}", digits[8:40]


def marks_of(key: UUID) -> list[str]:
    """Return by what this console knows its own subscriptions on a device again.

    The path holds wherever the console was reached then; the address that is set also finds what
    is left of a key that is gone.
    """
    path = path_of(key)
    ours = settings.ALERT_URL + path.removesuffix(f"{key}/")
    return [path, ours] if settings.ALERT_URL else [path]
