"""Tasks: the list, one task with its lines, stop, CSV. The page polls itself until all is ended."""

from collections.abc import Iterator
from datetime import datetime

from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from devices import csv_cells
from devices.models import Job, JobItem
from devices.paging import paginate
from devices.services import jobs, overview
from devices.services.job_lines import JobPage, job_page
from devices.views.access import PersonRequest

STOP_POLLING = 286  # htmx ends a poll at this status


@require_GET
def job_list(request: PersonRequest) -> HttpResponse:
    """List the tasks this person may see, newest first."""
    found = Job.objects.visible_to(request.user).filtered(request.GET)
    page = paginate(found, request.GET, orders={"number": ["pk"]}, default="-number")
    counts = JobItem.objects.visible_to(request.user).counts_by_job([job.pk for job in page.rows])
    for job in page.rows:
        job.counts = counts.get(job.pk, {})
    template = "devices/_job_list.html" if request.htmx else "devices/jobs.html"
    context = {"page": page, "kinds": Job.Kind, "query": request.GET}
    return render(request, template, context)


@require_GET
def job(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a task; a poll gets its head and the same rows again, in the same order."""
    found = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    shown = job_page(found, request.user, request.GET)
    if not request.htmx:
        return render(request, "devices/job.html", {"shown": shown, "job": found})
    status = STOP_POLLING if "rows" in request.GET and found.is_finished else 200
    return render(request, "devices/_job.html", {"shown": shown, "job": found}, status=status)


@require_GET
def job_line(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one line in full: attempts, the device's own answer, the stable code."""
    found = get_object_or_404(
        JobItem.objects.visible_to(request.user).select_related("job", "device", "server"), pk=pk
    )
    context = {"item": found, "attempts": found.attempts.all()}
    return render(request, "devices/job_line.html", context)


@require_POST
def job_stop(request: PersonRequest, pk: int) -> HttpResponse:
    """Stop what is left of a task; it only prevents, so it asks nothing."""
    found = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    jobs.stop(job=found, asked_by=request.user)
    if not request.htmx:
        return HttpResponseRedirect(found.get_absolute_url())
    found.refresh_from_db()
    shown = job_page(found, request.user, request.GET)
    return render(request, "devices/_job.html", {"shown": shown, "job": found})


@require_GET
def job_csv(request: PersonRequest, pk: int) -> StreamingHttpResponse:
    """Give the lines of the current filter as CSV."""
    found = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    shown = job_page(found, request.user, request.GET)
    response = StreamingHttpResponse(
        csv_cells.lines(COLUMNS, _rows(shown)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="task-{found.pk}.csv"'
    return response


@require_GET
def running(request: PersonRequest) -> HttpResponse:
    """Show the number of running tasks, for the bar."""
    count = Job.objects.visible_to(request.user).unfinished().count()
    return render(request, "_running_count.html", {"running": count})


@require_GET
def task_status(request: PersonRequest) -> HttpResponse:
    """Show running and recent tasks in a dialog; its poll gets the rows. Alone: the list."""
    if not request.htmx:
        return redirect("devices:jobs")
    tasks = overview.latest_tasks(request.user)
    context = {"tasks": tasks, "is_running": any(not task.job.is_finished for task in tasks)}
    is_poll = "rows" in request.GET
    template = "devices/_task_status_rows.html" if is_poll else "devices/_task_status.html"
    return render(request, template, context)


COLUMNS = {
    "device": "device_name",
    "address": "device_address",
    "server": "server",
    "status": "status",
    "code": "error_code",
    "message": "message",
    "state before": "state_before",
    "state after": "state_after",
    "attempts": "attempt_count",
    "started": "started_at",
    "sent": "sent_at",
    "ended": "finished_at",
}


def _rows(shown: JobPage) -> Iterator[list[str]]:
    for item in shown.lines.select_related("server").iterator(chunk_size=1000):
        yield [_text(getattr(item, name)) for name in COLUMNS.values()]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return "" if value is None else str(value)
