"""Discovery tasks and their runs; Rediscover and Add to managed devices."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from amt.forms.discovery import DiscoveryTaskForm
from amt.models import DiscoveryRun, DiscoveryTask
from amt.services import discovered_selection, discovery_tasks, managing, plans
from amt.views.provisioning import first_folder
from devices import schedule_words
from devices.forms.devices import InFolderForm
from devices.models.rights import Right, may
from devices.schedules import Rule
from devices.views.access import PersonRequest, needs_zone_right
from devices.views.device import chosen_folder

SHOWN_RUNS = 20


@require_GET
@needs_zone_right(Right.VIEW)
def tasks(request: PersonRequest) -> HttpResponse:
    """List the discovery tasks, each with its last run, and the latest runs."""
    newest = DiscoveryRun.objects.filter(task=OuterRef("pk")).order_by("-pk")
    found = DiscoveryTask.objects.select_related("server").annotate(
        last_run=Subquery(newest.values("pk")[:1])
    )
    rows = list(found)
    runs = DiscoveryRun.objects.in_bulk([row.last_run for row in rows if row.last_run])
    context = {
        "rows": [(row, runs.get(row.last_run), _when(row)) for row in rows],
        "runs": DiscoveryRun.objects.select_related("server")[:SHOWN_RUNS],
        "may_edit": may(request.user, Right.EDIT),
    }
    return render(request, "amt/discovery_tasks.html", context)


def _when(task: DiscoveryTask) -> str:
    rule = Rule.from_json(task.rule)
    return schedule_words.sentence(rule, timezone.get_default_timezone())


@require_http_methods(["GET", "POST"])
@needs_zone_right(Right.EDIT)
def new_task(request: PersonRequest) -> HttpResponse:
    """Make a discovery task."""
    return _editor(request, DiscoveryTask())


@require_http_methods(["GET", "POST"])
@needs_zone_right(Right.EDIT)
def task(request: PersonRequest, pk: int) -> HttpResponse:
    """Change a discovery task."""
    return _editor(request, get_object_or_404(DiscoveryTask, pk=pk))


def _editor(request: PersonRequest, kept: DiscoveryTask) -> HttpResponse:
    rule = Rule.from_json(kept.rule)
    if request.method == "POST":
        form = DiscoveryTaskForm(request.POST)
        if form.is_valid() and _saved(request, kept, form):
            messages.success(request, f"Saved: discovery task {kept}.")
            if "run" in request.POST:
                return redirect(discovery_tasks.run_now(task=kept, by=request.user))
            return redirect("amt:discovery_tasks")
    else:
        shown = DiscoveryTaskForm.initial_for(kept) if kept.pk else {}
        form = DiscoveryTaskForm(initial=DiscoveryTaskForm.initial_of(rule) | shown)
        form.show(rule)
    missed = plans.last_missed(kept) if kept.pk else None
    context = {"form": form, "task": kept if kept.pk else None, "missed": missed}
    status = 422 if form.errors else 200
    return render(request, "amt/discovery_task.html", context, status=status)


def _saved(request: PersonRequest, kept: DiscoveryTask, form: DiscoveryTaskForm) -> bool:
    for name, value in form.values().items():
        setattr(kept, name, value)
    try:
        discovery_tasks.save_task(task=kept, rule=form.cleaned_data["rule"], by=request.user)
    except ValidationError as error:
        form.refuse(error)
        return False
    return True


@require_POST
@needs_zone_right(Right.EDIT)
def delete_task(request: PersonRequest, pk: int) -> HttpResponse:
    """Delete a discovery task; what it found stays."""
    kept = get_object_or_404(DiscoveryTask, pk=pk)
    discovery_tasks.delete_task(task=kept, by=request.user)
    messages.success(request, f"Deleted: discovery task {kept}.")
    return redirect("amt:discovery_tasks")


@require_POST
@needs_zone_right(Right.EDIT)
def run_task(request: PersonRequest, pk: int) -> HttpResponse:
    """Run a task now and go to its page."""
    kept = get_object_or_404(DiscoveryTask, pk=pk)
    try:
        return redirect(discovery_tasks.run_now(task=kept, by=request.user))
    except ValidationError as error:  # the rules for addresses have changed since it was saved
        messages.error(request, " ".join(error.messages))
        return redirect("amt:discovery_tasks")


@require_GET
@needs_zone_right(Right.VIEW)
def run(request: PersonRequest, pk: int) -> HttpResponse:
    """Show how far a run is; it shows itself anew while it runs."""
    found = get_object_or_404(DiscoveryRun.objects.select_related("server", "task"), pk=pk)
    context = {"run": found, "may_edit": may(request.user, Right.EDIT)}
    template = "amt/_discovery_run.html" if request.htmx else "amt/discovery_run.html"
    return render(request, template, context)


@require_POST
@needs_zone_right(Right.EDIT)
def stop_run(request: PersonRequest, pk: int) -> HttpResponse:
    """End a run where it stands."""
    found = get_object_or_404(DiscoveryRun, pk=pk)
    discovery_tasks.stop(run=found, by=request.user)
    return redirect(found)


@require_POST
@needs_zone_right(Right.EDIT)
def rediscover(request: PersonRequest) -> HttpResponse:
    """Look at the chosen entries again, now."""
    rows = discovered_selection.resolve(request.user, request.POST).select_related("server")
    try:
        begun = discovery_tasks.rediscover(rows=list(rows), by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseClientRedirect(reverse("amt:discovered"))
    return HttpResponseClientRedirect(begun.get_absolute_url())


@require_POST
@needs_zone_right(Right.EDIT)
def add_discovered(request: PersonRequest) -> HttpResponse:
    """Ask for the folder, then make managed devices of the chosen entries."""
    found = discovered_selection.resolve(request.user, request.POST)
    rows = list(found.filter(device=None))
    is_sent = "folder" in request.POST
    form = InFolderForm(
        request.POST if is_sent else None, user=request.user, initial={"folder": first_folder().pk}
    )
    if is_sent and form.is_valid():
        folder = form.cleaned_data["folder"]
        made = managing.add_to_managed(rows=rows, folder=folder, by=request.user)
        word = "1 device" if len(made) == 1 else f"{len(made):,} devices"
        messages.success(request, f"Added: {word}.")
        return HttpResponseClientRedirect(folder.get_absolute_url())
    context: dict[str, Any] = {
        "form": form,
        "rows": rows,
        "frozen": discovered_selection.freeze(rows),
        "managed": found.exclude(device=None).count(),
        "place": chosen_folder(request, form),
    }
    return render(request, "amt/add_discovered.html", context, status=422 if form.errors else 200)
