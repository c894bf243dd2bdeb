"""The dialogs and buttons of power. No device is ever talked to here."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from devices.models import Device, Job
from devices.models.rights import POWER_RIGHTS, Right, may, may_anywhere
from devices.services import selection as selections
from devices.views.access import PersonRequest
from power.forms.orders import PowerForm
from power.models import Boot, PowerAction, Selection
from power.services import orders, preview, readings, samples


@require_http_methods(["GET", "POST"])
def dialog(request: PersonRequest) -> HttpResponse:
    """Open the dialog: POST freezes the selection, GET shows another action of the same set."""
    if request.method == "POST":
        devices = selections.resolve(request.user, request.POST)
        frozen = preview.freeze(devices, request.user)
        return _dialog(request, frozen, {"action": request.POST.get("action", "")})
    return _dialog(request, _frozen(request, request.GET), request.GET)


@require_POST
def order(request: PersonRequest) -> HttpResponse:
    """Start a power job for the frozen devices and go to its page."""
    frozen = _frozen(request, request.POST)
    previews = preview.preview_all(frozen, send_anyway="send_anyway" in request.POST)
    form = PowerForm(request.POST, previews=previews)
    if job := Job.objects.filter(intent=frozen.intent, asked_by=request.user).first():
        return HttpResponseClientRedirect(job.get_absolute_url())
    if not form.is_valid():
        return _dialog(request, frozen, request.POST, form)
    action, chosen = form.cleaned_data["action"], form.previews[form.cleaned_data["action"]]
    job = orders.order_power(
        devices=frozen.devices.allowed(request.user, action.right),
        action=action,
        intent=frozen.intent,
        asked_by=request.user,
        leave_out=[d.pk for d in chosen.senders if form.cleaned_data["leave_out"]],
        send_anyway=[d.pk for d in chosen.unreadable if chosen.send_anyway],
        boot=form.cleaned_data["boot"],
    )
    return HttpResponseClientRedirect(job.get_absolute_url())


@require_POST
def read_state(request: PersonRequest) -> HttpResponse:
    """Have the power state of the selected devices read, as a task."""
    devices = selections.resolve(request.user, request.POST)
    if not devices.allowed(request.user, Right.READ_STATE).exists():
        raise PermissionDenied("You may not have the power state of these devices read.")
    job = readings.read_power_states(devices=devices, intent=uuid4(), asked_by=request.user)
    return HttpResponseClientRedirect(job.get_absolute_url())


@require_POST
def retry(request: PersonRequest, pk: int) -> HttpResponse:
    """Order again what is safe to order again, and go to the new task.

    Where the number of devices has to be typed (D23), the dialog opens with them instead.
    """
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    intent = _uuid_or_404(request.POST.get("intent", ""))
    devices = orders.devices_to_retry(job, request.user)
    if preview.must_type(PowerAction(job.power_order.action), devices.count()):
        frozen = preview.freeze(devices, request.user)
        known = job.power_order
        answer = _dialog(request, frozen, {"action": known.action, "boot": known.boot})
        return reswap(retarget(answer, "#dialog-body"), "innerHTML")
    again = orders.retry(job=job, intent=intent, asked_by=request.user)
    return HttpResponseClientRedirect(again.get_absolute_url())


@require_GET
def panel(request: PersonRequest, pk: int) -> HttpResponse:
    """Show the power buttons of one device: only those this person may press."""
    device = get_object_or_404(Device.objects.visible_to(request.user), pk=pk)
    one = Device.objects.filter(pk=device.pk)
    actions = [a for a in PowerAction if one.allowed(request.user, a.right).exists()]
    may_read = one.allowed(request.user, Right.READ_STATE).exists()
    context = {"device": device, "actions": actions, "may_read": may_read}
    return render(request, "power/_panel.html", context)


@require_GET
def job_actions(request: PersonRequest, pk: int) -> HttpResponse:
    """Show on a task page what may be done about its lines: retry those that are safe."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    safe = orders.safe_to_retry(job).visible_to(request.user)
    context = {"job": job, "count": safe.count() if job.kind == Job.Kind.POWER else 0}
    may_order = any(may_anywhere(request.user, right) for right in POWER_RIGHTS)
    context |= {"intent": uuid4(), "may": may_order}
    return render(request, "power/_job_actions.html", context)


@require_GET
def chart(request: PersonRequest) -> HttpResponse:
    """Show how many devices of the zone were in which state in the last 24 hours."""
    if not may(request.user, Right.VIEW):  # the counts are those of the whole zone
        return HttpResponse("")
    chart = samples.last_day()
    context = {"chart": chart, "chart_json": json.dumps(chart)}
    return render(request, "power/_chart.html", context)


def _frozen(request: PersonRequest, query: QueryDict) -> Selection:
    try:
        return preview.frozen(_uuid_or_404(query.get("intent", "")), request.user)
    except Selection.DoesNotExist:
        raise Http404("This dialog is too old; open it again.") from None


def _uuid_or_404(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404("There is no such dialog.") from None


def _dialog(
    request: PersonRequest,
    frozen: Selection,
    query: Mapping[str, Any],
    form: PowerForm | None = None,
) -> HttpResponse:
    """Render the dialog; with the errors of ``form`` if it was refused."""
    previews = preview.preview_all(frozen, send_anyway="send_anyway" in query)
    chosen = next((p for p in previews if p.action == query.get("action")), None)
    context = {
        "selection": frozen,
        "total": frozen.devices.count(),
        "previews": previews,
        "chosen": chosen,
        "form": form,
        "leave_out": "leave_out" in query,
        "may_boot": frozen.devices.allowed(request.user, Right.BOOT).exists(),
        "boots": Boot.choices,
        "boot": query.get("boot", ""),
    }
    return render(request, "power/dialog.html", context, status=422 if form else 200)
