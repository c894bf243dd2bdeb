"""*Test connection*: start it, and show how far it is."""

from uuid import UUID, uuid4

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, HttpResponseStopPolling

from amt.services.connection import last_test, test_connection
from devices.models import Device
from devices.services import selection
from devices.views.access import PersonRequest


@require_POST
def test(request: PersonRequest) -> HttpResponse:
    """Start a test of the selected devices and go to its task page."""
    devices = selection.resolve(request.user, request.POST)
    job = test_connection(devices=devices, intent=intent_of(request), asked_by=request.user)
    return HttpResponseClientRedirect(job.get_absolute_url()) if request.htmx else redirect(job)


@require_POST
def test_device(request: PersonRequest, pk: int) -> HttpResponse:
    """Start a test of one device; its settings page shows what comes of it."""
    device = get_object_or_404(Device.objects.visible_to(request.user), pk=pk)
    devices = Device.objects.filter(pk=device.pk)
    test_connection(devices=devices, intent=intent_of(request), asked_by=request.user)
    if not request.htmx:
        return redirect("amt:settings", device.pk)
    return _shown(request, device)


@require_GET
def test_result(request: PersonRequest, pk: int) -> HttpResponse:
    """Show how far the newest test of a device is; the page asks again until it is finished."""
    return _shown(request, get_object_or_404(Device.objects.visible_to(request.user), pk=pk))


def _shown(request: PersonRequest, device: Device) -> HttpResponse:
    item = last_test(device)
    context = {"item": item, "device": device}
    stop = request.method == "GET" and (item is None or item.is_finished)
    response = render(request, "amt/_connection_test.html", context)
    return HttpResponseStopPolling(response.content) if stop else response


def intent_of(request: PersonRequest) -> UUID:
    """Return the number of the click, so that a double one is one task (D21)."""
    text = request.POST.get("intent", "")
    try:
        return UUID(text) if text else uuid4()
    except ValueError:
        raise BadRequest("The number of the click is none.") from None
