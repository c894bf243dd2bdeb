"""The register of devices that may still be set up though the console manages them no more."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from amt.models import AmtSettings, Orphan
from amt.services import managing
from amt.services.settings import save_settings
from devices import audit
from devices.models import Device, Folder, Server, User
from devices.models.rights import Right, may
from vault.models import Credential


@dataclass(frozen=True)
class Left:
    """What is known of a device that is left behind."""

    uuid: UUID | None
    name: str
    address: str
    credential: Credential
    pin: str = ""  # SHA-256 of the certificate that it shows
    realm: str = ""
    firmware: str = ""


def add(left: Left, *, why: str, by: User | None) -> Orphan:
    """Write a device down; one that is in the register already is described anew."""
    values = {
        "name": left.name[:100],
        "address": left.address,
        "credential": left.credential,
        "pin": left.pin,
        "realm": left.realm,
        "firmware": left.firmware,
        "why": why,
        "by_name": by.get_username() if by else audit.acting_name.get(),
    }
    known = Orphan.objects.filter(uuid=left.uuid, solved_at=None).first() if left.uuid else None
    orphan = known or Orphan(uuid=left.uuid)
    for name, value in values.items():
        setattr(orphan, name, value)
    orphan.save()
    told = {"uuid": str(left.uuid or ""), "address": left.address, "why": why}
    audit.record(by, "orphan.add", orphan, new=told)
    return orphan


def solve(uuids: Collection[UUID], *, how: str) -> int:
    """Close the entries of devices that were heard of again; return how many."""
    open_ones = Orphan.objects.filter(uuid__in=uuids, solved_at=None)
    return open_ones.update(solved_at=timezone.now(), solved_how=how)


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
    device = managing.new_device(orphan.name, folder=folder, by=by)
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
