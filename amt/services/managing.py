"""Make managed devices of discovered ones."""

from collections.abc import Collection

from django.conf import settings
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
            known = AmtSettings.objects.filter(uuid=row.uuid).first() if row.uuid else None
            row.device = known.device if known else _made(row, folder, by)
            row.save(update_fields=["device"])
        found.append(row.device)
    return found


def _made(row: DiscoveredDevice, folder: Folder, by: User) -> Device:
    name = row.name.partition(".")[0] or str(row.address)
    return new_device(name, folder=folder, by=by, host_name=row.name)


def new_device(name: str, *, folder: Folder, by: User, host_name: str = "") -> Device:
    """Make a device; a name that is taken gets a number."""
    taken = set(Device.objects.filter(folder=folder).values_list("name", flat=True))
    number, free = 2, name
    while free.lower() in {one.lower() for one in taken}:
        free, number = f"{name} ({number})", number + 1
    return devices.create_device(
        folder=folder, asked_by=by, name=free, host_name=host_name, is_simulated=settings.PRACTICE
    )
