"""What an action will do to a selection, as far as the last readings tell."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from amt.guard import STOPPED
from amt.models import AmtInventory
from devices import levels
from devices.models import Device, DeviceQuerySet, User
from devices.models.device import OFF_STATES, ON_STATES
from devices.models.rights import Right
from devices.power_groups import old_after, poll_seconds
from devices.state_words import OS_ASLEEP
from power.levels import TYPED_COUNT
from power.models import PowerAction, Selection
from power.services.orders import sending_servers

SELECTION_KEPT = timedelta(days=1)


def freeze(devices: DeviceQuerySet, user: User) -> Selection:
    """Keep the set of a dialog as it is now (D21)."""
    Selection.objects.filter(made_at__lt=timezone.now() - SELECTION_KEPT).delete()
    pks = list(devices.visible_to(user).values_list("pk", flat=True))
    return Selection.objects.create(intent=uuid4(), user=user, device_pks=pks)


def frozen(intent: UUID, user: User) -> Selection:
    """Return the set that a dialog of this person froze.

    Raises:
        Selection.DoesNotExist: there is none, or it is another person's.
    """
    return Selection.objects.get(intent=intent, user=user)


@dataclass(slots=True)
class Preview:
    """The devices of a selection by what will happen to them."""

    action: PowerAction
    sent: list[Device] = field(default_factory=list)
    read_first: list[Device] = field(default_factory=list)  # not read lately: read, then decide
    nothing_to_do: list[Device] = field(default_factory=list)
    impossible: list[Device] = field(default_factory=list)  # Reset and Cycle of what is off
    unreadable: list[Device] = field(default_factory=list)
    stopped: list[Device] = field(default_factory=list)  # they refused their login too often
    not_set_up: list[Device] = field(default_factory=list)
    not_allowed: list[Device] = field(default_factory=list)
    senders: list[Device] = field(default_factory=list)  # run the servers that send (S113)
    deaf: list[Device] = field(default_factory=list)  # their AMT is off while they are off
    typed_above: int = 0
    may_send_anyway: bool = False
    send_anyway: bool = False  # also to what cannot be read (D19)

    @property
    def ordered(self) -> list[Device]:
        """Return the devices that may really get the order."""
        more = self.unreadable if self.action.is_harmless or self.send_anyway else []
        return [*self.sent, *self.read_first, *more]

    @property
    def must_type(self) -> bool:
        """Return whether the number has to be typed (D23)."""
        return not self.action.is_harmless and len(self.ordered) > self.typed_above

    @property
    def reaches_somebody(self) -> bool:
        """Return whether the task would have any line."""
        ended = [*self.nothing_to_do, *self.impossible, *self.stopped, *self.not_set_up]
        return bool(self.ordered or self.unreadable or ended)


def must_type(action: PowerAction, devices: int) -> bool:
    """Return whether the number of devices has to be typed for ``action`` (D23)."""
    return not action.is_harmless and devices > levels.zone_value(TYPED_COUNT)


def preview_all(selection: Selection, *, send_anyway: bool = False) -> list[Preview]:
    """Return what each of the four actions would do, in their order."""
    chosen = list(selection.devices.order_by("name", "pk"))
    limit = levels.zone_value(TYPED_COUNT)
    servers = sending_servers(chosen)
    senders = {server.device_id for server in servers.values() if server.device_id}
    deaf = set(
        AmtInventory.objects.deaf_while_off()
        .filter(device__in=selection.devices)
        .values_list("device_id", flat=True)
    )
    anyway = selection.devices.allowed(selection.user, Right.SEND_ANYWAY).exists()
    previews = []
    for action in PowerAction:
        allowed = set(
            selection.devices.allowed(selection.user, action.right).values_list("pk", flat=True)
        )
        preview = Preview(action, typed_above=limit, may_send_anyway=anyway)
        preview.send_anyway = send_anyway and anyway
        preview.senders = [device for device in chosen if device.pk in senders & allowed]
        _sort(preview, chosen, allowed)
        if action in (PowerAction.ON, PowerAction.OFF):
            preview.deaf = [device for device in preview.ordered if device.pk in deaf]
        previews.append(preview)
    return previews


def _sort(preview: Preview, chosen: list[Device], allowed: set[int]) -> None:
    old = timezone.now() - old_after(poll_seconds())
    for device in chosen:
        if device.pk not in allowed:
            preview.not_allowed.append(device)
        elif not device.mode:
            preview.not_set_up.append(device)
        elif device.unreadable_code == STOPPED:
            preview.stopped.append(device)
        elif device.unreadable_since:
            preview.unreadable.append(device)
        elif device.power_seen_at is None or device.power_seen_at < old:
            preview.read_first.append(device)
        else:
            _by_state(preview, device).append(device)


def _by_state(preview: Preview, device: Device) -> list[Device]:
    is_on, is_off = device.power_state in ON_STATES, device.power_state in OFF_STATES
    if preview.action is PowerAction.ON:
        is_awake = is_on and device.os_state != OS_ASLEEP
        return preview.nothing_to_do if is_awake else preview.sent
    if preview.action is PowerAction.OFF:
        return preview.nothing_to_do if is_off else preview.sent
    return preview.impossible if is_off else preview.sent
