"""What the dispatcher does for power each second."""

from datetime import timedelta

from django.utils import timezone

from devices.models import Device
from devices.power_groups import old_after, poll_seconds
from power.models import PowerSample
from power.services import due, staggering
from power.services.readings import poll

SAMPLE_EVERY = timedelta(minutes=5)
SAMPLES_KEPT = timedelta(days=8)


def correct_schedules() -> None:
    """Plan schedules anew whose times do not fit any more: once, when a dispatcher starts."""
    due.correct()


def start_schedules() -> None:
    """Start the schedules that are due, and plan anew what should have started and did not."""
    due.tick(ahead=due.AHEAD)
    staggering.spread_late()


def tick() -> None:
    """Have states read that are due, and count them every five minutes for the chart of Home."""
    poll()
    sample()


def sample() -> None:
    """Count the zone's devices by state, once in SAMPLE_EVERY."""
    now = timezone.now()
    slot = now - timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond)
    if PowerSample.objects.filter(at=slot).exists():
        return
    counts = Device.objects.counts_by_power(old_after=old_after(poll_seconds()))
    PowerSample.objects.get_or_create(at=slot, defaults={"counts": counts})
    PowerSample.objects.filter(at__lt=now - SAMPLES_KEPT).delete()
