"""The search of the bar, and *Find a PC*, the first page of helpdesk."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from devices.models import Device, Folder, JobItem, User
from devices.models.rights import Right, folder_paths
from devices.power_groups import poll_seconds
from devices.services.find import EACH, MOST, find
from devices.views.access import PersonRequest

FOUND = 10  # PCs shown
RECENT = 5
NAMED = 6  # folders named under the field


@require_GET
def search(request: PersonRequest) -> HttpResponse:
    """Find devices, folders, tasks, settings and servers, grouped; the bar gets a short list."""
    text = request.GET.get("q", "")
    groups = find(request.user, text, most=EACH if request.htmx else MOST)
    template = "devices/_search.html" if request.htmx else "devices/search.html"
    context = {"groups": groups, "q": text.strip(), "poll_seconds": poll_seconds()}
    return render(request, template, context)


@require_GET
def find_pc(request: PersonRequest) -> HttpResponse:
    """Find a PC by name, address or serial number; the first one, or the chosen one, is opened."""
    context = found_pcs(request.user, request.GET.get("q", ""), request.GET.get("pc", ""))
    if not request.htmx:
        context["places"] = places(request.user)
    template = "devices/_search_found.html" if request.htmx else "devices/search_find.html"
    return render(request, template, context)


def found_pcs(user: User, text: str, chosen: str) -> dict[str, Any]:
    """Return the PCs that match, how many of how many, and the one that is opened."""
    text = text.replace("\0", "").strip()[:100]
    mine = Device.objects.visible_to(user).select_related("folder")
    matching = mine.search(text) if text else mine.none()
    rows = list(matching.order_by("name", "pk")[:FOUND])
    opened = next((device for device in rows if str(device.pk) == chosen), None)
    if opened is None and chosen.isascii() and chosen.isdigit() and len(chosen) < 18:
        opened = mine.filter(pk=int(chosen)).first()
    opened = opened or (rows[0] if len(rows) == 1 else None)
    return {
        "q": text,
        "rows": rows,
        "opened": opened,
        "matching": matching.count() if len(rows) == FOUND else len(rows),
        "total": mine.count(),
        "recent": recent(opened) if opened else [],
        "poll_seconds": poll_seconds(),
    }


def recent(device: Device) -> list[JobItem]:
    """Return the last orders of a device."""
    orders = JobItem.objects.filter(device=device, job__is_order=True).select_related("job")
    return list(orders.order_by("-id")[:RECENT])


def places(user: User) -> str:
    """Return the names of the folders a person sees, or that it is the whole zone."""
    paths = folder_paths(user, Right.VIEW)
    names = list(Folder.objects.filter(path__in=paths).values_list("name", flat=True)[: NAMED + 1])
    more = len(paths) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
