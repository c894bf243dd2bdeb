"""The counts of states over time, as the chart of Home draws them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from power.models import PowerSample

SLOT = timedelta(minutes=5)
SERIES = (("on", "On", "z-on"), ("sleep", "Sleep", "z-sleep"), ("unknown", "Unknown", "z-unknown"))
DASHES = {"sleep": [6, 3], "unknown": [2, 2]}


def last_day() -> dict[str, Any]:
    """Return the last 24 hours: times in seconds, and one series per state; gaps stay gaps."""
    samples = {
        sample.at: sample.counts
        for sample in PowerSample.objects.filter(at__gt=timezone.now() - timedelta(days=1))
    }
    if not samples:
        return {}
    slots = [min(samples)]
    while slots[-1] < max(samples):
        slots.append(slots[-1] + SLOT)
    return {
        "times": [int(slot.timestamp()) for slot in slots],
        "series": [
            {
                "label": label,
                "css": css,
                "dash": DASHES.get(name, []),
                "fill": name == "on",
                "values": [samples[slot].get(name) if slot in samples else None for slot in slots],
            }
            for name, label, css in SERIES
        ],
    }
