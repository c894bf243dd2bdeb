"""Inventories of many devices as files: of a selection, or of all that a list's filter matches."""

from django.views.decorators.http import require_http_methods

from amt.services.inventory_export import csv_lines, json_pieces
from devices.models import DeviceQuerySet
from devices.services import selection
from devices.services.tree import Tree
from devices.streaming import StreamedFile
from devices.views.access import PersonRequest


@require_http_methods(["GET", "POST"])
def inventories_csv(request: PersonRequest) -> StreamedFile:
    """Give inventories with a line for each value."""
    lines = csv_lines(chosen(request), Tree.visible_to(request.user))
    return StreamedFile(lines, name="inventories.csv", content_type="text/csv")


@require_http_methods(["GET", "POST"])
def inventories_json(request: PersonRequest) -> StreamedFile:
    """Give inventories with their logs, an object for each device."""
    pieces = json_pieces(chosen(request), Tree.visible_to(request.user))
    return StreamedFile(pieces, name="inventories.json", content_type="application/json")


def chosen(request: PersonRequest) -> DeviceQuerySet:
    """Return the selection that was sent; without one, all devices of the filter in the address."""
    if {"pk", "all"} & request.POST.keys():
        return selection.resolve(request.user, request.POST)
    return selection.matching(request.user, request.GET)
