"""Which discovered devices a person means: ticked rows, all that the list shows, a frozen set."""

from collections.abc import Iterable, Mapping

from django.http import QueryDict

from amt.models import DiscoveredDevice
from amt.models.discovered import DiscoveredDeviceQuerySet
from devices.models import User
from devices.services.selection import numbers

MOST = 20_000  # entries of one selection


def resolve(user: User, asked: QueryDict) -> DiscoveredDeviceQuerySet:
    """Return the entries that a list or dialog sent, as far as ``user`` may see them."""
    visible: DiscoveredDeviceQuerySet = DiscoveredDevice.objects.visible_to(user)
    if frozen := asked.get("frozen"):
        return visible.filter(pk__in=numbers(frozen.split(","), MOST))
    if asked.get("all"):
        return matching(user, QueryDict(asked.get("filter", "")))
    return visible.filter(pk__in=numbers(asked.getlist("pk"), MOST))


def matching(user: User, query: Mapping[str, str]) -> DiscoveredDeviceQuerySet:
    """Return the entries that a list with this address shows, on all its pages."""
    visible: DiscoveredDeviceQuerySet = DiscoveredDevice.objects.visible_to(user)
    return visible.filtered(query)


def freeze(rows: Iterable[DiscoveredDevice]) -> str:
    """Return the set as the hidden field ``frozen`` of a dialog keeps it."""
    return ",".join(str(row.pk) for row in rows)
