"""The words of the groups that devices are counted and filtered by, and when a state is old."""

from collections.abc import Mapping
from datetime import timedelta

from devices.models import Setting
from devices.state_words import OLD_AFTER_INTERVALS

POLL_KEY, POLL_MINUTES = "power.poll_minutes", 5  # declared by the app that polls

GROUPS: Mapping[str, str] = {
    "on": "On",
    "sleep": "Sleep",
    "off": "Off",
    "old": "Seen too long ago",
    "unknown": "Unknown",
    "not-read": "Not read",
}


def poll_seconds() -> int:
    """Return how often the zone reads states; the default where it reads none by itself."""
    rows = Setting.objects.filter(key=POLL_KEY, folder=None, device=None)
    return 60 * int(rows.values_list("value", flat=True).first() or POLL_MINUTES)


def old_after(poll: int) -> timedelta:
    """Return the age from which a state is told in the past, if it is read every ``poll`` s."""
    return timedelta(seconds=OLD_AFTER_INTERVALS * poll)
