"""Devices > Discovered > Intel AMT Devices: what said hello, one of them, forget (S76-S78, S97)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from amt.levels import DISCOVERED_HOURS, DISCOVERED_HOURS_EXTERNAL
from amt.models import DiscoveredDevice
from amt.services import discovery
from amt.services.doctor import diagnosis
from amt.views import doctor
from devices import levels
from devices.models.rights import Right, may
from devices.paging import paginate
from devices.views.access import PersonRequest, needs_zone_right

ORDERS = {"name": ["name", "address"], "address": ["address"], "seen": ["seen_at"]}


@require_GET
@needs_zone_right(Right.VIEW)
def discovered(request: PersonRequest) -> HttpResponse:
    """List the devices that were discovered, provisioned or not."""
    q = request.GET.get("q", "").replace("\0", "").strip()
    found = DiscoveredDevice.objects.visible_to(request.user).select_related("device").search(q)
    page = paginate(found, request.GET, orders=ORDERS, default="-seen")
    context = {
        "page": page,
        "q": q,
        "rows": told(page.rows),
        "may_delete": may(request.user, Right.EDIT),
        "sees_servers": True,
    }
    template = "amt/_discovered_list.html" if request.htmx else "amt/discovered.html"
    return render(request, template, context)


@require_GET
@needs_zone_right(Right.VIEW)
def discovered_device(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one discovered device: what it said, and which roots it trusts."""
    found = DiscoveredDevice.objects.visible_to(request.user).select_related("device", "server")
    row = get_object_or_404(found, pk=pk)
    own = discovery.own_digests()
    hashes = [(name, digits, (name, digits) in own) for name, digits in row.hashes]
    judged = doctor.told(row, diagnosis(row), request.user)
    context = {**told([row])[0], "hashes": hashes, **judged}
    return render(request, "amt/discovered_device.html", context)


@require_POST
@needs_zone_right(Right.EDIT)
def forget_discovered(request: PersonRequest) -> HttpResponse:
    """Delete the entries that were ticked; whoever says hello again comes back."""
    keys = [key for key in request.POST.getlist("pk") if key.isdecimal() and len(key) < 19]
    rows = DiscoveredDevice.objects.visible_to(request.user).filter(pk__in=keys)
    count = discovery.forget(rows=list(rows), by=request.user)
    messages.success(request, f"Deleted: {count} discovered device{'' if count == 1 else 's'}.")
    return HttpResponseClientRedirect(reverse("amt:discovered"))


def told(rows: list[DiscoveredDevice]) -> list[dict[str, Any]]:
    """Return what list and page say of entries: do they trust us, and how long are they valid."""
    here, external = map(levels.zone_value, (DISCOVERED_HOURS, DISCOVERED_HOURS_EXTERNAL))
    own = discovery.own_digests()
    return [
        {
            "row": row,
            "trusts_us": row.trusts(own),
            "here_until": row.valid_until(here),
            "is_here": row.is_valid(here),
            "external_until": row.valid_until(external),
            "is_external": row.is_valid(external),
        }
        for row in rows
    ]
