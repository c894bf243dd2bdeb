"""Power Management Settings: the list of schedules and the Schedule Editor. Nothing is saved here.

The list lives in a hidden field of the page of settings; OK or Apply there saves it.
"""

from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from devices import levels
from devices.levels import Place
from devices.models import Device, Folder
from devices.services.settings import may_configure
from devices.views.access import PersonRequest
from power.forms.schedules import EntryForm
from power.levels import POWER_SCHEDULES, VERIFY_SECONDS
from power.models import PowerAction
from power.schedule_entries import MOST_ENTRIES, Entry, read_json
from power.services import schedule_lists

LIST = POWER_SCHEDULES.slug


@require_POST
def schedule_list(request: PersonRequest) -> HttpResponse:
    """Draw a list again, with one line moved, switched or taken out: ``act`` and ``number``."""
    place = _place(request)
    is_locked = request.POST.get(f"{LIST}-set") != "1" or not may_configure(request.user, place)
    entries = _entries(request.POST)
    if not is_locked:
        entries = _changed(entries, request.POST.get("act", ""), request.POST.get("number", ""))
    return _list(request, entries, place, is_locked=is_locked)


@require_POST
def schedule_editor(request: PersonRequest) -> HttpResponse:
    """Open the editor, show what its fields mean, or take its entry into the list (``ok``)."""
    place = _place(request)
    if not may_configure(request.user, place):
        raise PermissionDenied("You may look at the schedules here, not change them.")
    entries, number = _entries(request.POST), _number(request.POST.get("number", ""))
    known = entries[number] if number is not None and number < len(entries) else None
    action = known.action if known else _action(request.POST)
    verify = _verify_seconds(place)
    if "open" in request.POST:
        form = EntryForm.showing(known or schedule_lists.new_entry(action), verify)
        return _editor(request, form, place, known or schedule_lists.new_entry(action))
    form = EntryForm(
        request.POST, action=action, verify_seconds=verify, entry_id=known.id if known else None
    )
    is_good = form.is_valid()
    entry = form.entry(known.is_enabled if known else True) if is_good else None
    if "preview" in request.POST or "ok" not in request.POST or entry is None:
        return _editor(request, form, place, entry)
    at = len(entries) if known is None or number is None else number
    entries[at : at + 1] = [entry]
    return _list(request, entries, place, is_locked=False, closes=True)


def _list(
    request: PersonRequest,
    entries: list[Entry],
    place: Place,
    *,
    is_locked: bool,
    closes: bool = False,
) -> HttpResponse:
    context = schedule_lists.shown(schedule_lists.to_json(entries), place, is_locked=is_locked)
    answer = render(request, "power/_schedules_list.html", context)
    answer = reswap(retarget(answer, "#schedules-list"), "outerHTML")
    return trigger_client_event(answer, "zcc:close", {}) if closes else answer


def _editor(
    request: PersonRequest, form: EntryForm, place: Place, entry: Entry | None
) -> HttpResponse:
    now = timezone.now()
    context: dict[str, Any] = {
        "form": form,
        "entry": entry,
        "place": place,
        "action": form.action,
        "number": request.POST.get("number", ""),
        "list": request.POST.get(LIST, "[]"),
    }
    if entry:
        context |= {
            "upcoming": schedule_lists.upcoming(entry, now),
            "clock_notes": schedule_lists.clock_notes(entry, now),
            "reached": schedule_lists.reached(place),
            "deaf": schedule_lists.deaf(place, form.action),
            "senders": schedule_lists.senders(place) if schedule_lists.takes_down([entry]) else [],
        }
    if "preview" in request.POST:
        return render(request, "power/_schedule_preview.html", context)
    status = 422 if "ok" in request.POST else 200
    return render(request, "power/schedule_editor.html", context, status=status)


def _place(request: PersonRequest) -> Place:
    """Return the place that a page of settings is about: ``device``, ``folder`` or the zone."""
    if device := request.POST.get("device"):
        devices = Device.objects.visible_to(request.user).select_related("folder")
        return Place(device=get_object_or_404(devices, pk=_pk(device)))
    if folder := request.POST.get("folder"):
        folders = Folder.objects.visible_to(request.user)
        return Place(get_object_or_404(folders, pk=_pk(folder)))
    return Place()


def _pk(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404("There is no such place.")
    return int(text)


def _entries(data: QueryDict) -> list[Entry]:
    try:
        return read_json(data.get(LIST, "[]"))
    except ValidationError:
        raise Http404("This list of schedules could not be read; reload the page.") from None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def _action(data: QueryDict) -> PowerAction:
    try:
        return PowerAction(data.get("action", ""))
    except ValueError:
        raise Http404("There is no such power state.") from None


def _verify_seconds(place: Place) -> int:
    return int(levels.at(place, [VERIFY_SECONDS])[VERIFY_SECONDS.name].value)


def _changed(entries: list[Entry], act: str, text: str) -> list[Entry]:
    """Return the list after what a button of one of its lines does."""
    number = _number(text)
    if number is None or number >= len(entries):
        return entries
    entry = entries[number]
    match act:
        case "delete":
            entries.pop(number)
        case "switch":
            entries[number] = replace(entry, is_enabled=not entry.is_enabled)
        case "copy" if len(entries) < MOST_ENTRIES:
            entries.insert(number + 1, replace(entry, id=None))
        case "up" if number:
            entries.insert(number - 1, entries.pop(number))
        case "down":
            entries.insert(number + 1, entries.pop(number))
    return entries
