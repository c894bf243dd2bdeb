"""Make and refresh the row of a worker site; its workers and zman call this, never a page."""

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from devices import audit, reloading
from devices.models import Server


@transaction.atomic
def beat(*, queue: str, name: str, host_name: str, version: str) -> Server:
    """Say that a worker of this site lives; its first one makes the row."""
    server = of_site(queue=queue, name=name, host_name=host_name)
    Server.objects.filter(pk=server.pk).update(
        heartbeat_at=Now(), stopped_at=None, host_name=host_name, version=version
    )
    return server


def reload_if_asked(server: Server) -> None:
    """Drop what this process keeps of the zone, if somebody asked its server to (S104)."""
    asked = Server.objects.filter(pk=server.pk, reload_asked_at__isnull=False)
    asked = asked.filter(Q(reloaded_at=None) | Q(reloaded_at__lt=F("reload_asked_at")))
    if asked.exists():
        reloading.reload()
        asked.update(reloaded_at=Now())


@transaction.atomic
def of_site(*, queue: str, name: str, host_name: str) -> Server:
    """Return the row of a site; make it where neither worker nor command line did so far."""
    server, is_new = Server.objects.get_or_create(
        queue=queue, defaults={"name": _free_name(name), "host_name": host_name}
    )
    if is_new:
        audit.record(None, "server.create", server, new={"name": server.name, "queue": queue})
    return server


def stop(*, queue: str) -> None:
    """Say that a worker of this site stopped in good order; another one's next beat outdoes it."""
    Server.objects.filter(queue=queue).update(stopped_at=Now())


def _free_name(name: str) -> str:
    """Return ``name``, numbered if an administrator gave it to another site meanwhile."""
    free, number = name, 2
    while Server.objects.filter(name__iexact=free).exists():
        free, number = f"{name} ({number})", number + 1
    return free
