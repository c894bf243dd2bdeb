"""What the list says of a discovered device: can it be provisioned, is it, and how long."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from amt.levels import DISCOVERED_HOURS, DISCOVERED_HOURS_EXTERNAL
from amt.models import AmtSettings, DiscoveredDevice
from amt.models.discovered import DiscoveredDeviceQuerySet
from amt.services.discovery import own_digests
from devices import levels
from devices.models import Device, Job, JobItem

Digests = set[tuple[str, str]]


class ListState(StrEnum):
    """In the words of the list (design: Discovered)."""

    READY = "Ready"
    EXTERNAL_ONLY = "External only"
    WILL_REFUSE = "Will refuse"
    PROVISIONING = "Provisioning"
    PROVISIONED = "Provisioned"
    ENDED = "Ended"


SHOWN = {  # icon and colour of each
    ListState.READY: ("circle-dashed", "running"),
    ListState.EXTERNAL_ONLY: ("circle-dashed", "running"),
    ListState.WILL_REFUSE: ("alert-triangle", "warn"),
    ListState.PROVISIONING: ("loader-2", "running"),
    ListState.PROVISIONED: ("circle-check", "done"),
    ListState.ENDED: ("clock-x", "warn"),
}


@dataclass(frozen=True)
class Told:
    """One entry as the list and its page show it."""

    row: DiscoveredDevice
    trusts_us: bool
    state: ListState
    here_until: datetime
    external_until: datetime
    is_here: bool
    is_external: bool

    @property
    def icon(self) -> str:
        return SHOWN[self.state][0]

    @property
    def css(self) -> str:
        return SHOWN[self.state][1]

    @property
    def validity(self) -> str:
        """Return what is left: here, with an external certificate."""
        if self.state in (ListState.PROVISIONED, ListState.ENDED):
            return ""
        here = left(self.here_until) if self.is_here else "ended"
        return f"{here} / {left(self.external_until)}"


def told(rows: Collection[DiscoveredDevice]) -> list[Told]:
    """Return what is said of entries; a constant number of queries."""
    here, external = map(levels.zone_value, (DISCOVERED_HOURS, DISCOVERED_HOURS_EXTERNAL))
    own = own_digests()
    devices = [row.device_id for row in rows if row.device_id]
    enterprise = AmtSettings.objects.filter(device__in=devices, mode=Device.Mode.ENTERPRISE)
    done = set(enterprise.values_list("device_id", flat=True))
    items = JobItem.objects.unfinished().filter(device__in=devices, job__kind=Job.Kind.PROVISION)
    busy = set(items.values_list("device_id", flat=True))
    found = []
    for row in rows:
        is_here, is_external = row.is_valid(here), row.is_valid(external)
        state = state_of(
            row,
            own,
            is_busy=row.device_id in busy,
            is_done=row.device_id in done,
            is_here=is_here,
            is_external=is_external,
        )
        found.append(
            Told(
                row,
                row.trusts(own),
                state,
                row.valid_until(here),
                row.valid_until(external),
                is_here,
                is_external,
            )
        )
    return found


def state_of(
    row: DiscoveredDevice,
    own: Digests,
    *,
    is_busy: bool,
    is_done: bool,
    is_here: bool,
    is_external: bool,
) -> ListState:
    """Return the state of one entry, the first that holds."""
    for applies, state in (
        (is_busy, ListState.PROVISIONING),
        (is_done or row.state == DiscoveredDevice.State.POST, ListState.PROVISIONED),
        (not is_external or row.state == DiscoveredDevice.State.PRE, ListState.ENDED),
        (bool(row.key_id) or (row.hashes and not row.trusts(own)), ListState.WILL_REFUSE),
        (not is_here, ListState.EXTERNAL_ONLY),
    ):
        if applies:
            return state
    return ListState.READY


def ready(rows: DiscoveredDeviceQuerySet) -> int:
    """Return how many of ``rows`` wait, are valid, and are not provisioned."""
    hours = levels.zone_value(DISCOVERED_HOURS_EXTERNAL)
    since = timezone.now() - timedelta(hours=hours)
    waiting = rows.filter(seen_at__gt=since, key_id="")
    states = [DiscoveredDevice.State.PRE, DiscoveredDevice.State.POST]
    return waiting.exclude(state__in=states).exclude(device__mode=Device.Mode.ENTERPRISE).count()


def left(until: datetime) -> str:
    """Return the time until a moment: 11 h 02 min, 23 h, 5 min."""
    minutes = max(0, int((until - timezone.now()).total_seconds()) // 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02} min" if hours < 12 else f"{hours} h"
