"""The wizard that changes the zone certificate (S102-S106, D10)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from amt.certificates.errors import CertificateError
from amt.models import ZoneCertificateChange
from amt.services import discovered_selection
from amt.services import zone_change as services
from amt.services.certificates import provisioned
from amt.views.certificates import keepers_only
from devices.models import Device, DeviceQuerySet, Server
from devices.models.rights import Right, may
from devices.services import selection
from devices.views.access import PersonRequest
from vault.errors import VaultError


@require_http_methods(["GET", "POST"])
@keepers_only
def zone_change(request: PersonRequest) -> HttpResponse:
    """Show how far the change has come; do what its buttons say."""
    refusal = ""
    if request.method == "POST":
        try:
            _act(request)
        except (CertificateError, VaultError) as error:
            refusal = str(error)
        else:
            return redirect("amt:zone_change")
    context = {**shown(services.current()), "refusal": refusal}
    context["may_provision"] = may(request.user, Right.PROVISION)
    template = "amt/_zone_change.html" if request.htmx else "amt/zone_change.html"
    return render(request, template, context, status=422 if refusal else 200)


def shown(change: ZoneCertificateChange | None) -> dict[str, Any]:
    """Return what the page shows of ``change``."""
    context: dict[str, Any] = {
        "change": change,
        "last": ZoneCertificateChange.objects.exclude(ended_at=None).first(),
        "provisioned": provisioned().count(),
        "authorities": ZoneCertificateChange.Authority.choices,
    }
    if change:
        context["states"] = services.states(change)
        context["waits_for"] = services.waits_for(change)
        context["servers"] = Server.objects.all()
        context["left_devices"] = selection.freeze(provisioned_devices())
        context["left_entries"] = discovered_selection.freeze(services.to_provision(change))
    return context


def provisioned_devices() -> DeviceQuerySet:
    """Return the devices that are to be unprovisioned."""
    return Device.objects.filter(mode=Device.Mode.ENTERPRISE)


def _act(request: PersonRequest) -> None:
    act, user = request.POST.get("act", ""), request.user
    if act == "start":
        services.start(by=user)
    elif act == "restart":
        services.ask_restart(by=user)
    elif act == "give-up":
        services.give_up(by=user)
        messages.info(request, "The change was ended where it stood.")
    elif act == "next":
        change = services.go_on(
            by=user,
            step=request.POST.get("step", ""),
            authority=request.POST.get("authority", ""),
            although="although" in request.POST,
        )
        if change.ended_at:
            messages.success(request, "The zone certificate is changed.")
