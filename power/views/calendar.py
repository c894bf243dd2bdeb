"""The calendar of schedules: week and list, export, feed, pause, skip; the history of one."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from devices import csv_cells, origins
from devices.levels import Place
from devices.models import Device, Folder, JobItem
from devices.models.rights import Right, may_in
from devices.paging import paginate
from devices.services.settings import may_configure
from devices.views.access import PersonRequest, needs_right_somewhere
from devices.views.device import framed
from power.forms.schedules import PauseForm
from power.models import CalendarFeed, PowerAction, ScheduledRun, SchedulePause
from power.services import calendar, feeds, history, pauses, schedule_lists, skips, timetable
from power.services.rehearsal import device_lines
from power.services.timetable import Event, Scope

EXPORT_DAYS = (1, 7, 31)  # that an export may reach
RUNS = {"time": ["starts_at", "pk"]}


@require_GET
@needs_right_somewhere(Right.VIEW)
def zone_calendar(request: PersonRequest) -> HttpResponse:
    """Show what every schedule did and will do."""
    return _calendar(request, Scope(request.user))


@require_GET
def folder_calendar(request: PersonRequest, pk: int) -> HttpResponse:
    """Show what schedules did and will do to the devices of a folder and below."""
    folder = _folder(request, pk)
    if folder.is_root():
        return redirect("power:calendar")
    return _calendar(request, Scope(request.user, folder))


@require_GET
def device_schedules(request: PersonRequest, pk: int) -> HttpResponse:
    """Show which schedules count for a device and why, what comes next and what was."""
    devices = Device.objects.visible_to(request.user).select_related("folder")
    device = get_object_or_404(devices, pk=pk)
    scope = Scope(request.user, device=device)
    now = timezone.now()
    begin, end = now - timedelta(days=calendar.DAYS), now + timedelta(days=calendar.DAYS)
    found = calendar.thinned(timetable.events(scope, begin, end))
    rows = scope.rows
    context = framed(request, device) | {
        "tab": "schedules",
        "origin": rows[0] if rows else None,
        "origin_url": timetable.settings_url(rows[0]) if rows else "",
        "names": origins.folder_names(Place(device=device)),
        "lines": schedule_lists.of_setting(rows[0], now) if rows else [],
        "coming": [event for event in found if event.is_future],
        "past": [event for event in reversed(found) if not event.is_future],
        "items": _items(device, found),
        "held": device.held_until is not None and device.held_until > now,
        "rests": [rest for rest in pauses.in_force() if device.folder_id in rest.folders],
        "may_change": may_in(request.user, Right.CONFIGURE, device.folder),
    }
    return render(request, "power/device_schedules.html", context)


def _items(device: Device, found: list[Event]) -> dict[int, JobItem]:
    """Return the device's line in the task of each run, by the task."""
    jobs = [event.run.job_id for event in found if event.run and event.run.job_id]
    items = JobItem.objects.filter(device=device, job__in=jobs).select_related("job", "server")
    return {item.job_id: item for item in items}


def _calendar(request: PersonRequest, scope: Scope) -> HttpResponse:
    today = timezone.localdate()
    monday = _monday(request.GET.get("week", ""), today)
    view = "list" if request.GET.get("view") == "list" else "week"
    chosen = calendar.find(scope, request.GET["event"]) if request.GET.get("event") else None
    if chosen and "week" not in request.GET:
        monday = chosen.day - timedelta(days=chosen.day.weekday())
    days = calendar.week(scope, monday)
    place, root = scope.place, Folder.objects.get(depth=1)
    context = {
        "scope": scope,
        "folder": scope.folder,
        "days": days,
        "events": [event for _, found in days for event in found],
        "view": view,
        "today": today,
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "chosen": chosen,
        "may_change_chosen": bool(chosen and _may_change(request, chosen)),
        "missed_event": bool(request.GET.get("event")) and chosen is None,
        "clock_days": _clock_days(monday),
        "folders": _folders(request),
        "pauses": _pauses(request, scope),
        "may_pause": may_configure(request.user, place),
        "root": root,
        "may_feed": may_in(request.user, Right.VIEW, scope.folder or root),
        "has_schedules": bool(scope.rows),
    }
    return render(request, "power/calendar.html", context)


def _monday(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        day = today
    low, high = today - timedelta(days=3660), today + timedelta(days=3660)
    day = min(max(day, low), high)
    return day - timedelta(days=day.weekday())


def _clock_days(monday: date) -> dict[date, str]:
    """Return the days of a week on which the reader's clocks change, and which way."""
    found = {}
    for day in (monday + timedelta(days=n) for n in range(calendar.DAYS)):
        begin, end = calendar.span(day, 1)
        if shift := (end.utcoffset() or timedelta()) - (begin.utcoffset() or timedelta()):
            found[day] = "forward" if shift > timedelta(0) else "back"
    return found


def _folders(request: PersonRequest) -> list[tuple[str, str]]:
    """Return the folders to choose a calendar of: those near the top that may be seen."""
    folders = list(Folder.objects.visible_to(request.user).filter(depth__gt=1, depth__lte=3)[:60])
    names = origins.full_names(folders)
    return [(reverse("power:folder_calendar", args=[f.pk]), names[f.path]) for f in folders]


def _pauses(request: PersonRequest, scope: Scope) -> list[SchedulePause]:
    """Return the pauses that touch a scope: of its folders, and of those above it."""
    found = SchedulePause.objects.in_force().select_related("folder")
    visible = found.filter(folder__in=Folder.objects.visible_to(request.user))
    nearest = scope.place.nearest_folder
    return [
        pause
        for pause in visible
        if nearest is None
        or pause.folder.path.startswith(nearest.path)
        or nearest.path.startswith(pause.folder.path)
    ]


def _may_change(request: PersonRequest, event: Event) -> bool:
    row = event.setting or event.run
    return row is not None and may_configure(request.user, Place(row.folder, row.device))


def _folder(request: PersonRequest, pk: int) -> Folder:
    folder: Folder = get_object_or_404(Folder.objects.visible_to(request.user), pk=pk)
    return folder


def _scope(request: PersonRequest, data: Any) -> Scope:
    """Return the scope that ``device`` or ``folder`` of an address or a form names."""
    if device := data.get("device"):
        found = Device.objects.visible_to(request.user).select_related("folder")
        return Scope(request.user, device=get_object_or_404(found, pk=_pk(device)))
    if folder := data.get("folder"):
        return Scope(request.user, _folder(request, _pk(folder)))
    return Scope(request.user)


def _pk(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404("There is no such place.")
    return int(text)


# Export and feed

COLUMNS = ("starts", "ends", "action", "device", "folder", "set at", "schedule", "will", "why")


@require_GET
@needs_right_somewhere(Right.VIEW)
def calendar_csv(request: PersonRequest) -> StreamingHttpResponse:
    """Give what will happen to each device in the next days, and why."""
    scope = _scope(request, request.GET)
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
    folder = _folder(request, pk)
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


# Pause, skip, release


@require_http_methods(["GET", "POST"])
def pause(request: PersonRequest, pk: int) -> HttpResponse:
    """Let all schedules of a folder rest until a time."""
    folder = _folder(request, pk)
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
    folder = _folder(request, pk)
    if pauses.resume_schedules(folder=folder, asked_by=request.user):
        messages.success(request, f"Schedules of {folder} act again.")
    return redirect(_calendar_of(folder))


@require_POST
def skip(request: PersonRequest) -> HttpResponse:
    """Take one time of a schedule out, or put it back (``back``)."""
    scope = _scope(request, request.POST)
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


# One schedule


@require_GET
def schedule(request: PersonRequest, entry: UUID) -> HttpResponse:
    """Show one schedule: what it says, when it comes, how its runs went, who failed last."""
    found = ScheduledRun.objects.visible_to(request.user).filter(entry=entry)
    planned = history.planned(entry)
    if planned and not timetable.is_visible(planned[0].setting, request.user):
        planned = None
    latest = list(found.select_related("job")[: history.LOOKED_BACK])
    if not planned and not latest:
        raise Http404("There is no such schedule.")
    page = paginate(found.select_related("job"), request.GET, orders=RUNS, default="-time")
    counts = history.counts_of([*latest, *page.rows], request.user)
    for run in page.rows:
        run.counts = counts.get(run.job_id or 0, {})
    setting = planned[0].setting if planned else None
    plan = planned[1] if planned else None
    context = {
        "entry": entry,
        "plan": plan,
        "last_run": latest[0] if latest else None,
        "action": plan.action if plan else PowerAction(latest[0].action),
        "sentence": plan.sentence if plan else latest[0].sentence,
        "place": timetable.full_names([setting])[setting.pk] if setting else latest[0].place_name,
        "settings_url": timetable.settings_url(setting) if setting else "",
        "upcoming": schedule_lists.upcoming(plan, timezone.now()) if plan and plan.comes else [],
        "rate": history.rate(latest, counts),
        "failures": history.failures(entry, request.user),
        "page": page,
    }
    template = "power/_schedule_runs.html" if request.htmx else "power/schedule.html"
    return render(request, template, context)
