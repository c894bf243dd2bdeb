"""What Home says of Intel AMT: what ends soon, and what waits for a decision."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from amt.services import certificate_overview, reconciliation
from devices.models.rights import Right, may
from devices.views.access import PersonRequest, needs_zone_right


@require_GET
@needs_zone_right(Right.VIEW)
def notes(request: PersonRequest) -> HttpResponse:
    """Say which certificates end soon and what to decide; nothing if there is nothing to say."""
    run, questions = reconciliation.open_questions()
    context = {
        "soon": [ending for ending in certificate_overview.endings() if ending.row.ends_soon],
        "may_open": may(request.user, Right.CERTIFICATES),
        "run": run,
        "questions": questions,
    }
    return render(request, "amt/_home_notes.html", context)
