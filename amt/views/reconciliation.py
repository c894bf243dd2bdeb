"""Out-of-band Inventory Reconciliation: schedule, Start Now, runs and what is to be decided."""

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Count, F
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from amt.models import ReconciliationDecision, ReconciliationLine, ReconciliationRun, ZonePlan
from amt.services import reconciliation as reconciling
from amt.views.plans import plan_page
from devices import paging
from devices.models.rights import Right, may
from devices.services.selection import numbers
from devices.views.access import PersonRequest, needs_zone_right

SHOWN_RUNS = 20
DECIDED = {"decided": ("decided_at",)}
MOST_LINES = 10_000  # decided at once, one by one
ORDERS = {"line": ("id",)}


@require_http_methods(["GET", "POST"])
@needs_zone_right(Right.CONFIGURE)
def reconciliation(request: PersonRequest) -> HttpResponse:
    """Show and change when to reconcile, and list the latest runs."""
    decisions = ReconciliationDecision.objects.select_related("discovered", "device")
    context = {
        "runs": ReconciliationRun.objects.all()[:SHOWN_RUNS],
        "page": paging.paginate(decisions, request.GET, orders=DECIDED, default="-decided"),
    }
    return plan_page(request, ZonePlan.Task.RECONCILE, "amt/reconciliation.html", context)


@require_POST
@needs_zone_right(Right.CONFIGURE)
def start(request: PersonRequest) -> HttpResponse:
    """Reconcile now (S93), and go to the run's page."""
    return redirect(reconciling.start(by=request.user))


@require_GET
@needs_zone_right(Right.VIEW)
def run(request: PersonRequest, pk: int) -> HttpResponse:
    """Show what a run found, one kind at a time; it shows itself anew while it runs."""
    found = get_object_or_404(ReconciliationRun, pk=pk)
    about = Coalesce(F("discovered"), -F("device"))  # several lines may ask about one
    counted = found.lines.order_by().values_list("kind").annotate(n=Count(about, distinct=True))
    counts = dict(counted)
    kinds = [(kind, counts.get(kind.value, 0)) for kind in ReconciliationLine.Kind]
    present = [kind.value for kind, number in kinds if number]
    chosen = request.GET.get("kind", "")
    if chosen not in ReconciliationLine.Kind.values:
        chosen = present[0] if present else ReconciliationLine.Kind.CONFLICT
    lines = found.lines.filter(kind=chosen).select_related("discovered", "device")
    page = paging.paginate(lines, request.GET, orders=ORDERS, default="line")
    decided = _decided(page.rows)
    may_decide = may(request.user, Right.CONFIGURE)
    context = {
        "run": found,
        "kinds": kinds,
        "chosen": chosen,
        "page": page,
        "rows": [(line, decided.get(line.pk)) for line in page.rows],
        "may_decide": may_decide,
        "asks": may_decide and chosen == ReconciliationLine.Kind.CONFLICT,
    }
    return render(request, "amt/reconciliation_run.html", context)


def _decided(lines: list[ReconciliationLine]) -> dict[int, ReconciliationDecision]:
    """Return what was decided of the pairs of ``lines``, by the line's key."""
    pairs = {(line.discovered_id, line.device_id): line.pk for line in lines}
    found = ReconciliationDecision.objects.filter(discovered__in=[pair[0] for pair in pairs])
    told = {(one.discovered_id, one.device_id): one for one in found}
    return {pk: told[pair] for pair, pk in pairs.items() if pair in told}


@require_POST
@needs_zone_right(Right.CONFIGURE)
def decide(request: PersonRequest, pk: int) -> HttpResponse:
    """Keep that the two of each ticked line are one PC, or are not."""
    found = get_object_or_404(ReconciliationRun, pk=pk)
    lines = found.lines.select_related("discovered", "device")
    if "all" in request.POST:
        lines = lines.filter(kind=ReconciliationLine.Kind.CONFLICT)
    else:
        lines = lines.filter(pk__in=numbers(request.POST.getlist("pk"), MOST_LINES))
    said = request.POST.get("same")
    if said not in ("0", "1"):
        raise BadRequest("Say whether the two of each line are the same PC.")
    try:
        count = reconciling.decide(lines=lines, is_same=said == "1", by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        told = f"Kept what you say of {count:,} line{'s' * (count > 1)}."
        messages.success(request, f"{told} The next run does it; Start Now does not wait.")
    answer = HttpResponseClientRedirect(found.get_absolute_url())
    return trigger_client_event(answer, "zcc:clear-selection")


@require_POST
@needs_zone_right(Right.CONFIGURE)
def take_back(request: PersonRequest, pk: int) -> HttpResponse:
    """Forget what was said of a pair."""
    decision = get_object_or_404(
        ReconciliationDecision.objects.select_related("discovered", "device"), pk=pk
    )
    reconciling.take_back(decision=decision, by=request.user)
    messages.success(request, "Taken back. The next run compares the two anew.")
    return redirect("amt:reconciliation")
