"""The dialogs Provisioning Details and Unprovision, and the register of orphaned devices."""

from collections import Counter
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from amt.codes.setting_up import EXTERNAL_ONLY, NEEDS_EXTERNAL
from amt.forms.provisioning import ProvisionForm, UnprovisionForm
from amt.models import DiscoveredDevice, Orphan
from amt.services import discovered_selection, doctor, orphans, provisioning, unprovisioning
from amt.services.provisioning import Prospect
from devices.models import Device, DeviceQuerySet, Folder, Server
from devices.models.rights import Right, may
from devices.services import selection
from devices.views.access import PersonRequest, needs_zone_right
from devices.views.device import chosen_folder


@require_POST
@needs_zone_right(Right.PROVISION)
@needs_zone_right(Right.CREDENTIALS)
@sensitive_post_parameters("passphrase")
@sensitive_variables()
def provision(request: PersonRequest) -> HttpResponse:
    """Open Provisioning Details for a selection; sent with an ``intent``, start the task."""
    found = discovered_selection.resolve(request.user, request.POST)
    entries = list(found.select_related("device"))
    is_sent = "intent" in request.POST
    form = ProvisionForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        user=request.user,
        count=len(entries),
        initial={"folder": first_folder().pk},
    )
    if is_sent and form.is_valid():
        given = form.cleaned_data
        try:
            job = provisioning.provision(
                entries=entries,
                credential=given["credential"],
                folder=given["folder"],
                intent=given["intent"],
                asked_by=request.user,
                own_passwords=given["own_passwords"],
                external=given["external"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return HttpResponseClientRedirect(job.get_absolute_url())
    context = {"form": form, "intent": uuid4(), **_told(entries, form)}
    context["place"] = chosen_folder(request, form)
    if len(entries) == 1:
        context["checks"] = doctor.diagnosis(entries[0]).checks
    return render(request, "amt/provision.html", context, status=422 if form.errors else 200)


def first_folder() -> Folder:
    """Return where new devices go unless a person chooses otherwise: Workstations."""
    top = list(Folder.objects.filter(depth__lte=2).order_by("-depth", "path"))
    named = [one for one in top if one.name == "Workstations"]
    first: Folder = (named or top)[0]
    return first


def _told(entries: list[DiscoveredDevice], form: ProvisionForm) -> dict[str, Any]:
    """Return what the dialog says of the selection: who will be set up, who not, and why."""
    is_external = "use_external" in form.data
    found = provisioning.prospects(entries, is_external=is_external)
    if not is_external and len(found) == 1 and _only_external(found[0]):
        form.initial["use_external"] = is_external = True
        found = provisioning.prospects(entries, is_external=True)
    reasons = Counter(one.text for one in found if one.obstacle)
    return {
        "entries": entries,
        "frozen": discovered_selection.freeze(entries),
        "ready": sum(1 for one in found if not one.obstacle),
        "reasons": reasons.most_common(),
        "only": found[0] if len(found) == 1 else None,
        "is_external": is_external,
        "must_be_external": any(one.proof and not one.proof.is_ca for one in found),
    }


def _only_external(prospect: Prospect) -> bool:
    return prospect.obstacle in (EXTERNAL_ONLY, NEEDS_EXTERNAL)


@require_POST
@needs_zone_right(Right.PROVISION)
def unprovision(request: PersonRequest) -> HttpResponse:
    """Open Unprovision for devices or discovered devices; with an ``intent``, start the task."""
    devices = _devices(request)
    is_sent = "intent" in request.POST
    form = UnprovisionForm(request.POST if is_sent else None)
    if is_sent and form.is_valid():
        given = form.cleaned_data
        try:
            job = unprovisioning.unprovision(
                devices=devices,
                intent=given["intent"],
                asked_by=request.user,
                credential=given["credential"],
                is_full=given["extent"] == "full",
                deletes_failed=given["deletes_failed"],
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return HttpResponseClientRedirect(job.get_absolute_url())
    chosen = list(devices.order_by("name", "pk"))
    ready = [one for one in chosen if one.mode == Device.Mode.ENTERPRISE]
    context = {
        "form": form,
        "intent": uuid4(),
        "frozen": selection.freeze(devices),
        "count": len(chosen),
        "ready": len(ready),
        "only": chosen[0] if len(chosen) == 1 else None,
        "may_choose": may(request.user, Right.CREDENTIALS),
    }
    return render(request, "amt/unprovision.html", context, status=422 if form.errors else 200)


def _devices(request: PersonRequest) -> DeviceQuerySet:
    """Return the managed devices of a selection in either list."""
    if request.POST.get("of") == "discovered" and "frozen" not in request.POST:
        rows = discovered_selection.resolve(request.user, request.POST)
        managed: DeviceQuerySet = Device.objects.visible_to(request.user)
        return managed.filter(pk__in=rows.exclude(device=None).values("device"))
    return selection.resolve(request.user, request.POST)


@require_GET
@needs_zone_right(Right.VIEW)
def orphaned(request: PersonRequest) -> HttpResponse:
    """List the devices that may still be set up though nobody manages them, and those solved."""
    found = Orphan.objects.select_related("credential")
    context = {
        "open": found.filter(solved_at=None),
        "solved": found.exclude(solved_at=None)[:50],
        "may_act": may(request.user, Right.PROVISION) and may(request.user, Right.CREDENTIALS),
    }
    return render(request, "amt/orphaned.html", context)


@require_POST
@needs_zone_right(Right.PROVISION)
def close_orphan(request: PersonRequest, pk: int) -> HttpResponse:
    """Say of an orphaned device that it was dealt with."""
    orphan = get_object_or_404(Orphan, pk=pk, solved_at=None)
    orphans.close(orphan=orphan, how="Dealt with by hand.", by=request.user)
    messages.success(request, f"Saved: {orphan} was dealt with.")
    return redirect("amt:orphaned")


@require_POST
@needs_zone_right(Right.PROVISION)
@needs_zone_right(Right.CREDENTIALS)
def manage_orphan(request: PersonRequest, pk: int) -> HttpResponse:
    """Take an orphaned device back among the managed ones."""
    orphan = get_object_or_404(Orphan, pk=pk, solved_at=None)
    server = Server.objects.order_by("pk").first()
    if server is None:
        messages.error(request, "No server has registered yet, so nobody could talk to it.")
        return redirect("amt:orphaned")
    try:
        device = orphans.manage_again(
            orphan=orphan, folder=first_folder(), server=server, by=request.user
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("amt:orphaned")
    messages.success(request, f"Saved: {device} is managed again.")
    return redirect(device)
