"""What times to come will do: to how many devices, to which not, and why.

It follows from the settings as they are now. Counts are of the devices that the person may see.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from devices.levels import Inheritance
from devices.models import Device, Server, Setting
from power.levels import POWER_SCHEDULES
from power.services import pauses
from power.services.orders import servers_on_devices
from power.services.timetable import Event, Scope


@dataclass
class Reach:
    """What a time to come will do: to how many devices, and to which not, and why."""

    devices: int = 0
    not_set_up: int = 0
    paused: int = 0
    held: int = 0
    left_out: int = 0
    last: list[Server] = field(default_factory=list)  # run on devices among them

    @property
    def skipped(self) -> int:
        return self.not_set_up + self.paused + self.held + self.left_out

    @property
    def ordered(self) -> int:
        return self.devices - self.skipped


class Rehearsal:
    """The devices of a scope as every time to come will find them: a few queries for all of it."""

    def __init__(self, scope: Scope) -> None:
        self._inheritance = Inheritance(POWER_SCHEDULES)
        self._folders: dict[int, frozenset[int]] = {}  # by setting
        self._counts: dict[int, tuple[int, int]] = {}
        own = Exists(Setting.objects.filter(key=POWER_SCHEDULES.name, device=OuterRef("pk")))
        counted = scope.devices.filter(~own).order_by().values_list("folder")
        bare = Count("pk", filter=Q(mode=""))
        self._by_folder = {pk: (n, m) for pk, n, m in counted.annotate(n=Count("pk"), bare=bare)}
        self._single = {device.pk: device for device in scope.devices.filter(own)}
        self._held = list(scope.devices.filter(held_until__gt=timezone.now()).exclude(mode=""))
        self._rests = pauses.in_force()
        self._servers = [s for s in servers_on_devices() if s.device]

    def reach(self, event: Event, row: Setting) -> Reach:
        """Return what ``event``, a time of the list in ``row``, will do."""
        folders = self._folders_of(row)
        resting = self._resting(event)
        found = Reach(*self._counted(row))
        for pk in folders & resting & self._by_folder.keys():
            devices, bare = self._by_folder[pk]
            found.paused += devices - bare
        if single := self._single.get(row.device_id or 0):
            found.devices, found.not_set_up = 1, int(not single.mode)
            found.paused = int(bool(single.mode) and single.folder_id in resting)
        found.held = sum(
            self._is_held(device, event) and device.folder_id not in resting
            for device in self._reached(self._held, row)
        )
        self._add_servers(found, event, row)
        return found

    def why_not(self, event: Event, device: Device) -> str:
        """Return why ``device`` will be skipped; empty if it will not."""
        if event.is_skipped_ahead and event.run:
            return event.run.reason
        if not device.mode:
            return "Not set up."
        for rest in self._rests:
            if device.folder_id in rest.folders and rest.until > event.time.starts_at:
                return rest.sentence
        if self._is_held(device, event):
            return device.held_because
        sends = any(server.device_id == device.pk for server in self._servers)
        if sends and event.plan and event.plan.leaves_out_senders:
            return "Left out: it sends these orders."
        return ""

    def _counted(self, row: Setting) -> tuple[int, int]:
        """Return how many devices inherit ``row``, and how many of them are not set up."""
        if row.pk not in self._counts:
            found = [self._by_folder.get(pk, (0, 0)) for pk in self._folders_of(row)]
            self._counts[row.pk] = sum(n for n, _ in found), sum(bare for _, bare in found)
        return self._counts[row.pk]

    def _folders_of(self, row: Setting) -> frozenset[int]:
        if row.pk not in self._folders:
            self._folders[row.pk] = frozenset(self._inheritance.folders_of(row))
        return self._folders[row.pk]

    def _resting(self, event: Event) -> set[int]:
        rests = [rest for rest in self._rests if rest.until > event.time.starts_at]
        return {pk for rest in rests for pk in rest.folders}

    def _is_held(self, device: Device, event: Event) -> bool:
        return device.held_until is not None and device.held_until > event.time.starts_at

    def _reached(self, devices: Iterable[Device], row: Setting) -> Iterator[Device]:
        """Yield those of ``devices`` for which ``row`` counts."""
        folders = self._folders_of(row)
        for device in devices:
            own = device.pk in self._single
            if device.pk == row.device_id or (not own and device.folder_id in folders):
                yield device

    def _add_servers(self, found: Reach, event: Event, row: Setting) -> None:
        by_device = {server.device: server for server in self._servers if server.device}
        reached = [by_device[device] for device in self._reached(by_device, row)]
        if event.plan and event.plan.leaves_out_senders:
            found.left_out = len(reached)
        else:
            found.last = reached


def rehearse(scope: Scope, found: Sequence[Event]) -> None:
    """Give each event that is to come its reach."""
    coming = [(event, event.setting) for event in found if event.setting]
    if coming:
        rehearsal = Rehearsal(scope)
        for event, row in coming:
            event.reach = rehearsal.reach(event, row)


def device_lines(scope: Scope, found: Iterable[Event]) -> Iterator[tuple[Event, Device, str]]:
    """Yield, for each event to come, each of its devices and why it will be skipped, if it will."""
    inheritance, rehearsal = Inheritance(POWER_SCHEDULES), Rehearsal(scope)
    for event in found:
        if event.setting:
            devices = inheritance.devices_of(event.setting) & scope.devices
            for device in devices.select_related("folder").order_by("name", "pk").iterator(2000):
                yield event, device, rehearsal.why_not(event, device)
