"""Messages: what devices told, as a list and as a tab of a device; acknowledge, delete, CSV."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages as notes
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from devices import csv_cells
from devices.models import Device, Message
from devices.models.message import MessageQuerySet
from devices.models.rights import Right, may_anywhere, may_in
from devices.paging import paginate
from devices.services import message_list
from devices.services import messages as services
from devices.services.message_list import MessageList
from devices.services.tree import Tree
from devices.views.access import PersonRequest
from devices.views.device import back, framed, visible

ORDERS = {"recorded": ["recorded_at"]}
COLUMNS = [
    *("device", "severity", "source", "code", "text"),
    *("happened", "recorded", "acknowledged", "acknowledged by"),
]


@require_GET
def messages(request: PersonRequest) -> HttpResponse:
    """List the messages of all devices, newest first."""
    asked = MessageList.read(request.GET)
    tree = Tree.visible_to(request.user)
    folders = [(str(pk), tree.full_name(path)) for path, (pk, _) in tree.folders.items()]
    names = {"folder": dict(folders).get(asked.folder, "Unknown folder")} if asked.folder else {}
    if asked.device:
        device = visible(request).filter(pk=asked.device).first()
        names["device"] = device.name if device else "Unknown device"
    context = {
        **listed(request, asked, names, sorted(folders, key=lambda one: one[1])),
        "may_acknowledge": may_anywhere(request.user, Right.READ_STATE),
        "may_delete": may_anywhere(request.user, Right.EDIT),
    }
    template = "devices/_message_list.html" if request.htmx else "devices/messages.html"
    return render(request, template, context)


@require_GET
def device_messages(request: PersonRequest, pk: int) -> HttpResponse:
    """List the messages of one device, as a tab of its page."""
    device: Device = get_object_or_404(visible(request), pk=pk)
    asked = MessageList.read(request.GET, device=str(pk), folder="")
    context = {
        **listed(request, asked, {}, []),
        **framed(request, device),
        "tab": "messages",
        "may_acknowledge": may_in(request.user, Right.READ_STATE, device.folder),
        "may_delete": may_in(request.user, Right.EDIT, device.folder),
    }
    template = "devices/_message_list.html" if request.htmx else "devices/device_messages.html"
    return render(request, template, context)


def listed(
    request: PersonRequest,
    asked: MessageList,
    names: dict[str, str],
    folders: list[tuple[str, str]],
) -> dict[str, Any]:
    """Return what the list's panel needs; see ``MessageList`` for ``names`` and ``folders``."""
    found = asked.apply(request.user)
    page = paginate(found.select_related("device"), request.GET, orders=ORDERS, default="-recorded")
    newest = Message.objects.order_by("-pk").values_list("pk", flat=True).first()
    return {
        "asked": asked,
        "page": page,
        "selection_filter": f"{asked.query}&upto={newest or 0}",
        "chips": asked.chips(names),
        "filters": asked.choices(folders),
        "states": message_list.STATES.items(),
        "others": [
            (name, word) for name, word in asked.words.items() if name not in ("q", "state")
        ],
    }


@require_GET
def messages_csv(request: PersonRequest) -> StreamingHttpResponse:
    """Give the messages of the current filter as CSV."""
    found = MessageList.read(request.GET).apply(request.user).select_related("device")
    lines = csv_cells.lines(COLUMNS, rows(found))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="messages.csv"'
    return response


def rows(found: MessageQuerySet) -> Iterator[list[str]]:
    """Yield the cells of each message, times in ISO 8601."""
    for one in found.iterator(chunk_size=2000):
        what = [one.device.name, one.severity, one.source, one.code, one.text]
        times = [one.happened_at, one.recorded_at, one.acknowledged_at]
        yield [*what, *(at.isoformat() if at else "" for at in times), one.acknowledged_by]


@require_POST
def acknowledge(request: PersonRequest) -> HttpResponse:
    """Acknowledge what was ticked, or all that the list showed."""
    chosen = message_list.resolve(request.user, request.POST)
    count = services.acknowledge(messages=chosen, by=request.user)
    return said(request, f"Acknowledged: {count:,} message{'' if count == 1 else 's'}.")


@require_POST
def delete(request: PersonRequest) -> HttpResponse:
    """Delete what was ticked, or all that the list showed."""
    chosen = message_list.resolve(request.user, request.POST)
    count = services.delete(messages=chosen, by=request.user)
    return said(request, f"Deleted: {count:,} message{'' if count == 1 else 's'}.")


def said(request: PersonRequest, text: str) -> HttpResponse:
    """Return to the list with a sentence, and with nothing ticked."""
    notes.success(request, text)
    response = HttpResponseClientRedirect(back(request, reverse("devices:messages")))
    return trigger_client_event(response, "zcc:clear-selection")


@require_GET
def open_messages(request: PersonRequest) -> HttpResponse:
    """Show the number of errors and warnings that nobody acknowledged, for the navigation."""
    counts = Message.objects.visible_to(request.user).open().counts_by_severity()
    return render(request, "_message_count.html", {"open": sum(counts.values())})
