"""Schedules for other programs: what will happen per device as CSV, and the iCalendar feed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from devices import csv_cells, origins
from devices.models.rights import Right
from devices.views.access import PersonRequest, needs_right_somewhere
from power.models import CalendarFeed, PowerAction
from power.services import calendar, feeds, timetable
from power.services.rehearsal import device_lines
from power.services.timetable import Event, Scope
from power.views.scopes import folder_of, scope_of

EXPORT_DAYS = (1, 7, 31)  # that an export may reach
COLUMNS = ("starts", "ends", "action", "device", "folder", "set at", "schedule", "will", "why")


@require_GET
@needs_right_somewhere(Right.VIEW)
def calendar_csv(request: PersonRequest) -> StreamingHttpResponse:
    """Give what will happen to each device in the next days, and why."""
    scope = scope_of(request, request.GET)
    days = request.GET.get("days", "7")
    reach = int(days) if days in map(str, EXPORT_DAYS) else calendar.DAYS
    now = timezone.now()
    found = timetable.events(scope, now, now + timedelta(days=reach))
    lines = csv_cells.lines(COLUMNS, _rehearsal_rows(scope, found))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="schedules.csv"'
    return answer


def _rehearsal_rows(scope: Scope, found: list[Event]) -> Iterator[list[str]]:
    names: dict[str, str] = {}
    for event, device, why in device_lines(scope, found):
        path = device.folder.path
        if path not in names:
            names |= origins.full_names([device.folder])
        yield [
            _iso(event.time.starts_at),
            _iso(event.time.ends_at),
            PowerAction(event.action).label,
            device.name,
            names.get(path, "/"),
            event.place,
            event.sentence,
            "skip" if why else "order",
            why,
        ]


def _iso(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="minutes")


@require_http_methods(["GET", "POST"])
def calendar_feed(request: PersonRequest, pk: int) -> HttpResponse:
    """Explain the feed of a folder; POST makes a new address, shown once, or ends it."""
    folder = folder_of(request, pk)
    context: dict[str, Any] = {"folder": folder}
    if request.method == "POST" and "end" in request.POST:
        feeds.end_feed(folder=folder, asked_by=request.user)
    elif request.method == "POST":
        token = feeds.make_feed(folder=folder, asked_by=request.user)
        path = reverse("power:calendar_ics", args=[token])
        context["address"] = request.build_absolute_uri(path)
    own = CalendarFeed.objects.filter(user=request.user, folder=folder)
    return render(request, "power/calendar_feed.html", context | {"feed": own.first()})


@require_GET
@login_not_required
def calendar_ics(request: HttpRequest, token: str) -> HttpResponse:
    """Give a feed to whoever has its address: the schedules that its person may see."""
    feed = feeds.feed_of(token)
    if feed is None:
        raise Http404("There is no such feed. It may have been ended or made anew.")
    scope = Scope(feed.user, None if feed.folder.is_root() else feed.folder)
    base = request.build_absolute_uri(scope.url)
    body = feeds.icalendar(scope, f"Schedules of {feed.folder}", base)
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    return answer
