"""The Inventory tab: what the agent reported, what AMT told, what changed; and its export."""

import json
from datetime import datetime
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from amt.models import AmtInventory, ZonePlan
from amt.services import alerts
from amt.services import inventory as services
from amt.services.inventory_export import device_object, device_rows
from amt.views.connection import intent_of
from amt.views.plans import plan_page
from devices.csv_cells import lines
from devices.models import Agent, Device, HostReport, InventoryChange, Job
from devices.models.rights import Right, may_in
from devices.services import selection
from devices.views.access import PersonRequest, needs_zone_right
from devices.views.device import framed, visible

SHOWN_CHANGES, SHOWN_RECORDS = 50, 100
SHOWN_JOBS = 20


@require_GET
def inventory(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the inventory of a device."""
    device = _device(request, pk)
    report = HostReport.objects.filter(device=device).first()
    reading = AmtInventory.objects.filter(device=device).first()
    context = {
        **framed(request, device),
        "tab": "inventory",
        "agent": Agent.objects.filter(device=device).first(),
        "report": report,
        "reported": report.texts() if report else {},
        "reading": reading,
        "events": _timed(reading.events) if reading else [],
        "audit": _timed(reading.audit) if reading else [],
        "changes": InventoryChange.objects.filter(device=device)[:SHOWN_CHANGES],
        "item": services.last_reading(device),
        "intent": uuid4(),
        "alerts": alerts.shown(device, request.user),
        "may_read": may_in(request.user, Right.READ_STATE, device.folder),
    }
    return render(request, "amt/inventory.html", context)


def _timed(records: list[list[str]]) -> list[list[object]]:
    """Return the newest records of a log, their times as times."""
    return [
        [datetime.fromisoformat(at) if at else None, *rest] for at, *rest in records[:SHOWN_RECORDS]
    ]


@require_http_methods(["GET", "POST"])
@needs_zone_right(Right.CONFIGURE)
def inventories(request: PersonRequest) -> HttpResponse:
    """Show and change when all inventories are read, what is known, and the latest tasks."""
    known = services.known()
    counts = [
        ("Devices set up", known["set_up"]),
        ("Inventory read in the last 7 days", known["fresh"]),
        ("Read longer ago", known["read"] - known["fresh"]),
        ("Never read", known["set_up"] - known["read"]),
    ]
    jobs = Job.objects.filter(kind=Job.Kind.READ_INVENTORY).order_by("-pk")[:SHOWN_JOBS]
    context = {"counts": counts, "jobs": jobs, "intent": uuid4()}
    return plan_page(request, ZonePlan.Task.READ_INVENTORY, "amt/inventory_plan.html", context)


@require_POST
@needs_zone_right(Right.CONFIGURE)
def read_all(request: PersonRequest) -> HttpResponse:
    """Have all inventories read now, and go to the task's page."""
    job = services.read_all(by=request.user, intent=intent_of(request))
    if job is None:
        messages.warning(request, "No device is set up, so there is nothing to read.")
    return redirect(job or "amt:inventories")


@require_POST
def read_device(request: PersonRequest, pk: int) -> HttpResponse:
    """Have the inventory read now."""
    devices = Device.objects.filter(pk=_device(request, pk).pk)
    services.read_inventory(devices=devices, intent=intent_of(request), asked_by=request.user)
    return redirect("amt:inventory", pk)


@require_POST
def read_selected(request: PersonRequest) -> HttpResponse:
    """Have the inventories of the selected devices read, and go to the task's page."""
    devices = selection.resolve(request.user, request.POST)
    job = services.read_inventory(devices=devices, intent=intent_of(request), asked_by=request.user)
    return HttpResponseClientRedirect(job.get_absolute_url()) if request.htmx else redirect(job)


@require_GET
def inventory_json(request: PersonRequest, pk: int) -> HttpResponse:
    """Return all that is known of a device's inside as JSON."""
    device = _device(request, pk)
    text = json.dumps(device_object(device), indent=2, ensure_ascii=False)
    return _file(HttpResponse(text, content_type="application/json"), device, "json")


@require_GET
def inventory_csv(request: PersonRequest, pk: int) -> HttpResponse:
    """Return the facts of a device as CSV: source, section, name, value."""
    device = _device(request, pk)
    text = "".join(lines(["source", "section", "name", "value"], device_rows(device)))
    return _file(HttpResponse(text, content_type="text/csv; charset=utf-8"), device, "csv")


def _device(request: PersonRequest, pk: int) -> Device:
    device: Device = get_object_or_404(visible(request), pk=pk)
    return device


def _file(response: HttpResponse, device: Device, kind: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="inventory-{device.pk}.{kind}"'
    return response
