"""Intel AMT SMB Mode Settings of a device: show, save, delete, confirm a changed identity."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from amt import former
from amt.forms.settings import SmbForm
from amt.models import AmtSettings
from amt.services import orphans
from amt.services.connection import last_test, test_connection
from amt.services.settings import (
    SettingsChanged,
    confirm_identity,
    delete_settings,
    find_again,
    save_settings,
    told,
)
from devices import audit, origins
from devices.levels import Place
from devices.models import Device, Folder, User
from devices.models.rights import Right, may, may_in
from devices.power_groups import poll_seconds
from devices.views.access import PersonRequest

JUST_NOW = timedelta(minutes=1)  # how long the foot tells when the setting was saved
LABELS = {
    "address": "IP address or FQDN",
    "credential": "ME credential",
    "server": "Server",
    "addressing": "AMT addressing",
    "host_addressing": "Host addressing",
    "tls": "Connection",
    "interface": "Interface",
    "mode": "Mode",
}

CHOSEN = {"addressing", "host_addressing", "tls", "interface"}


@require_http_methods(["GET", "POST"])
def settings(request: PersonRequest, pk: int) -> HttpResponse:
    """Show and replace the one SMB setting of a device (D8)."""
    device = _visible(request.user, pk)
    row = _row(device)
    if request.method == "GET":
        return render(request, "amt/settings.html", _context(request, device, SmbForm(device, row)))
    if not may_in(request.user, Right.CONFIGURE, device.folder):
        raise PermissionDenied("You may look at the settings of this device, not change them.")
    if request.POST.get("choice") == "theirs":
        return redirect("amt:settings", device.pk)
    form = SmbForm(device, row, request.POST)
    if form.is_valid() and _saved(request, device, form):
        stays = "apply" in request.POST
        return redirect("amt:settings", device.pk) if stays else redirect(device)
    return render(request, "amt/settings.html", _context(request, device, form), status=422)


@require_POST
def delete(request: PersonRequest, pk: int) -> HttpResponse:
    """Delete the setting (S31): the device is not set up any more."""
    device = _visible(request.user, pk)
    delete_settings(device=device, asked_by=request.user)
    messages.success(request, f"Deleted: {device} has no SMB settings any more.")
    return redirect("amt:settings", device.pk)


@require_POST
def forget(request: PersonRequest, pk: int) -> HttpResponse:
    """Find connection and interface of a device again, as if it had never been reached."""
    device = _visible(request.user, pk)
    try:
        find_again(device=device, asked_by=request.user)
    except SettingsChanged:
        messages.warning(request, f"{device} has no SMB settings any more.")
    else:
        messages.success(request, f"{device} is probed again at the next contact.")
    return redirect("amt:settings", device.pk)


@require_POST
def confirm(request: PersonRequest, pk: int) -> HttpResponse:
    """Take the certificate or realm that was seen for the device's own (D26)."""
    device = _visible(request.user, pk)
    pin, realm = request.POST.get("pin", ""), request.POST.get("realm", "")
    try:
        confirm_identity(device=device, asked_by=request.user, pin=pin, realm=realm)
    except SettingsChanged:
        messages.warning(request, "The device has shown something else since. Compare again.")
    else:
        messages.success(request, f"Confirmed: {device} is the device you compared.")
    return redirect("amt:settings", device.pk)


@require_POST
def use_again(request: PersonRequest, pk: int) -> HttpResponse:
    """Set a device up with what opened its engine before, and test the connection."""
    device = _visible(request.user, pk)
    try:
        orphans.use_again(device=device, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except SettingsChanged:
        messages.warning(request, f"Somebody has set {device} up meanwhile.")
    else:
        devices = Device.objects.filter(pk=device.pk)
        test_connection(devices=devices, intent=uuid4(), asked_by=request.user)
        messages.success(request, f"{device} is set up as it was. Its connection is tested now.")
    return redirect("amt:settings", device.pk)


def _visible(user: User, pk: int) -> Device:
    devices = Device.objects.visible_to(user).select_related("folder")
    return get_object_or_404(devices, pk=pk)


def _row(device: Device) -> AmtSettings | None:
    rows = AmtSettings.objects.select_related("credential", "server")
    return rows.filter(device=device).first()


def _saved(request: PersonRequest, device: Device, form: SmbForm) -> bool:
    """Save the form, or leave in it why not."""
    before = told(form.row, device) if form.row else {}
    try:
        row = save_settings(
            device=device, asked_by=request.user, version=form.version, **form.cleaned_data
        )
    except SettingsChanged as changed:
        form.was_too_late(changed.row)
        return False
    _, new = audit.changes(before, told(row, device))
    for name, value in new.items():
        messages.success(request, f"Saved: {LABELS[name]} is {_said(form, name, value)}.")
    return True


def _said(form: SmbForm, name: str, value: str) -> str:
    """Return a value as the page says it."""
    if name == "mode":
        return Device.Mode(value).label
    choices = getattr(form.fields[name], "choices", []) if name in CHOSEN else []
    return dict(choices).get(value, value) or "none"


def _context(request: PersonRequest, device: Device, form: SmbForm) -> dict[str, Any]:
    row = form.row
    may_change = may_in(request.user, Right.CONFIGURE, device.folder)
    recent = row is not None and timezone.now() - row.changed_at < JUST_NOW
    way = Folder.objects.visible_to(request.user).filter(path__in=device.folder.ancestor_paths)
    return {
        "device": device,
        "way": list(way),
        "may_edit": may_in(request.user, Right.EDIT, device.folder),
        "poll_seconds": poll_seconds(),
        "tab": "settings",
        "form": form,
        "row": row,
        **_links(request.user, row),
        "former": None if row else former.offered(device, request.user),
        "outline": origins.outline(Place(device=device)),
        "smb": True,
        "may_change": may_change and device.mode != Device.Mode.ENTERPRISE,
        "may_use_credentials": may_in(request.user, Right.CREDENTIALS, device.folder),
        "may_browse": may(request.user, Right.CREDENTIALS),  # the vault is the zone's
        "may_test": may_in(request.user, Right.READ_STATE, device.folder),
        "differences": _differences(form),
        "item": last_test(device),
        "saved_at": row.changed_at if row and recent and not form.is_bound else None,
    }


def _links(user: User, row: AmtSettings | None) -> dict[str, str]:
    """Return the addresses of what was chosen, for those who may open them."""
    links = {}
    if row and may(user, Right.CREDENTIALS):
        links["credential_href"] = row.credential.get_absolute_url()
    if row and may(user, Right.VIEW):
        links["server_href"] = row.server.get_absolute_url()
    return links


def _differences(form: SmbForm) -> list[tuple[str, str, str]]:
    """Return label, their value and ours of each field, where somebody else was faster."""
    if not form.is_late:
        return []
    mine = {name: str(value) for name, value in form.cleaned_data.items()}
    theirs = told(form.row, form.device) if form.row else {}
    names = [name for name in mine if mine[name] != theirs.get(name, "")]
    return [
        (LABELS[name], _said(form, name, theirs.get(name, "")), _said(form, name, mine[name]))
        for name in names
    ]
