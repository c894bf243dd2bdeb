"""Configuration, and the settings pages of the zone, a folder and a device."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from devices import levels, origins, overrides, paging
from devices.forms.settings import SettingsForm
from devices.levels import Page, Place
from devices.models import Device, Folder, Server, User
from devices.models.rights import CONFIGURATION_RIGHTS, Right, may, may_in
from devices.power_groups import poll_seconds
from devices.services.settings import SomebodyWasFaster, may_configure, save_settings
from devices.views.access import PersonRequest, needs_zone_right

JUST_NOW = timedelta(minutes=1)  # how long the foot tells when a page was saved


@require_GET
def configuration(request: PersonRequest) -> HttpResponse:
    """Show what can be set for the whole zone, and what is kept beside it."""
    held = {right.name.lower(): may(request.user, right) for right in CONFIGURATION_RIGHTS}
    if not any(held.values()):
        raise PermissionDenied("Configuration is for administrators of the whole zone.")
    context = {
        "may": held,
        "categories": overrides.summary(request.user),
        "servers": Server.objects.all()[:8],
        "people": User.objects.filter(is_active=True).count(),
    }
    return render(request, "devices/configuration.html", context)


@require_GET
@needs_zone_right(Right.CONFIGURE)
def setting_overrides(request: PersonRequest, page: str) -> HttpResponse:
    """List the folders and devices that override the zone on one page of settings."""
    found = _page_or_404(page)
    rows = overrides.rows(request.user, found.keys)
    shown = paging.paginate(rows, request.GET, orders=overrides.ORDERS, default="place")
    context = {
        "settings_page": found,
        "count": overrides.count(request.user, [found])[found.slug],
        "page": shown,
        "rows": overrides.told(shown.rows, found.keys),
    }
    part = "_setting_overrides.html" if request.htmx else "setting_overrides.html"
    return render(request, f"devices/{part}", context)


@require_http_methods(["GET", "POST"])
@needs_zone_right(Right.CONFIGURE)
def zone_settings(request: PersonRequest, page: str) -> HttpResponse:
    """Show and change one page of the zone's settings."""
    return _settings(request, Place(), page)


@require_http_methods(["GET", "POST"])
def folder_settings(request: PersonRequest, pk: int, page: str = "") -> HttpResponse:
    """Show, override and revert settings for a folder and all below it."""
    folder = get_object_or_404(Folder.objects.visible_to(request.user), pk=pk)
    if folder.is_root():
        return redirect("devices:zone_settings", page or levels.pages()[0].slug)
    return _settings(request, Place(folder), page)


@require_http_methods(["GET", "POST"])
def device_settings(request: PersonRequest, pk: int, page: str = "") -> HttpResponse:
    """Show, override and revert settings for one device."""
    devices = Device.objects.visible_to(request.user).select_related("folder")
    return _settings(request, Place(device=get_object_or_404(devices, pk=pk)), page)


def _settings(request: PersonRequest, place: Place, slug: str) -> HttpResponse:
    page = _page_or_404(slug or levels.pages(place.level)[0].slug, place.level)
    is_allowed = may_configure(request.user, place)
    if request.method == "POST" and not is_allowed:
        raise PermissionDenied("You may look at these settings, not change them.")
    data = request.POST if request.method == "POST" else None
    rows = levels.rows_at(place, page.keys)
    form = SettingsForm(page, place, rows, data, may_change=is_allowed)
    if form.is_bound and _saved(request, form):
        stays = request.get_full_path() if "apply" in request.POST else leave_to(place)
        return redirect(stays)
    context = _context(request, place, page, form) | {"may_change": is_allowed}
    template = "devices/device_settings.html" if place.device else "devices/settings.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


def _saved(request: PersonRequest, form: SettingsForm) -> bool:
    """Save the form, or leave in it why not."""
    if not form.is_valid():
        return False
    wishes = form.wishes()
    try:
        save_settings(place=form.place, wishes=wishes, asked_by=request.user)
    except SomebodyWasFaster as faster:
        form.was_too_late(faster.rows)
        return False
    for wish in wishes:
        now = wish.key.brief(wish.value) if wish.is_set else "inherited again"
        messages.success(request, f"Saved: {wish.key.label} is {now}.")
    return True


def _context(
    request: PersonRequest, place: Place, page: Page, form: SettingsForm
) -> dict[str, Any]:
    saved = [panel.row.changed_at for panel in form.panels if panel.row and not form.is_bound]
    newest = max(saved, default=None)
    folder = place.nearest_folder
    paths = folder.ancestor_paths if folder else []
    return {
        "place": place,
        "folder": place.folder,
        "device": place.device,
        "way": list(Folder.objects.visible_to(request.user).filter(path__in=paths)),
        "may_edit": bool(folder and may_in(request.user, Right.EDIT, folder)),
        "tab": "settings",
        "poll_seconds": poll_seconds(),
        "settings_page": page,
        "form": form,
        "outline": origins.outline(place),
        "leave_to": leave_to(place),
        "saved_at": newest if newest and timezone.now() - newest < JUST_NOW else None,
    }


def leave_to(place: Place) -> str:
    """Return the page that OK and Cancel lead to."""
    thing = place.device or place.folder
    return thing.get_absolute_url() if thing else reverse("devices:configuration")


def _page_or_404(slug: str, level: str | None = None) -> Page:
    pages = levels.pages(level) if level else overrides.all_pages()
    for page in pages:
        if page.slug == slug:
            return page
    raise Http404("There is no such page of settings at this level.")
