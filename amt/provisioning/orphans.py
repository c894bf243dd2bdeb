"""The register of devices that may still be set up though the console manages them no more."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from amt.models import Orphan
from devices import audit
from devices.models import User
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
