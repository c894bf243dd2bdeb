"""What the frame of every page shows: zone, navigation, help."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from devices.models import Folder
from devices.models.rights import (
    CONFIGURATION_RIGHTS,
    POWER_RIGHTS,
    Person,
    Right,
    may,
    may_anywhere,
)


@dataclass(frozen=True)
class Place:
    """An entry of the navigation, for those who hold one of its rights anywhere."""

    label: str
    icon: str
    url_names: tuple[str, ...]  # the first that exists
    rights: tuple[Right, ...]
    key: str = ""  # after g
    namespaces: tuple[str, ...] = ()  # of pages that belong here whatever their address
    is_of_zone: bool = False  # the right has to be held in the whole zone
    count: str = ""  # the template that shows how much there is to do


FIND = Place("Find a PC", "lifebuoy", ("devices:find",), (Right.VIEW,), "h")
HOME = Place("Home", "home", ("devices:home",), (Right.VIEW,), "h")
DEVICES = Place("Devices", "devices-pc", ("devices:devices",), (Right.VIEW,), "d")
TASKS = Place("Tasks", "list-check", ("devices:jobs",), (Right.VIEW,), "t")
CALENDAR = Place("Calendar", "calendar-week", ("power:calendar",), (Right.VIEW,), "c")
MESSAGES = Place(
    "Messages", "bell", ("devices:messages",), (Right.VIEW,), "m", count="_message_count.html"
)
AUDIT = Place(
    "Audit", "shield-check", ("devices:audit",), (Right.ADMINISTRATE,), "u", is_of_zone=True
)
CONFIGURATION = Place(
    "Configuration",
    "settings",
    ("devices:configuration",),
    CONFIGURATION_RIGHTS,
    "o",
    ("vault",),
    is_of_zone=True,
)


@dataclass(frozen=True)
class Entry:
    """A place with its address, as the navigation draws it."""

    url: str
    icon: str
    label: str
    key: str
    is_active: bool
    count: str = ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's values; what costs a query is only read when a page shows it."""
    return {
        "zone_name": SimpleLazyObject(zone_name),
        "practice": settings.PRACTICE,
        "nav": SimpleLazyObject(lambda: navigation(request)),
        "sees_servers": SimpleLazyObject(lambda: sees_servers(request)),
        "switches_devices": SimpleLazyObject(lambda: holds_one(request, POWER_RIGHTS)),
        "reads_states": SimpleLazyObject(lambda: holds_one(request, [Right.READ_STATE])),
        "uses_credentials": SimpleLazyObject(lambda: holds(request, Right.CREDENTIALS)),
        "provisions": SimpleLazyObject(lambda: holds(request, Right.PROVISION)),
        "help_slug": help_slug(request),
        "dialog_frame": dialog_frame(request),
        "now": timezone.now(),
        "time_zone": timezone.get_current_timezone_name(),
        "csp_nonce": getattr(request, "csp_nonce", ""),
    }


def zone_name() -> str:
    """Return the name of the tree's root."""
    return Folder.objects.filter(depth=1).values_list("name", flat=True).first() or "zone"


def help_slug(request: HttpRequest) -> str:
    """Return the name of the help text for this page, e.g. ``devices-job``."""
    match = request.resolver_match
    return match.view_name.replace(":", "-").replace("_", "-") if match else ""


def dialog_frame(request: HttpRequest) -> str:
    """Return what a dialog stands in: alone for htmx, a page for an address that was opened."""
    is_page = request.method == "GET" and not getattr(request, "htmx", True)
    return "dialog_page.html" if is_page else "_dialog_form.html"


def holds(request: HttpRequest, right: Right) -> bool:
    """Return whether this person holds a right that is held in the whole zone or not at all."""
    user = getattr(request, "user", None)
    return user is not None and may(user, right)


def navigation(request: HttpRequest) -> list[Entry]:
    """Return the entries this person may see, the one of this page marked."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    shown = [(place, url) for place in places(user) if (url := address(place))]
    here = active(request, shown)
    return [
        Entry(url, place.icon, place.label, place.key, place is here, place.count)
        for place, url in shown
    ]


def places(user: Person) -> list[Place]:
    """Return what is open to ``user``; helpdesk has two places and no more."""
    if not may_anywhere(user, Right.EDIT) and may_anywhere(user, Right.POWER_ON) and address(FIND):
        return [FIND, TASKS]
    every = [HOME, DEVICES, TASKS, CALENDAR, MESSAGES, AUDIT, CONFIGURATION]
    return [place for place in every if is_open(place, user)]


def is_open(place: Place, user: Person) -> bool:
    """Return whether one of the place's rights is held, where it counts."""
    holds = may if place.is_of_zone else may_anywhere
    return any(holds(user, right) for right in place.rights)


def sees_servers(request: HttpRequest) -> bool:
    """Return whether pages may link to servers: they are of the whole zone."""
    user = getattr(request, "user", None)
    return user is not None and may(user, Right.VIEW)


def holds_one(request: HttpRequest, rights: Sequence[Right]) -> bool:
    """Return whether the person holds one of ``rights`` in some folder: buttons are offered."""
    user = getattr(request, "user", None)
    return user is not None and any(may_anywhere(user, right) for right in rights)


def address(place: Place) -> str:
    """Return the address of the place's page, empty where there is none."""
    for name in place.url_names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def active(request: HttpRequest, shown: list[tuple[Place, str]]) -> Place | None:
    """Return the place this page belongs to: the longest address that begins its own."""
    namespace = request.resolver_match.namespace if request.resolver_match else ""
    for place, _ in shown:
        if namespace in place.namespaces:
            return place
    best, longest = None, 0
    for place, url in shown:
        begins = request.path == url or (url != "/" and request.path.startswith(url))
        if begins and len(url) > longest:
            best, longest = place, len(url)
    return best
