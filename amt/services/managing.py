"""Make managed devices of discovered ones."""

from collections.abc import Collection

from django.db import transaction

from amt.models import AmtSettings, DiscoveredDevice
from devices.models import Device, Folder, User
from devices.services import devices


@transaction.atomic
def add_to_managed(*, rows: Collection[DiscoveredDevice], folder: Folder, by: User) -> list[Device]:
    """Return the devices of ``rows``, made in ``folder`` where there is none yet."""
    found = []
    for row in rows:
        if row.device is None:
            known = _known(row)
            row.device = known.device if known else _made(row, folder, by)
            row.save(update_fields=["device"])
        found.append(row.device)
    return found


def _known(row: DiscoveredDevice) -> AmtSettings | None:
    """Return the settings of the engine of an entry, unless a person said that it is not theirs."""
    if row.uuid is None:
        return None
    apart = row.decisions.filter(is_same=False).values("device")
    return AmtSettings.objects.filter(uuid=row.uuid).exclude(device__in=apart).first()


def _made(row: DiscoveredDevice, folder: Folder, by: User) -> Device:
    name = row.name.partition(".")[0] or str(row.address)
    return devices.create_with_free_name(name, folder=folder, asked_by=by, host_name=row.name)
