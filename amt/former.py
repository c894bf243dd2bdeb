"""Keep what opened an engine when its device or settings are deleted, and find it by UUID."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from amt.models import AmtSettings, DiscoveredDevice, FormerSettings
from devices.models import Device, DeviceQuerySet, Folder, HostReport, User
from devices.models.rights import Right, may, may_in

COPIED = ("mode", "address", "credential", "server", "pin", "realm", "firmware")
BATCH = 1_000


def keep_of_devices(devices: DeviceQuerySet) -> None:
    """Keep the settings of ``devices``, which are about to be deleted."""
    keep(AmtSettings.objects.filter(device__in=devices))


def keep(rows: QuerySet[AmtSettings]) -> None:
    """Keep settings whose engine told its UUID: the newest of each."""
    former = {uuid: _former(row, uuid) for row in _told(rows) if (uuid := row.uuid)}
    FormerSettings.objects.bulk_create(
        former.values(),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["uuid"],
        update_fields=[*COPIED, "device_name", "folder", "ended_at"],
    )


def _told(rows: QuerySet[AmtSettings]) -> QuerySet[AmtSettings]:
    ways = ("device__folder", "credential", "server")
    return rows.exclude(uuid=None).select_related(*ways).order_by("pk")


def _former(row: AmtSettings, uuid: UUID) -> FormerSettings:
    return FormerSettings(
        uuid=uuid,
        device_name=row.device.name,
        folder=row.device.folder,
        ended_at=timezone.now(),
        **{name: getattr(row, name) for name in COPIED},
    )


def forget(uuids: Collection[UUID]) -> None:
    """Forget what opened engines that took other passwords, or none, since."""
    FormerSettings.objects.filter(uuid__in=uuids).delete()


def uuid_of(device: Device) -> UUID | None:
    """Return the UUID of a device that is not set up: as its agent says, or as it was discovered.

    An engine that waits to be set up, or is not, has forgotten its password: none then.
    """
    report = HostReport.objects.filter(device=device).exclude(uuid=None).first()
    entry = DiscoveredDevice.objects.filter(device=device).exclude(uuid=None).first()
    if entry is None and report:
        entry = DiscoveredDevice.objects.filter(uuid=report.uuid).first()
    if entry and entry.state in (DiscoveredDevice.State.PRE, DiscoveredDevice.State.IN):
        return None
    return entry.uuid if entry else report.uuid if report else None


def offered(device: Device, user: User) -> FormerSettings | None:
    """Return what opened the engine of a device that is not set up, if ``user`` may use it.

    That takes the rights to set the device up, and to use credentials where it was before: a UUID
    is what a PC says of itself, and opens nothing of other people's.
    """
    if device.mode or not (uuid := uuid_of(device)):
        return None
    rows = FormerSettings.objects.select_related("credential", "server", "folder")
    found: FormerSettings | None = rows.filter(uuid=uuid).first()
    rights = [(Right.CONFIGURE, device.folder), (Right.CREDENTIALS, device.folder)]
    if found and not all(may_in(user, right, place) for right, place in rights):
        return None
    if found and not _may_use(user, found.folder):
        return None
    return found


def _may_use(user: User, folder: Folder | None) -> bool:
    return may_in(user, Right.CREDENTIALS, folder) if folder else may(user, Right.CREDENTIALS)
