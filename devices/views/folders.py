"""Folders: new, rename, move, delete, and the look-up in which one is chosen."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from devices.forms.folders import FolderForm, MoveForm
from devices.models import Folder
from devices.models.rights import Right
from devices.services import folders as services
from devices.services.access import require
from devices.services.tree import Tree
from devices.views.access import PersonRequest, needs_right_somewhere
from devices.views.device import chosen_folder

SHOWN = 100  # folders of the look-up; a search finds the others


def editable(request: PersonRequest, pk: int) -> Folder:
    """Return a folder to be changed: 404 if it may not be seen, 403 if only seen."""
    folder: Folder = get_object_or_404(Folder.objects.visible_to(request.user), pk=pk)
    require(request.user, Right.EDIT, folder)
    return folder


@require_http_methods(["GET", "POST"])
def folder_new(request: PersonRequest, pk: int) -> HttpResponse:
    """Add a folder below this one."""
    parent = editable(request, pk)
    form = FolderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        try:
            made = services.create_folder(name=name, parent=parent, asked_by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return HttpResponseClientRedirect(made.get_absolute_url())
    context = {"form": form, "parent": parent}
    return render(request, "devices/folder_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def folder_rename(request: PersonRequest, pk: int) -> HttpResponse:
    """Give a folder another name."""
    folder = editable(request, pk)
    form = FolderForm(request.POST or None, initial={"name": folder.name})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        try:
            services.rename_folder(folder=folder, name=name, asked_by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return HttpResponseClientRedirect(folder.get_absolute_url())
    context = {"form": form, "folder": folder}
    return render(
        request, "devices/folder_rename.html", context, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
def folder_move(request: PersonRequest, pk: int) -> HttpResponse:
    """Put a folder and all below it somewhere else; rights and settings change with the place."""
    folder = editable(request, pk)
    form = MoveForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        parent = form.cleaned_data["folder"]
        try:
            services.move_folder(folder=folder, parent=parent, asked_by=request.user)
        except ValidationError as error:
            form.add_error("folder", error.messages)
        else:
            return HttpResponseClientRedirect(folder.get_absolute_url())
    context = {
        "form": form,
        "folder": folder,
        "place": chosen_folder(request, form),
        "devices": Tree.visible_to(request.user).count(folder),
    }
    return render(request, "devices/folder_move.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def folder_delete(request: PersonRequest, pk: int) -> HttpResponse:
    """Delete an empty folder, or say what is still in it."""
    folder = editable(request, pk)
    reason = "It is a fixed folder." if folder.is_fixed else services.why_not_empty(folder)
    if request.method == "POST" and not reason:
        above = Folder.objects.get_parent(folder)
        services.delete_folder(folder=folder, asked_by=request.user)
        return HttpResponseClientRedirect(after_delete(request, above))
    context = {"folder": folder, "reason": reason, "settings": services.settings_lost(folder)}
    status = 422 if request.method == "POST" else 200
    return render(request, "devices/folder_delete.html", context, status=status)


def after_delete(request: PersonRequest, above: Folder) -> str:
    """Return the address of the folder above, or of the list where that may not be seen."""
    if Folder.objects.visible_to(request.user).filter(pk=above.pk).exists():
        return above.get_absolute_url()
    return reverse("devices:devices")


@require_GET
@needs_right_somewhere(Right.EDIT)
def folder_lookup(request: PersonRequest) -> HttpResponse:
    """Offer the folders in which this person may edit devices."""
    words = request.GET.get("q", "").lower().split()
    return render(request, "devices/folder_lookup.html", found_folders(request, words))


def found_folders(request: PersonRequest, words: list[str]) -> dict[str, Any]:
    """Return the first folders whose full name has every word."""
    tree = Tree.visible_to(request.user)
    may = Folder.objects.allowed(request.user, Right.EDIT).values_list("path", flat=True)
    named = ((path, tree.full_name(path)) for path in may if path in tree.folders)
    found = [
        (tree.folders[path][0], name if name != "/" else f"/ ({tree.folders[path][1]})")
        for path, name in named
        if all(word in name.lower() for word in words)
    ]
    return {
        "folders": found[:SHOWN],
        "more": max(0, len(found) - SHOWN),
        "q": request.GET.get("q", ""),
        "lookup_url": reverse("devices:folder_lookup"),
        "has_rows": bool(found),
    }
