"""Configuration > Credential Vault: the list, a credential's page, and where it is used."""

from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from devices.models import Device
from devices.models.rights import Right
from devices.paging import paginate
from devices.views.access import PersonRequest, needs_zone_right
from vault.folders import VaultFolder, tree
from vault.models import Credential, CredentialQuerySet

ORDERS = {
    "name": ("name",),
    "login": ("login_name", "name"),
    "folder": ("folder", "name"),
    "used": ("use_count",),
    "changed": ("changed_at",),
}
DEVICE_ORDERS = {
    "name": ("name",),
    "folder": ("folder__path", "name"),
    "address": ("amt_address",),
}
PANEL_ROWS = 8
LONGEST = 100  # characters of a search


def asked(request: PersonRequest, name: str) -> str:
    """Return a word of the address, shortened and without what no database takes."""
    return request.GET.get(name, "").replace("\0", "").strip()[:LONGEST]


def found_by(request: PersonRequest) -> CredentialQuerySet:
    """Return the credentials that the address asks for, by folder and words."""
    visible: CredentialQuerySet = Credential.objects.visible_to(request.user)
    return visible.in_folder(asked(request, "folder")).search(asked(request, "q"))


def folders(request: PersonRequest) -> VaultFolder:
    """Return the tree of folders with the numbers of credentials."""
    visible = Credential.objects.visible_to(request.user).order_by("folder")
    return tree(visible.values_list("folder").annotate(Count("pk")))


@require_GET
@needs_zone_right(Right.CREDENTIALS)
def credentials(request: PersonRequest) -> HttpResponse:
    """List the credentials; a search or another page of the list gets only its panel."""
    found = found_by(request)
    context = {
        "page": paginate(found.with_use_count(), request.GET, orders=ORDERS, default="name"),
        "root": folders(request),
        "q": asked(request, "q"),
        "folder": asked(request, "folder"),
    }
    template = "vault/_credential_list.html" if request.htmx else "vault/credentials.html"
    return render(request, template, context)


@require_GET
@needs_zone_right(Right.CREDENTIALS)
def panel(request: PersonRequest) -> HttpResponse:
    """Show the first credentials as a panel of the page Configuration."""
    visible = Credential.objects.visible_to(request.user)
    first = list(visible.with_use_count().order_by("name")[: PANEL_ROWS + 1])
    return render(
        request,
        "vault/_panel.html",
        {"first": first[:PANEL_ROWS], "has_more": len(first) > PANEL_ROWS},
    )


@require_GET
@needs_zone_right(Right.CREDENTIALS)
def credential(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Show a credential and the states of its secrets, never their texts."""
    visible = Credential.objects.visible_to(request.user).with_use_count()
    kept = get_object_or_404(visible, pk=pk)
    context = {"credential": kept, "secrets": kept.secrets.defer("sealed")[:200]}
    return render(request, "vault/credential.html", context)


@require_GET
@needs_zone_right(Right.CREDENTIALS)
def where_used(request: PersonRequest, pk: UUID) -> HttpResponse:
    """List the devices that use a credential, as far as this person may see them."""
    kept = get_object_or_404(Credential.objects.visible_to(request.user).with_use_count(), pk=pk)
    devices = Device.objects.visible_to(request.user).filter(kept.uses()).select_related("folder")
    page = paginate(devices, request.GET, orders=DEVICE_ORDERS, default="name")
    hidden = max(kept.use_count - page.total, 0)  # type: ignore[attr-defined]  # annotated
    context = {"credential": kept, "page": page, "hidden": hidden}
    template = "vault/_where_used.html" if request.htmx else "vault/where_used.html"
    return render(request, template, context)
