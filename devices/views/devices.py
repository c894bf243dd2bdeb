"""The list of devices: of the zone, of a folder, its live states, its menus and its CSV."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from devices import csv_cells
from devices.models import Device, Folder, User
from devices.models.rights import POWER_RIGHTS, Right, may, may_anywhere, may_in
from devices.paging import COUNTED, changed, count, paginate
from devices.power_groups import poll_seconds
from devices.services import columns, selection
from devices.services.columns import Column
from devices.services.export import COLUMNS, rows
from devices.services.listing import Listing
from devices.services.quick_tasks import reach
from devices.services.tree import Tree
from devices.views.access import PersonRequest


@require_GET
def devices(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """List the devices of the zone or of a folder; a search or a filter gets only the list."""
    visible = Folder.objects.visible_to(request.user)
    folder = get_object_or_404(visible, pk=pk) if pk else None
    context = listed(request, Listing.read(request.GET, folder, request.user))
    if request.htmx:
        return render(request, "devices/_list.html", context)
    tree = Tree.visible_to(request.user)
    inside = tree.count(folder)
    context |= {
        "tree": tree.around(folder),
        "sees_servers": may(request.user, Right.VIEW),
        "way": tree.way_to(folder) if folder else [],
        "count_text": f"{inside:,} device{'' if inside == 1 else 's'}",
    }
    return render(request, "devices/list.html", context)


def listed(request: PersonRequest, asked: Listing) -> dict[str, Any]:
    """Return what the list's panel needs."""
    user, query, poll = request.user, request.GET, poll_seconds()
    found = asked.apply(Device.objects.visible_to(user), poll)
    shown = columns.chosen(user, with_folder=bool(asked.q))
    sorted_by = columns.prepared(found, query.get("sort", ""), shown)
    page = paginate(sorted_by, query, orders=columns.ORDERS, default="name")
    kept = [(name, query[name]) for name in ("sort", "size") if query.get(name)]
    return {
        "listing": asked,
        "folder": asked.folder,
        "page": page,
        "columns": shown,
        "show": {column.name: True for column in shown},
        "heads": heads(query, page.sort, shown),
        "all_columns": columns.COLUMNS.values(),
        "chips": asked.chips(),
        "filters": asked.choices(),
        "hidden_sort": kept,
        "hidden_words": [*kept, *((n, w) for n, w in asked.pairs if n != "q")],
        "poll_seconds": poll,
        **rights(user, asked.folder),
        "elsewhere": 0 if page.rows else elsewhere(user, asked, poll),
    }


def heads(query: QueryDict, sort: str, shown: list[Column]) -> list[tuple[Column, str, str]]:
    """Return each column with the query that sorts by it, and how it is sorted now."""
    found = []
    for column in shown:
        other = f"-{column.name}" if sort == column.name else column.name
        now = {column.name: "ascending", f"-{column.name}": "descending"}.get(sort, "")
        found.append((column, changed(query, sort=other).urlencode(), now))
    return found


def rights(user: User, folder: Folder | None) -> dict[str, Any]:
    """Return what the toolbar may offer, and the folder that new things go to."""
    may_edit = may_in(user, Right.EDIT, folder) if folder else may_anywhere(user, Right.EDIT)
    parent = folder if folder or not may_edit else Folder.objects.allowed(user, Right.EDIT).first()
    ordering = [*POWER_RIGHTS, Right.READ_STATE]
    may_order = any(may_anywhere(user, right) for right in ordering)
    return {"may_edit": may_edit, "parent": parent, "may_order": may_order}


def elsewhere(user: User, asked: Listing, poll: int) -> str:
    """Return how many devices of the whole zone match what none in this folder matches."""
    if not asked.folder or not asked.is_filtered:
        return ""
    everywhere = replace(asked, folder=None, here="")
    total = count(everywhere.apply(Device.objects.visible_to(user), poll))
    return f"more than {COUNTED:,}" if total > COUNTED else f"{total:,}" if total else ""


@require_GET
def states(request: PersonRequest) -> HttpResponse:
    """Show the power of the rows that a page has; never another row, never another order."""
    asked = request.GET.get("ids", "")
    shown = selection.resolve(request.user, QueryDict(f"frozen={asked}"))[:100]
    context = {"devices": shown, "poll_seconds": poll_seconds()}
    return render(request, "devices/_list_states.html", context)


@require_POST
def quick_tasks(request: PersonRequest) -> HttpResponse:
    """Show the Quick Tasks menu: how many of the selection each entry reaches, and who not."""
    chosen = selection.resolve(request.user, request.POST)
    context = {"reach": reach(request.user, chosen), "takes_alerts": bool(settings.ALERT_URL)}
    return render(request, "devices/_list_quick_tasks.html", context)


@require_POST
def choose_columns(request: PersonRequest) -> HttpResponse:
    """Remember the columns that this person wants to see."""
    columns.choose(user=request.user, names=request.POST.getlist("column"))
    return HttpResponseClientRefresh()


@require_GET
def export(request: PersonRequest) -> StreamingHttpResponse:
    """Give the devices of the list's filter with all columns as CSV."""
    found = selection.matching(request.user, request.GET).order_by("name", "pk")
    lines = csv_cells.lines(COLUMNS, rows(found, Tree.visible_to(request.user)))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="devices.csv"'
    return response
