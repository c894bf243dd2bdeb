"""Write down which devices said hello; a repeat refreshes, never doubles. Forget them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from amt.models import AmtSettings, DiscoveredDevice
from amt.models.discovered import DiscoveredDeviceQuerySet
from amt.protocol.hello import Hello
from amt.provisioning import orphans
from amt.services.hashes import roots
from devices import audit
from devices.models import Server, User, deletion
from devices.models.rights import Right, may

REFRESHED = (
    *("uuid", "uuid_text", "address", "hello_version", "retry_count", "has_own_password", "key_id"),
    *("hashes", "seen_at", "heard_at", "server", "device", "hello_count", "source", "state"),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A hello message, from where and when."""

    hello: Hello
    address: str
    at: datetime


@transaction.atomic
def record_hellos(heard: Collection[Heard], *, server: Server | None) -> int:
    """Write or refresh the row of each device that said hello; return how many are new.

    Of several from one device the last one counts; all of them are counted.
    """
    latest = {one.hello.uuid: one for one in sorted(heard, key=lambda one: one.at)}
    counts: dict[object, int] = {}
    for one in heard:
        counts[one.hello.uuid] = counts.get(one.hello.uuid, 0) + 1
    rows = DiscoveredDevice.objects.select_for_update()
    known = {row.uuid: row for row in rows.filter(uuid__in=latest)}
    for uuid, row in _seen_by_scans(latest, known, rows).items():
        row.uuid, row.uuid_text, known[uuid] = uuid, uuid.hex, row
    managed = AmtSettings.objects.filter(uuid__in=latest)
    devices = dict(managed.values_list("uuid", "device_id"))
    new = []
    for uuid, one in latest.items():
        row = known.get(uuid) or DiscoveredDevice(
            uuid=uuid, uuid_text=uuid.hex, first_seen_at=one.at
        )
        _fill(row, one, server, devices.get(uuid))
        row.hello_count += counts[uuid]
        if uuid not in known:
            new.append(row)
    DiscoveredDevice.objects.bulk_update(known.values(), REFRESHED)
    DiscoveredDevice.objects.bulk_create(new)
    orphans.solve(list(latest), how="It says hello: it waits to be set up.")
    return len(new)


def _seen_by_scans(
    latest: Mapping[UUID, Heard],
    known: Mapping[UUID | None, DiscoveredDevice],
    rows: DiscoveredDeviceQuerySet,
) -> dict[UUID, DiscoveredDevice]:
    """Return entries that only a scan has made, for the UUID that now says hello from there."""
    new = {one.address: uuid for uuid, one in latest.items() if uuid not in known}
    found = rows.filter(uuid=None, address__in=new).order_by("seen_at")
    return {new[str(row.address)]: row for row in found}


@transaction.atomic
def forget(*, rows: Collection[DiscoveredDevice], by: User) -> int:
    """Delete entries; a device that says hello again comes back.

    Raises:
        PermissionDenied: ``by`` may not edit in the whole zone.
    """
    if not may(by, Right.EDIT):
        raise PermissionDenied("You may look at discovered devices, not delete them.")
    deletion.deleting()
    for row in rows:
        audit.record(by, "discovered.delete", row, old={"uuid": str(row.uuid)})
    found = DiscoveredDevice.objects.filter(pk__in=[row.pk for row in rows])
    return int(found.delete()[0])


def own_digests() -> set[tuple[str, str]]:
    """Return the hashes of this zone's roots, as hello messages tell them."""
    return {
        (one.algorithm, one.digits.lower())
        for root in roots()
        for one in root.hashes.values()
        if one.algorithm != "md5"
    }


def _fill(row: DiscoveredDevice, one: Heard, server: Server | None, device: int | None) -> None:
    hello = one.hello
    row.address, row.seen_at, row.heard_at = one.address, one.at, one.at
    row.source, row.state = DiscoveredDevice.Source.HELLO, DiscoveredDevice.State.IN
    row.hello_version, row.retry_count = hello.version, hello.retry_count
    row.has_own_password, row.key_id = hello.has_own_password, hello.key_id
    row.hashes = [list(each) for each in hello.hashes]
    row.server, row.device_id = server, device or row.device_id
