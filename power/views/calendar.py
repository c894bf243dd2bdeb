"""The calendar of schedules of zone, folder and device, and the history of one schedule."""

from datetime import date, timedelta
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from devices import origins
from devices.levels import Place
from devices.models import Device, Folder, JobItem
from devices.models.rights import Right, may_in
from devices.paging import paginate
from devices.services.settings import may_configure
from devices.views.access import PersonRequest, needs_right_somewhere
from devices.views.device import framed
from power.models import PowerAction, ScheduledRun, SchedulePause
from power.services import calendar, history, pauses, schedule_lists, timetable
from power.services.timetable import Event, Scope
from power.views.scopes import folder_of

RUNS = {"time": ["starts_at", "pk"]}


@require_GET
@needs_right_somewhere(Right.VIEW)
def zone_calendar(request: PersonRequest) -> HttpResponse:
    """Show what every schedule did and will do."""
    return _calendar(request, Scope(request.user))


@require_GET
def folder_calendar(request: PersonRequest, pk: int) -> HttpResponse:
    """Show what schedules did and will do to the devices of a folder and below."""
    folder = folder_of(request, pk)
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
        "events": [event for day in days for event in day.events],
        "hidden": sum(day.hidden for day in days),
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
    low, high = today - calendar.FARTHEST, today + calendar.FARTHEST
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
