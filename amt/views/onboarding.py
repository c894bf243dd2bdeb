"""Import devices from a CSV file: a dry run with a verdict per line, then the good lines."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from amt.services.onboarding import AmtColumns
from devices import csv_cells
from devices.forms.csv import CsvForm
from devices.models.rights import Right
from devices.services import csv_import as services
from devices.services.csv_import import Plan
from devices.views.access import PersonRequest, needs_right_somewhere

SHOWN = 200  # lines of each kind; the others are in the file of bad lines


@require_http_methods(["GET", "POST"])
@needs_right_somewhere(Right.EDIT)
def csv_import(request: PersonRequest) -> HttpResponseBase:
    """Ask for a file, show what each line would do, and import the good ones when told to."""
    form = CsvForm(request.POST or None, request.FILES or None)
    if request.method == "GET" or not form.is_valid():
        status = 422 if form.errors else 200
        return render(request, "devices/csv_import.html", {"form": form}, status=status)
    return checked(request, form)


def checked(request: PersonRequest, form: CsvForm) -> HttpResponseBase:
    """Check the file's text; import it, or give its bad lines, if that was asked for."""
    text, extra = form.cleaned_data["text"], AmtColumns(request.user)
    create = form.cleaned_data["create_folders"]
    try:
        plan = services.check(text, user=request.user, create_folders=create, extra=extra)
        if "bad" in request.POST:
            return bad_lines(plan)
        if "import" in request.POST and plan.good:
            count = services.save(plan, asked_by=request.user, extra=extra)
            messages.info(request, imported(count, len(plan.bad)))
            return redirect("devices:devices")
    except ValidationError as error:
        form.add_error("file", error.messages)
        return render(request, "devices/csv_import.html", {"form": form}, status=422)
    return render(request, "devices/csv_import.html", verdict(form, plan, text))


def verdict(form: CsvForm, plan: Plan, text: str) -> dict[str, Any]:
    """Return what the page shows of a dry run."""
    notable = [line for line in plan.lines if line.verdict != "ok"]
    return {
        "form": form,
        "plan": plan,
        "text": text,
        "create_folders": form.cleaned_data["create_folders"],
        "notable": sorted(notable, key=lambda line: not line.errors)[:SHOWN],
        "more": max(0, len(notable) - SHOWN),
        "good": plan.good[:10],
        "missing": any("is not there" in error for line in plan.bad for error in line.errors),
    }


def imported(count: int, bad: int) -> str:
    """Return the sentence that ends an import."""
    said = f"Imported: {count:,} device{'' if count == 1 else 's'}."
    return f"{said} {bad:,} line{'' if bad == 1 else 's'} left out." if bad else said


def bad_lines(plan: Plan) -> StreamingHttpResponse:
    """Give the bad lines with their reasons, to be corrected and imported later."""
    columns = list(plan.bad[0].cells) if plan.bad else []
    rows = (
        [str(line.number), " ".join(line.errors), *(line.cell(name) for name in columns)]
        for line in plan.bad
    )
    heads = ["line", "reason", *(name.replace("_", " ") for name in columns)]
    response = StreamingHttpResponse(
        csv_cells.lines(heads, rows), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="lines-to-correct.csv"'
    return response
