"""What a person does about orphaned devices: take them back, or say that they were dealt with."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from amt.models import AmtSettings, Orphan
from amt.services.settings import save_settings
from devices import audit
from devices.models import Device, Folder, Server, User
from devices.models.rights import Right, may
from devices.services import devices


@transaction.atomic
def close(*, orphan: Orphan, how: str, by: User) -> None:
    """Say of an entry that it was dealt with, and how.

    Raises:
        PermissionDenied: ``by`` may not provision.
    """
    _allow(by)
    orphan.solved_at, orphan.solved_how = timezone.now(), how
    orphan.save(update_fields=["solved_at", "solved_how"])
    audit.record(by, "orphan.close", orphan, new={"how": how})


@transaction.atomic
def manage_again(*, orphan: Orphan, folder: Folder, server: Server, by: User) -> Device:
    """Take a device back as it was left: then it can be unprovisioned as any other.

    Raises:
        PermissionDenied: ``by`` may not provision, or not make devices in ``folder``.
        ValidationError: no password may be sent to its address any more.
    """
    _allow(by)
    device = devices.create_with_free_name(orphan.name, folder=folder, asked_by=by)
    save_settings(
        device=device,
        asked_by=by,
        address=orphan.address,
        credential=orphan.credential,
        server=server,
        mode=Device.Mode.ENTERPRISE,
    )
    AmtSettings.objects.filter(device=device).update(
        uuid=orphan.uuid, pin=orphan.pin, realm=orphan.realm, firmware=orphan.firmware
    )
    close(orphan=orphan, how=f"Managed again as {device}.", by=by)
    return device


def _allow(by: User) -> None:
    if not may(by, Right.PROVISION):
        raise PermissionDenied("You may look at orphaned devices, not deal with them.")
