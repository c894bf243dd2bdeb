"""Merge what a scan found with what is known: by UUID, else by address; never twice."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from amt.models import AmtSettings, DiscoveredDevice
from amt.protocol.scan import Found
from devices.models import Server

SCANNED = (
    *("address", "uuid", "uuid_text", "name", "state", "firmware", "ports", "tls_version"),
    *("seen_at", "scanned_at", "server", "device"),
)


@transaction.atomic
def record_scan(
    found: Collection[Found], names: Mapping[str, str], *, server: Server | None, at: datetime
) -> int:
    """Write or refresh the entry of each device that was found; return how many are new.

    A hello knows more than a scan: its UUID, hashes and password flag stay as they are.
    """
    addresses = [one.address for one in found]
    managed = {
        row.address: row for row in AmtSettings.objects.filter(address__in=addresses).order_by("pk")
    }
    known = _known(addresses, managed)
    taken = {row.uuid for row in known.values() if row.uuid}
    new = []
    for one in found:
        row = known.get(one.address)
        if row is None:
            row = DiscoveredDevice(first_seen_at=at, source=DiscoveredDevice.Source.SCAN)
            new.append(row)
        _fill(row, one, names.get(one.address, ""), server, at)
        if settings := managed.get(one.address):
            row.device_id = settings.device_id
            if settings.uuid and row.uuid is None and settings.uuid not in taken:
                row.uuid, row.uuid_text = settings.uuid, settings.uuid.hex
                taken.add(settings.uuid)
    DiscoveredDevice.objects.bulk_update(known.values(), SCANNED, batch_size=500)
    DiscoveredDevice.objects.bulk_create(new, batch_size=500)
    return len(new)


def _known(
    addresses: Collection[str], managed: Mapping[str, AmtSettings]
) -> dict[str, DiscoveredDevice]:
    """Return the entry of each address: that of the device that is managed there, else the newest.

    Of several that were heard of at one address, the others went elsewhere.
    """
    rows = DiscoveredDevice.objects.select_for_update()
    found = {row.address: row for row in rows.filter(address__in=addresses).order_by("seen_at")}
    by_uuid = {row.uuid: place for place, row in managed.items() if row.uuid}
    for row in rows.filter(uuid__in=by_uuid):
        if row.uuid:
            found[by_uuid[row.uuid]] = row
    return found


def _fill(
    row: DiscoveredDevice, one: Found, name: str, server: Server | None, at: datetime
) -> None:
    row.address, row.seen_at, row.scanned_at = one.address, at, at
    row.ports, row.tls_version = list(one.ports), one.tls_version
    row.name = name or row.name
    row.server = row.server or server
    if one.state is not None:
        row.state = int(one.state)
    is_vaguer = row.firmware.startswith(f"{one.firmware}.")
    if one.firmware and not is_vaguer:
        row.firmware = one.firmware
