"""Which devices a page of schedules is about, as an address or a form names them."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from devices.models import Device, Folder
from devices.views.access import PersonRequest
from power.services.timetable import Scope


def folder_of(request: PersonRequest, pk: int) -> Folder:
    folder: Folder = get_object_or_404(Folder.objects.visible_to(request.user), pk=pk)
    return folder


def scope_of(request: PersonRequest, data: Any) -> Scope:
    """Return the scope that ``device`` or ``folder`` of an address or a form names."""
    if device := data.get("device"):
        found = Device.objects.visible_to(request.user).select_related("folder")
        return Scope(request.user, device=get_object_or_404(found, pk=_pk(device)))
    if folder := data.get("folder"):
        return Scope(request.user, folder_of(request, _pk(folder)))
    return Scope(request.user)


def _pk(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404("There is no such place.")
    return int(text)
