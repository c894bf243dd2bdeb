"""Servers: the worker sites that talk to the devices. Their list, one of them, and the look-up."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from devices.forms.servers import RunsOnForm, ServerForm
from devices.models import Server
from devices.models.rights import Right, may
from devices.paging import paginate
from devices.power_groups import poll_seconds
from devices.services import servers as services
from devices.views.access import PersonRequest, needs_right_somewhere, needs_zone_right

SHOWN = 50  # servers of the look-up; a search finds the others
BY_NAME = {"name": ["name"]}


@require_GET
@needs_zone_right(Right.VIEW)
def servers(request: PersonRequest) -> HttpResponse:
    """List the servers with their state, their queue and the devices they talk to."""
    page = paginate(services.with_use(), request.GET, orders=BY_NAME, default="name")
    context = {"page": page, "may_change": may(request.user, Right.ADMINISTRATE)}
    context["sees_servers"] = True
    template = "devices/_servers.html" if request.htmx else "devices/servers.html"
    return render(request, template, context)


@require_GET
@needs_zone_right(Right.VIEW)
def server(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one server: state, queue, the device it runs on, the devices that use it."""
    found = get_object_or_404(Server.objects.select_related("device"), pk=pk)
    using = services.devices_of(found, request.user).select_related("folder")
    context = {
        "server": found,
        "page": paginate(using, request.GET, orders=BY_NAME, default="name"),
        "may_change": may(request.user, Right.ADMINISTRATE),
        "proposed": None if found.device else services.proposed_device(found),
        "poll_seconds": poll_seconds(),
    }
    template = "devices/_server_devices.html" if request.htmx else "devices/server.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
@needs_zone_right(Right.ADMINISTRATE)
def server_rename(request: PersonRequest, pk: int) -> HttpResponse:
    """Give a server another name."""
    found = get_object_or_404(Server, pk=pk)
    form = ServerForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        again = get_object_or_404(Server, pk=pk)
        name = form.cleaned_data["name"]
        services.rename_server(server=again, name=name, asked_by=request.user)
        return HttpResponseClientRedirect(found.get_absolute_url())
    context = {"form": form, "server": get_object_or_404(Server, pk=pk)}
    return render(
        request, "devices/server_rename.html", context, status=422 if form.errors else 200
    )


@require_POST
@needs_zone_right(Right.ADMINISTRATE)
def server_runs_on(request: PersonRequest, pk: int) -> HttpResponse:
    """Confirm the device that a server runs on, or that it is none of them."""
    found = get_object_or_404(Server, pk=pk)
    form = RunsOnForm(request.POST, user=request.user)
    if not form.is_valid():
        raise PermissionDenied("Choose a device that you may see.")
    device = form.cleaned_data["device"]
    services.confirm_device(server=found, device=device, asked_by=request.user)
    said = f"runs on {device}" if device else "runs on none of the devices"
    messages.info(request, f"Saved: {found} {said}.")
    return HttpResponseClientRedirect(found.get_absolute_url())


@require_http_methods(["GET", "POST"])
@needs_zone_right(Right.ADMINISTRATE)
def server_delete(request: PersonRequest, pk: int) -> HttpResponse:
    """Delete a server that nobody uses, or say who does."""
    found = get_object_or_404(Server, pk=pk)
    reason, status = services.why_not_deletable(found), 200
    if request.method == "POST":
        try:
            services.delete_server(server=found, asked_by=request.user)
        except ValidationError as error:
            reason, status = error.messages[0], 422
        else:
            return HttpResponseClientRedirect(reverse("devices:servers"))
    context = {"server": found, "reason": reason}
    return render(request, "devices/server_delete.html", context, status=status)


@require_GET
@needs_right_somewhere(Right.CONFIGURE)
def server_lookup(request: PersonRequest) -> HttpResponse:
    """Offer the servers to whoever may choose one for a device (S34)."""
    return render(request, "devices/server_lookup.html", found_servers(request.GET.get("q", "")))


def found_servers(text: str) -> dict[str, Any]:
    """Return the servers whose name has every word."""
    text = text.replace("\0", "")
    found = services.with_use()
    for word in text.split():
        found = found.filter(name__icontains=word)
    rows = list(found[: SHOWN + 1])
    return {
        "servers": rows[:SHOWN],
        "has_more": len(rows) > SHOWN,
        "has_rows": bool(rows),
        "q": text,
        "lookup_url": reverse("devices:server_lookup"),
    }
