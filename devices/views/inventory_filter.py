"""The dialog in which people write conditions over inventories, and the words that it offers."""

from dataclasses import replace

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from devices.forms.conditions import ConditionsForm
from devices.services import conditions, facts, selection
from devices.services.listing import Listing
from devices.views.access import PersonRequest


@require_http_methods(["GET", "POST"])
def filter_inventory(request: PersonRequest) -> HttpResponse:
    """Write the conditions of the list whose filter is in the address, and go back to it."""
    query = request.POST.get("filter", request.GET.urlencode())
    asked = selection.listing(request.user, QueryDict(query)) or Listing()
    if request.method == "GET":
        return show(request, asked, ConditionsForm.of(asked.facts))
    form = ConditionsForm.sent(request.POST)
    if "add" in request.POST or "remove" in request.POST:
        return show(request, asked, form)
    if not form.is_valid(request.user):
        return show(request, asked, form, status=422)
    address = replace(asked, facts=tuple(one.word for one in form.conditions)).url
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


@require_GET
def fact_names(request: PersonRequest) -> HttpResponse:
    """Offer names of facts that have what was typed, as options of a field."""
    return offered(request, facts.names(request.user, typed(request, "name")))


@require_GET
def fact_values(request: PersonRequest) -> HttpResponse:
    """Offer values of a name, as options of a field."""
    name, value = typed(request, "name"), typed(request, "value")
    return offered(request, facts.values(request.user, name, value))


def typed(request: PersonRequest, field: str) -> str:
    """Return what stands in a field, as far as it counts."""
    return request.GET.get(field, "").replace("\0", "")[: conditions.LONGEST]


def offered(request: PersonRequest, words: list[str]) -> HttpResponse:
    """Show words as options."""
    return render(request, "devices/_options.html", {"words": words})


def show(
    request: PersonRequest, asked: Listing, form: ConditionsForm, status: int = 200
) -> HttpResponse:
    """Show the dialog."""
    context = {
        "form": form,
        "filter": asked.selection_query,
        "place": asked.folder,
        "operators": conditions.OPERATORS.items(),
        "names": facts.names(request.user),
    }
    return render(request, "devices/filter_inventory.html", context, status=status)
