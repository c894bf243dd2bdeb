"""Credential Lookup (S33): choose one credential for a form field."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from devices.models.rights import Right
from devices.views.access import PersonRequest, needs_zone_right
from vault.models import Credential
from vault.views.credentials import asked, folders, found_by

SHOWN = 50  # a longer list is for the search to shorten


@require_GET
@needs_zone_right(Right.CREDENTIALS)
def lookup(request: PersonRequest) -> HttpResponse:
    """Show the dialog; its search and its folders ask here again."""
    return show_lookup(request)


def show_lookup(request: PersonRequest, chosen: Credential | None = None) -> HttpResponse:
    """Show the dialog, with ``chosen`` (just made) ticked and first."""
    found = found_by(request)
    others = found.exclude(pk=chosen.pk) if chosen else found
    rows = [*filter(None, [chosen]), *others.order_by("folder", "name")[: SHOWN + 1]]
    context = {
        "lookup_url": reverse("vault:lookup"),
        "rows": rows[:SHOWN],
        "has_rows": bool(rows),
        "has_more": len(rows) > SHOWN,
        "chosen": chosen,
        "root": folders(request),
        "q": asked(request, "q"),
        "folder": asked(request, "folder"),
    }
    return render(request, "vault/_lookup_credentials.html", context)
