"""Saved searches: the menu of the list, their page, and the dialogs to save and change one."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from devices.forms.searches import SearchForm
from devices.models import Folder, SavedSearch
from devices.paging import paginate
from devices.services import searches as services
from devices.services import selection
from devices.services.listing import Listing
from devices.views.access import PersonRequest

ORDERS = {"name": ["name"]}


@require_GET
def searches(request: PersonRequest) -> HttpResponse:
    """List the person's own saved searches and those that others share."""
    found = SavedSearch.objects.visible_to(request.user).select_related("owner", "folder")
    page = paginate(found, request.GET, orders=ORDERS, default="name")
    seen = Folder.objects.visible_to(request.user).filter(pk__in=[s.folder_id for s in page.rows])
    names = {folder.pk: folder.name for folder in seen}
    rows = [
        {
            "search": search,
            "chips": [text for text, _ in Listing.read(QueryDict(search.query)).chips()],
            "folder": names.get(search.folder_id, ""),
            "may_change": services.may_change(request.user, search),
        }
        for search in page.rows
    ]
    return render(request, "devices/searches.html", {"page": page, "rows": rows})


@require_GET
def searches_menu(request: PersonRequest) -> HttpResponse:
    """Show the menu of the list: saved searches to open, and saving what the list shows."""
    found = list(SavedSearch.objects.visible_to(request.user)[: services.OFFERED + 1])
    asked = selection.listing(request.user, request.GET)
    context = {
        "searches": found[: services.OFFERED],
        "has_more": len(found) > services.OFFERED,
        "filter": asked.selection_query if asked and not asked.errors else "",
    }
    return render(request, "devices/_searches_menu.html", context)


@require_GET
def saved_search(request: PersonRequest, pk: int) -> HttpResponse:
    """Open the list with a saved search."""
    search = _visible(request, pk)
    return redirect(Listing.read(QueryDict(search.query), search.folder).url)


@require_http_methods(["GET", "POST"])
def save_search(request: PersonRequest) -> HttpResponse:
    """Save the filter of the list under a name."""
    asked = request.POST.get("filter", request.GET.urlencode())
    form = SearchForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.save_search(**form.told, query=QueryDict(asked), by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return HttpResponseClientRedirect(made.get_absolute_url())
    listing = selection.listing(request.user, QueryDict(asked))
    context = {"form": form, "filter": asked, "listing": listing}
    return render(request, "devices/search_save.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def edit_search(request: PersonRequest, pk: int) -> HttpResponse:
    """Rename a saved search; share it, or no longer."""
    search = _visible(request, pk)
    services.require_change(request.user, search)
    now = {"name": search.name, "is_shared": search.is_shared}
    form = SearchForm(request.POST or None, initial=now, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_search(search=search, **form.told, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return HttpResponseClientRedirect(reverse("devices:searches"))
    context = {"form": form, "search": search}
    return render(request, "devices/search_edit.html", context, status=422 if form.errors else 200)


@require_POST
def delete_search(request: PersonRequest, pk: int) -> HttpResponse:
    """Delete a saved search."""
    services.delete_search(search=_visible(request, pk), by=request.user)
    return redirect("devices:searches")


def _visible(request: PersonRequest, pk: int) -> SavedSearch:
    found = SavedSearch.objects.visible_to(request.user).select_related("owner", "folder")
    search: SavedSearch = get_object_or_404(found, pk=pk)
    return search
