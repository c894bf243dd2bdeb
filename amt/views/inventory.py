"""The Inventory tab: what the agent reported, what AMT told, what changed; and its export."""

import json
from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from amt.models import AmtInventory
from amt.services.inventory import last_reading, read_inventory
from amt.views.connection import intent_of
from devices.csv_cells import lines
from devices.models import Device, HostReport, InventoryChange
from devices.models.rights import Right, may_in
from devices.services import selection
from devices.views.access import PersonRequest
from devices.views.device import framed, visible

SHOWN_CHANGES = 50


@require_GET
def inventory(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the inventory of a device."""
    device = _device(request, pk)
    report = HostReport.objects.filter(device=device).first()
    context = {
        **framed(request, device),
        "tab": "inventory",
        "report": report,
        "reported": report.texts() if report else {},
        "reading": AmtInventory.objects.filter(device=device).first(),
        "changes": InventoryChange.objects.filter(device=device)[:SHOWN_CHANGES],
        "item": last_reading(device),
        "intent": uuid4(),
        "may_read": may_in(request.user, Right.READ_STATE, device.folder),
    }
    return render(request, "amt/inventory.html", context)


@require_POST
def read_device(request: PersonRequest, pk: int) -> HttpResponse:
    """Have the inventory read now."""
    devices = Device.objects.filter(pk=_device(request, pk).pk)
    read_inventory(devices=devices, intent=intent_of(request), asked_by=request.user)
    return redirect("amt:inventory", pk)


@require_POST
def read_selected(request: PersonRequest) -> HttpResponse:
    """Have the inventories of the selected devices read, and go to the task's page."""
    devices = selection.resolve(request.user, request.POST)
    job = read_inventory(devices=devices, intent=intent_of(request), asked_by=request.user)
    return HttpResponseClientRedirect(job.get_absolute_url()) if request.htmx else redirect(job)


@require_GET
def inventory_json(request: PersonRequest, pk: int) -> HttpResponse:
    """Return all that is known of a device's inside as JSON."""
    device = _device(request, pk)
    reading = AmtInventory.objects.filter(device=device).first()
    told = {
        "device": device.name,
        "amt": reading and {"read_at": reading.read_at.isoformat(), "facts": reading.facts},
        "events": reading.events if reading else [],
        "audit": reading.audit if reading else [],
        "agent": _agent_texts(device),
    }
    text = json.dumps(told, indent=2, ensure_ascii=False)
    return _file(HttpResponse(text, content_type="application/json"), device, "json")


@require_GET
def inventory_csv(request: PersonRequest, pk: int) -> HttpResponse:
    """Return the facts of a device as CSV: source, section, name, value."""
    device = _device(request, pk)
    reading = AmtInventory.objects.filter(device=device).first()
    sources: dict[str, dict[str, dict[str, str]]] = {
        "Intel AMT": reading.facts if reading else {},
        "Agent": {"Host": _agent_texts(device)},
    }
    rows = [
        [source, section, name, text]
        for source, facts in sources.items()
        for section, found in facts.items()
        for name, text in found.items()
    ]
    text = "".join(lines(["source", "section", "name", "value"], rows))
    return _file(HttpResponse(text, content_type="text/csv; charset=utf-8"), device, "csv")


def _agent_texts(device: Device) -> dict[str, str]:
    report = HostReport.objects.filter(device=device).first()
    return report.texts() | report.programs() if report else {}


def _device(request: PersonRequest, pk: int) -> Device:
    device: Device = get_object_or_404(visible(request), pk=pk)
    return device


def _file(response: HttpResponse, device: Device, kind: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="inventory-{device.pk}.{kind}"'
    return response
