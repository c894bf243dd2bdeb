"""The audit: who did what, on what, when and from where, with old and new values."""

import json
from collections.abc import Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from devices import csv_cells
from devices.forms.audit import AuditFilter
from devices.models import AuditEntry
from devices.models.audit import AuditEntryQuerySet
from devices.models.rights import Right
from devices.paging import paginate
from devices.views.access import PersonRequest, needs_zone_right
from devices.views.device import framed, visible

ORDERS = {"number": ["id"]}
COLUMNS = ["time", "person", "address", "act", "kind", "number", "name", "old", "new"]


@needs_zone_right(Right.ADMINISTRATE)
@require_GET
def audit(request: PersonRequest) -> HttpResponse:
    """List what was done, newest first."""
    form = AuditFilter(request.GET)
    page = paginate(form.entries(), request.GET, orders=ORDERS, default="-number")
    template = "devices/_audit_list.html" if request.htmx else "devices/audit.html"
    is_filtered = any(request.GET.get(name) for name in form.fields)
    context = {"form": form, "page": page, "entries": page.rows, "is_filtered": is_filtered}
    return render(request, template, context, status=422 if form.errors else 200)


@needs_zone_right(Right.ADMINISTRATE)
@require_GET
def audit_csv(request: PersonRequest) -> StreamingHttpResponse:
    """Give the lines of the current filter as CSV."""
    lines = csv_cells.lines(COLUMNS, rows(AuditFilter(request.GET).entries()))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


def rows(entries: AuditEntryQuerySet) -> Iterator[list[str]]:
    """Yield the cells of each entry, times in ISO 8601."""
    for entry in entries.iterator(chunk_size=2000):
        who = [entry.at.isoformat(), entry.user_name, entry.address or "", entry.verb]
        what = [entry.target_type, entry.target_id, entry.target_name]
        yield [*who, *what, as_json(entry.old), as_json(entry.new)]


def as_json(values: object) -> str:
    """Return old or new values as one cell, empty for none."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True) if values else ""


@require_GET
def device_audit(request: PersonRequest, pk: int) -> HttpResponse:
    """Show what was done to one device, as a tab of its page."""
    device = get_object_or_404(visible(request), pk=pk)
    found = AuditEntry.objects.about("device", device.pk, *AuditEntry.objects.joined(device.pk))
    page = paginate(found, request.GET, orders=ORDERS, default="-number")
    context = {**framed(request, device), "page": page, "entries": page.rows, "tab": "audit"}
    template = "devices/_device_audit.html" if request.htmx else "devices/device_audit.html"
    return render(request, template, context)
