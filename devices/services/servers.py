"""Servers: rename, say on which device one runs, delete what nobody uses. Workers make the rows."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower

from devices import audit
from devices.models import Device, JobItem, Server, User, deletion
from devices.models.rights import Right, may


def with_use() -> QuerySet[Server]:
    """Return all servers with the number of devices that each talks to."""
    return Server.objects.select_related("device").annotate(used_by=Count("amt_settings"))


def devices_of(server: Server, user: User) -> QuerySet[Device]:
    """Return the devices that this server talks to, as far as ``user`` may see them."""
    found: QuerySet[Device] = Device.objects.visible_to(user).filter(amt_settings__server=server)
    return found


def proposed_device(server: Server) -> Device | None:
    """Return the device that seems to be the machine this server runs on; a person confirms it."""
    name = server.host_name.lower()
    if not name:
        return None
    short = name.split(".")[0]
    named = Device.objects.annotate(low=Lower("name"))
    same = named.filter(
        Q(host_name__iexact=name) | Q(host_name__istartswith=f"{short}.") | Q(low=short)
    )
    found = list(same.select_related("folder").order_by("pk")[:2])
    return found[0] if len(found) == 1 else None  # two of that name: nobody can tell


@transaction.atomic
def rename_server(*, server: Server, name: str, asked_by: User) -> Server:
    """Give a server another name; its queue stays."""
    _require(asked_by)
    before, server.name = server.name, name
    server.full_clean(exclude=["queue"])
    server.save(update_fields=["name"])
    audit.record(asked_by, "server.rename", server, old={"name": before}, new={"name": name})
    return server


@transaction.atomic
def confirm_device(*, server: Server, device: Device | None, asked_by: User) -> Server:
    """Say on which device a server runs, so that orders can leave that one for the end (S113)."""
    _require(asked_by)
    before, server.device = server.device, device
    server.save(update_fields=["device"])
    old = {"runs on": str(before) if before else None}
    audit.record(
        asked_by,
        "server.runs-on",
        server,
        old=old,
        new={"runs on": str(device) if device else None},
    )
    return server


@transaction.atomic
def delete_server(*, server: Server, asked_by: User) -> None:
    """Delete a server that no device uses and whose worker is not heard of.

    Raises:
        ValidationError: it is in use or online; says why.
    """
    deletion.deleting()
    _require(asked_by)
    if reason := why_not_deletable(server):
        raise ValidationError(reason)
    audit.record(
        asked_by, "server.delete", server, old={"name": server.name, "queue": server.queue}
    )
    server.delete()


def why_not_deletable(server: Server) -> str:
    """Return why a server cannot be deleted, with numbers; empty if it can."""
    used = Device.objects.filter(amt_settings__server=server).count()
    if used:
        devices = "1 device uses" if used == 1 else f"{used:,} devices use"
        return f"{devices} {server}. Choose another server in their settings first."
    if waiting := JobItem.objects.unfinished().filter(server=server).count():
        return f"{waiting:,} lines of tasks wait for {server}. Stop them or let them end first."
    if server.management_certificates.exists() or server.certificate_requests.exists():
        return f"{server} has management certificates or requests for them. Delete those first."
    if server.is_online:
        return f"{server} is online and would come back by itself. Stop its worker first."
    return ""


def _require(user: User) -> None:
    if not may(user, Right.ADMINISTRATE):
        raise PermissionDenied(
            f'You need the right "{Right.ADMINISTRATE.label}" in the whole zone.'
        )
