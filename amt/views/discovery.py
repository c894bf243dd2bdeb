"""Devices > Discovered > Intel AMT Devices: what said hello, one of them, forget (S76-S78, S97)."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from amt.models import DiscoveredDevice
from amt.services import discovered_selection, discovered_states, discovery
from amt.services.doctor import diagnosis
from amt.views import doctor
from devices.models.rights import Right, may
from devices.paging import paginate
from devices.views.access import PersonRequest, needs_zone_right

ORDERS = {"name": ["name", "address"], "address": ["address"], "seen": ["seen_at"]}


@require_GET
@needs_zone_right(Right.VIEW)
def discovered(request: PersonRequest) -> HttpResponse:
    """List the devices that were discovered, provisioned or not."""
    found = discovered_selection.matching(request.user, request.GET).select_related("device")
    page = paginate(found, request.GET, orders=ORDERS, default="-seen")
    asked = {name: request.GET.get(name, "") for name in ("q", "state", "source")}
    context = {
        **asked,
        "page": page,
        "rows": discovered_states.told(page.rows),
        "ready": discovered_states.ready(found),
        "states": [(str(value), label) for value, label in DiscoveredDevice.State.choices],
        "selection_filter": urlencode({name: text for name, text in asked.items() if text}),
        "may_edit": may(request.user, Right.EDIT),
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
    context = {**vars(discovered_states.told([row])[0]), "hashes": hashes, **judged}
    context["may_edit"] = may(request.user, Right.EDIT)
    return render(request, "amt/discovered_device.html", context)


@require_POST
@needs_zone_right(Right.EDIT)
def forget_discovered(request: PersonRequest) -> HttpResponse:
    """Delete the entries that were chosen; whoever says hello again comes back."""
    rows = discovered_selection.resolve(request.user, request.POST)
    count = discovery.forget(rows=list(rows), by=request.user)
    messages.success(request, f"Deleted: {count} discovered device{'' if count == 1 else 's'}.")
    answer = HttpResponseClientRedirect(reverse("amt:discovered"))
    return trigger_client_event(answer, "zcc:clear-selection")
