"""Take devices back that were managed before, as they were left; or say what became of them."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from amt import former
from amt.models import AmtSettings, DiscoveredDevice, FormerSettings, Orphan
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
    _restore(device, orphan, address=orphan.address, server=server, by=by)
    close(orphan=orphan, how=f"Managed again as {device}.", by=by)
    return device


@transaction.atomic
def use_again(*, device: Device, by: User) -> AmtSettings:
    """Set a device up with what opened its engine before, found by its UUID.

    Its certificate and realm are those that were known. With a certificate, the address is where
    it was discovered: another engine there gets no password. Without one anybody may have said
    hello from there with its UUID, so the address is the one before.

    Raises:
        PermissionDenied: ``by`` may not set it up, or nothing is kept that ``by`` may use.
        ValidationError: no server has registered, or no password may be sent to its address.
        SettingsChanged: somebody set it up meanwhile.
    """
    found = former.offered(device, by)
    if found is None:
        raise PermissionDenied("Nothing is kept of its Intel AMT that you may use.")
    server = found.server or Server.objects.order_by("pk").first()
    if server is None:
        raise ValidationError("No server has registered yet, so nobody could talk to it.")
    entry = DiscoveredDevice.objects.filter(uuid=found.uuid).first() if found.pin else None
    address = str(entry.address) if entry else found.address
    row = _restore(device, found, address=address, server=server, by=by)
    how = f"Managed again as {device}."
    Orphan.objects.filter(uuid=found.uuid, solved_at=None).update(
        solved_at=timezone.now(), solved_how=how
    )
    former.forget([found.uuid])
    return row


def _restore(
    device: Device, left: Orphan | FormerSettings, *, address: str, server: Server, by: User
) -> AmtSettings:
    """Give a device the settings that were left behind, and what was known of the engine."""
    row = save_settings(
        device=device,
        asked_by=by,
        address=address,
        credential=left.credential,
        server=server,
        mode=left.mode,
    )
    row.uuid, row.pin, row.realm, row.firmware = left.uuid, left.pin, left.realm, left.firmware
    row.save(update_fields=["uuid", "pin", "realm", "firmware"])
    return row


def _allow(by: User) -> None:
    if not may(by, Right.PROVISION):
        raise PermissionDenied("You may look at orphaned devices, not deal with them.")
