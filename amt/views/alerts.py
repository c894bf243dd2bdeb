"""Live alerts: the address that devices send them to, and the buttons that have them sent."""

from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from amt.alerts.sign_in import SignInWanted, challenge
from amt.services import alert_reports, alerts
from amt.views.connection import intent_of
from devices.models import Device, Job
from devices.services import selection
from devices.views.access import PersonRequest
from devices.views.bodies import bounded_body
from devices.views.device import visible

SOAP = "application/soap+xml; charset=UTF-8"


@login_not_required
@csrf_exempt
@require_POST
def event(request: HttpRequest, token: UUID) -> HttpResponse:
    """Take an event of the device that has this address, signed in by digest."""
    said = request.headers.get("Authorization", "")
    body = bounded_body(request, alert_reports.LARGEST)
    if body is None:
        most = f"An event has {alert_reports.LARGEST:,} bytes at most."
        return HttpResponse(most, status=413, content_type="text/plain")
    try:
        ack = alert_reports.take(token, path=request.path, authorization=said, body=body)
    except SignInWanted as wanted:
        asked = {"WWW-Authenticate": challenge(token, is_stale=wanted.is_stale)}
        return HttpResponse(wanted, status=401, headers=asked, content_type="text/plain")
    except alert_reports.AlertRefused as refused:
        return HttpResponse(refused, status=refused.status, content_type="text/plain")
    return HttpResponse(ack, content_type=SOAP)


@require_POST
def subscribe_device(request: PersonRequest, pk: int) -> HttpResponse:
    """Have one device send its events here."""
    return _ask_one(request, pk, alerts.subscribe)


@require_POST
def unsubscribe_device(request: PersonRequest, pk: int) -> HttpResponse:
    """Have one device send its events here no more."""
    return _ask_one(request, pk, alerts.unsubscribe)


@require_POST
def subscribe_selected(request: PersonRequest) -> HttpResponse:
    """Have the selected devices send their events here, and go to the task's page."""
    return _ask_selected(request, alerts.subscribe)


@require_POST
def unsubscribe_selected(request: PersonRequest) -> HttpResponse:
    """Have the selected devices send their events here no more, and go to the task's page."""
    return _ask_selected(request, alerts.unsubscribe)


def _ask_one(request: PersonRequest, pk: int, ask: Callable[..., Job]) -> HttpResponse:
    device = get_object_or_404(visible(request), pk=pk)
    devices = Device.objects.filter(pk=device.pk)
    ask(devices=devices, intent=intent_of(request), asked_by=request.user)
    return redirect("amt:inventory", pk)


def _ask_selected(request: PersonRequest, ask: Callable[..., Job]) -> HttpResponse:
    devices = selection.resolve(request.user, request.POST)
    job = ask(devices=devices, intent=intent_of(request), asked_by=request.user)
    return HttpResponseClientRedirect(job.get_absolute_url()) if request.htmx else redirect(job)
