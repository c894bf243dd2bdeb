"""One device: its page with live state, its tasks; new, edit, move, delete."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from devices.forms.devices import DeviceForm, MoveForm, NewDeviceForm
from devices.models import Device, DeviceQuerySet, Folder, JobItem, Message
from devices.models.rights import Right, may_in
from devices.paging import paginate
from devices.power_groups import poll_seconds
from devices.services import devices as services
from devices.services import selection
from devices.services.access import require
from devices.services.tree import Tree
from devices.views.access import PersonRequest, needs_right_somewhere

QUICK_FOR = timedelta(seconds=60)  # after an order the page looks more often
RECENT = 5
SEEN_TASKS = {"newest": ["pk"]}
NAMED = 20  # devices that a dialog names
INVENTORIED = Q(host_report__isnull=False) | Q(amt_inventory__isnull=False)


def visible(request: PersonRequest) -> DeviceQuerySet:
    """Return the devices that this person may look up."""
    found: DeviceQuerySet = Device.objects.visible_to(request.user).select_related("folder")
    return found


def editable(request: PersonRequest, pk: int) -> Device:
    """Return a device to be changed: 404 if it may not be seen, 403 if only seen."""
    device: Device = get_object_or_404(visible(request), pk=pk)
    require(request.user, Right.EDIT, device.folder)
    return device


@require_GET
def device(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one device: what was seen of it, the last order, what it is."""
    found = get_object_or_404(visible(request), pk=pk)
    return render(request, "devices/device.html", {**framed(request, found), **live(found)})


@require_GET
def device_state(request: PersonRequest, pk: int) -> HttpResponse:
    """Show what was seen and the last order; the device's page asks for it all the time."""
    found = get_object_or_404(visible(request), pk=pk)
    context = {"device": found, "poll_seconds": poll_seconds(), **live(found)}
    return render(request, "devices/_device_state.html", context)


@require_GET
def device_tasks(request: PersonRequest, pk: int) -> HttpResponse:
    """List what was ever asked of this device, newest first."""
    found = get_object_or_404(visible(request), pk=pk)
    lines = JobItem.objects.filter(device=found).select_related("job")
    page = paginate(lines, request.GET, orders=SEEN_TASKS, default="-newest")
    context = {**framed(request, found), "page": page, "tab": "tasks"}
    template = "devices/_device_tasks.html" if request.htmx else "devices/device_tasks.html"
    return render(request, template, context)


def framed(request: PersonRequest, found: Device) -> dict[str, Any]:
    """Return what every tab of a device needs."""
    above = Folder.objects.visible_to(request.user).filter(depth__gt=1)
    way = list(above.filter(path__in=found.folder.ancestor_paths))
    may_edit = may_in(request.user, Right.EDIT, found.folder)
    return {"device": found, "way": way, "may_edit": may_edit, "poll_seconds": poll_seconds()}


def live(found: Device) -> dict[str, Any]:
    """Return the state, the last order, and how soon to ask again."""
    recent = JobItem.objects.filter(device=found).select_related("job", "server").order_by("-id")
    lines = list(recent[:RECENT])
    last = next((line for line in lines if line.job.is_order), None)
    last = last or recent.filter(job__is_order=True).first()
    moving = last and (not last.is_finished or timezone.now() - last.job.created_at < QUICK_FOR)
    return {
        "recent": lines,
        "last_order": last,
        "open_messages": Message.objects.filter(device=found).open().counts_by_severity(),
        "every": 2 if moving or any(not line.is_finished for line in lines) else 5,
    }


@require_http_methods(["GET", "POST"])
@needs_right_somewhere(Right.EDIT)
def device_new(request: PersonRequest) -> HttpResponse:
    """Add a device; the dialog begins with the folder it was opened in."""
    form = NewDeviceForm(request.POST or None, user=request.user, initial=start_folder(request))
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in services.FIELDS}
        folder = form.cleaned_data["folder"]
        try:
            made = services.create_device(folder=folder, asked_by=request.user, **values)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return HttpResponseClientRedirect(made.get_absolute_url())
    context = {"form": form, "place": chosen_folder(request, form)}
    return render(request, "devices/device_new.html", context, status=422 if form.errors else 200)


def start_folder(request: PersonRequest) -> dict[str, Any]:
    """Return the folder that the address names, as a form's first value."""
    asked = request.GET.get("folder", "")
    return {"folder": int(asked)} if asked.isascii() and asked.isdigit() else {}


def chosen_folder(request: PersonRequest, form: Any) -> str:
    """Return the name of the folder that a form holds, as its look-up field shows it."""
    asked = str(form["folder"].value() or "")
    tree = Tree.visible_to(request.user)
    found = (path for path, (pk, _) in tree.folders.items() if str(pk) == asked)
    return next((tree.full_name(path) for path in found), "")


@require_http_methods(["GET", "POST"])
def device_edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Change what people keep of a device."""
    found = editable(request, pk)
    form = DeviceForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        before = visible(request).get(pk=pk)
        try:
            services.change_device(device=before, asked_by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return HttpResponseClientRedirect(back(request, found.get_absolute_url()))
    context = {"form": form, "device": found}
    return render(request, "devices/device_edit.html", context, status=422 if form.errors else 200)


@require_GET
def device_edit_ticked(request: PersonRequest) -> HttpResponse:
    """Open the dialog of the one device that is ticked in a list."""
    chosen = selection.resolve(request.user, request.GET).first()
    if chosen is None:
        raise PermissionDenied("Tick one device that you may see.")
    found = editable(request, chosen.pk)
    context = {"form": DeviceForm(instance=found), "device": found}
    return render(request, "devices/device_edit.html", context)


@require_POST
def devices_delete(request: PersonRequest) -> HttpResponse:
    """Ask, with numbers, whether to delete the devices; then do it."""
    chosen = selection.resolve(request.user, request.POST)
    if "confirmed" in request.POST:
        count = services.delete_devices(devices=chosen, asked_by=request.user)
        messages.info(
            request, f"Deleted: {count:,} devices." if count != 1 else "Deleted: 1 device."
        )
        return HttpResponseClientRedirect(after_delete(request))
    return render(request, "devices/_device_delete.html", told(request, chosen))


@require_POST
def devices_move(request: PersonRequest) -> HttpResponse:
    """Ask for the folder; then move the devices there."""
    chosen = selection.resolve(request.user, request.POST)
    is_sent = "confirmed" in request.POST
    form = MoveForm(request.POST if is_sent else None, user=request.user)
    if is_sent and form.is_valid():
        try:
            folder = form.cleaned_data["folder"]
            services.move_devices(devices=chosen, folder=folder, asked_by=request.user)
        except ValidationError as error:
            form.add_error("folder", error.messages)
        else:
            return HttpResponseClientRedirect(folder.get_absolute_url())
    context = {**told(request, chosen), "form": form, "place": chosen_folder(request, form)}
    return render(request, "devices/_device_move.html", context, status=422 if form.errors else 200)


def told(request: PersonRequest, chosen: DeviceQuerySet) -> dict[str, Any]:
    """Return a selection as a dialog tells it: frozen, counted, the first ones by name."""
    frozen = selection.freeze(chosen)
    count = frozen.count(",") + 1 if frozen else 0
    allowed = chosen.allowed(request.user, Right.EDIT).count()
    return {
        "frozen": frozen,
        "count": count,
        "refused": count - allowed,
        "names": list(chosen.order_by("name").values_list("name", flat=True)[:NAMED]),
        "more": max(0, count - NAMED),
        "set_up": chosen.manageable().count(),
        "overriding": chosen.filter(settings__isnull=False).distinct().count(),
        "inventoried": chosen.filter(INVENTORIED).count(),
        "with_agent": chosen.filter(agent__isnull=False).count(),
        "with_messages": chosen.filter(messages__isnull=False).distinct().count(),
        "next": request.POST.get("next", ""),
    }


def after_delete(request: PersonRequest) -> str:
    """Return where a page of a deleted device sends its reader, or the list it was opened on."""
    asked = request.POST.get("next", "")
    if asked and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return back(request, reverse("devices:devices"))


def back(request: PersonRequest, otherwise: str) -> str:
    """Return the page of the console that a dialog was opened on, or ``otherwise``."""
    path = request.htmx.current_url_abs_path or ""
    return path if path.startswith("/") and not path.startswith("//") else otherwise
