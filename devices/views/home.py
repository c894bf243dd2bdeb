"""Home: states now, recent tasks, what needs a person; in an empty zone the first steps."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from devices.models.rights import Right, may
from devices.services import overview
from devices.views.access import PersonRequest


@require_GET
def home(request: PersonRequest) -> HttpResponse:
    """Show what is going on; each number is a link to its list."""
    if overview.is_empty() and may(request.user, Right.EDIT):
        return render(request, "devices/first_run.html", {"steps": overview.first_steps()})
    states = overview.states(request.user)
    context = {
        "states": states,
        "tasks": overview.recent_tasks(request.user),
        "needs": overview.needs_a_person(request.user, states),
    }
    template = "devices/_home.html" if request.htmx else "devices/home.html"
    return render(request, template, context)
