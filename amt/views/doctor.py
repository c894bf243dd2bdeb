"""The card of the provisioning doctor on a discovered device's page, and its *Examine*."""

from dataclasses import dataclass
from typing import Any

from celery import current_app
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from amt.doctor.causes import Cause
from amt.levels import DISCOVERED_HOURS, PLAIN_ALLOWED
from amt.models import DiscoveredDevice
from amt.services import doctor
from devices.levels import Key, page_slug
from devices.models import User
from devices.models.rights import Right, may
from devices.views.access import PersonRequest, needs_zone_right


@dataclass(frozen=True)
class Link:
    """Where the next step of a cause is taken, and who may go there."""

    label: str
    url_name: str
    right: Right
    settings_of: Key[Any] | None = None

    @property
    def url(self) -> str:
        args = [page_slug(self.settings_of)] if self.settings_of else []
        return reverse(self.url_name, args=args)


LINKS = {
    "hashes": Link("Show the hashes", "amt:zone_hashes", Right.CERTIFICATES),
    "certificates": Link("Open the certificates", "amt:certificates", Right.CERTIFICATES),
    "setup-file": Link("Write a setup.bin", "amt:setup_file", Right.CERTIFICATES),
    "credentials": Link("Open the credentials", "vault:credentials", Right.CREDENTIALS),
    "servers": Link("Open the servers", "devices:servers", Right.VIEW),
    "tasks": Link("Open the tasks", "devices:jobs", Right.VIEW),
    "scan": Link("Open the list", "amt:discovered", Right.VIEW),
    "validity": Link(
        "Change the validity", "devices:zone_settings", Right.CONFIGURE, DISCOVERED_HOURS
    ),
    "connections": Link(
        "Change the setting", "devices:zone_settings", Right.CONFIGURE, PLAIN_ALLOWED
    ),
}


@require_POST
@needs_zone_right(Right.READ_STATE)
def examine_discovered(request: PersonRequest, pk: int) -> HttpResponse:
    """Look at the device itself, for ten seconds at most, and show what speaks against it."""
    found = DiscoveredDevice.objects.visible_to(request.user).select_related("device", "server")
    row = get_object_or_404(found, pk=pk)
    try:
        context = {**told(row, doctor.examination(row, by=request.user), request.user), "row": row}
    except doctor.TooManyExaminations as error:
        context = {**told(row, doctor.diagnosis(row), request.user), "row": row, "busy": error}
    template = "amt/_doctor.html" if request.htmx else "amt/doctor.html"
    return render(request, template, context)


def told(row: DiscoveredDevice, found: doctor.Diagnosis, user: User) -> dict[str, Any]:
    """Return what the card says: causes with their links, and the table of checks."""
    is_elsewhere = row.server and row.server.queue != current_app.conf.task_default_queue
    return {
        "diagnosis": found,
        "causes": [(cause, _link(cause, row, user)) for cause in found.causes],
        "may_examine": may(user, Right.READ_STATE),
        "elsewhere": row.server if is_elsewhere else None,
    }


def _link(cause: Cause, row: DiscoveredDevice, user: User) -> tuple[str, str] | None:
    """Return address and words of the link behind a cause, if the person may follow it."""
    if cause.kind.link == "device" and row.device:
        return row.device.get_absolute_url(), f"Open {row.device}"
    link = LINKS.get(cause.kind.link)
    return (link.url, link.label) if link and may(user, link.right) else None
