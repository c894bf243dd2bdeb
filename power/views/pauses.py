"""Keep schedules from acting: pause a folder, skip one time, and let them act again."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from devices.models import Device, Folder
from devices.models.rights import Right, may_in
from devices.views.access import PersonRequest
from power.forms.schedules import PauseForm
from power.models import SchedulePause
from power.services import calendar, pauses, skips
from power.views.scopes import folder_of, scope_of


@require_http_methods(["GET", "POST"])
def pause(request: PersonRequest, pk: int) -> HttpResponse:
    """Let all schedules of a folder rest until a time."""
    folder = folder_of(request, pk)
    if not may_in(request.user, Right.CONFIGURE, folder):
        raise PermissionDenied("You may look at the schedules here, not change them.")
    tomorrow = timezone.localdate(timezone=timezone.get_default_timezone()) + timedelta(days=1)
    initial = {"day": tomorrow, "at": "08:00"}
    form = PauseForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            pauses.pause_schedules(
                folder=folder,
                until=form.cleaned_data["until"],
                why=form.cleaned_data["why"],
                asked_by=request.user,
            )
        except ValidationError as error:
            form.add_error("day", error.messages[0])
        else:
            return HttpResponseClientRedirect(_calendar_of(folder))
    known = SchedulePause.objects.in_force().filter(folder=folder).first()
    context = {"form": form, "folder": folder, "known": known}
    context["zone_tz"] = timezone.get_default_timezone_name()
    status = 422 if form.is_bound else 200
    return render(request, "power/pause.html", context, status=status)


@require_POST
def resume(request: PersonRequest, pk: int) -> HttpResponse:
    """End the pause of a folder."""
    folder = folder_of(request, pk)
    if pauses.resume_schedules(folder=folder, asked_by=request.user):
        messages.success(request, f"Schedules of {folder} act again.")
    return redirect(_calendar_of(folder))


@require_POST
def skip(request: PersonRequest) -> HttpResponse:
    """Take one time of a schedule out, or put it back (``back``)."""
    scope = scope_of(request, request.POST)
    event = calendar.find(scope, request.POST.get("event", ""))
    if event is None:
        raise Http404("This time is not on the calendar any more.")
    if "back" in request.POST:
        skips.unskip_time(event=event, asked_by=request.user)
        messages.success(request, "It will happen after all.")
    else:
        skips.skip_time(event=event, asked_by=request.user)
        messages.success(request, "This one is left out; the next happens as planned.")
    return redirect(f"{scope.url}?event={event.key}")


@require_POST
def release(request: PersonRequest, pk: int) -> HttpResponse:
    """Let schedules act again on a device that a person's order holds."""
    devices = Device.objects.visible_to(request.user).select_related("folder")
    device = get_object_or_404(devices, pk=pk)
    pauses.release_device(device=device, asked_by=request.user)
    messages.success(request, f"Schedules act on {device} again.")
    return redirect("power:device_schedules", device.pk)


def _calendar_of(folder: Folder) -> str:
    if folder.is_root():
        return reverse("power:calendar")
    return reverse("power:folder_calendar", args=[folder.pk])
