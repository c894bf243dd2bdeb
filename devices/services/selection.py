"""Which devices a person means: ticked rows, all that a list shows, or a set frozen by a dialog."""

from collections.abc import Iterable

from django.http import QueryDict

from devices.models import Device, DeviceQuerySet, Folder, User
from devices.power_groups import poll_seconds
from devices.services.listing import Listing

MOST = 100_000  # devices of one selection


def resolve(user: User, asked: QueryDict) -> DeviceQuerySet:
    """Return the devices that a list or dialog sent, as far as ``user`` may see them.

    A list sends its ticked rows (``pk``) or ``all=1`` with its ``filter``; a dialog sends back the
    set that was frozen when it opened (``frozen``), whatever the filter matches by then (D21).
    """
    visible = Device.objects.visible_to(user)
    if frozen := asked.get("frozen"):
        return visible.filter(pk__among=numbers(frozen.split(",")))
    if asked.get("all"):
        return matching(user, QueryDict(asked.get("filter", "")))
    return visible.filter(pk__among=numbers(asked.getlist("pk") + asked.getlist("device")))


def matching(user: User, query: QueryDict) -> DeviceQuerySet:
    """Return the devices that a list with this address shows, on all its pages."""
    visible, asked = Device.objects.visible_to(user), listing(user, query)
    return asked.apply(visible, poll_seconds()) if asked else visible.none()


def listing(user: User, query: QueryDict) -> Listing | None:
    """Return the filter that ``query`` names; None where its folder may not be seen, or is gone."""
    folder = None
    if asked := query.get("folder"):
        folder = Folder.objects.visible_to(user).filter(pk__in=numbers([asked])).first()
        if folder is None:
            return None
    return Listing.read(query, folder, user)


def freeze(devices: DeviceQuerySet) -> str:
    """Return the set as the hidden field ``frozen`` of a dialog keeps it: one field, any size."""
    return ",".join(map(str, devices.order_by("pk").values_list("pk", flat=True)))


def numbers(texts: Iterable[str], most: int = MOST) -> list[int]:
    """Return the primary keys among ``texts``, ``most`` at most; what is none is left out."""
    known = {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19}
    return sorted(known)[:most]
