"""The register of devices that may still be set up though the console manages them no more."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from amt.models import DiscoveredDevice, Orphan, Provisioning
from devices import audit
from devices.models import User
from vault.models import Credential

UNDER_WAY = timedelta(hours=1)  # a set-up that committed may still be finished


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


def adopt() -> int:
    """Write down the devices that were deleted here while they were set up; return how many."""
    long_ago = timezone.now() - UNDER_WAY
    left = Q(done_at__isnull=False) | Q(committed_at__lt=long_ago)
    rows = Provisioning.objects.filter(left, device=None).select_related("credential")
    found = list(rows.select_related("certificate"))
    entries = {row.uuid: row for row in DiscoveredDevice.objects.filter(uuid__in=_uuids(found))}
    for row in found:
        entry = entries.get(row.uuid)
        address = str(entry.address) if entry else ""
        pin = row.certificate.sha256 if row.certificate else ""
        firmware = entry.firmware if entry else ""
        name = str(entry) if entry else str(row.uuid)
        add(
            Left(row.uuid, name, address, row.credential, pin, firmware=firmware),
            why="Its device was deleted here while it was provisioned.",
            by=None,
        )
        row.delete()
    return len(found)


def _uuids(rows: Collection[Provisioning]) -> list[UUID]:
    return [row.uuid for row in rows]


def solve(uuids: Collection[UUID], *, how: str) -> int:
    """Close the entries of devices that wait to be set up again; return how many."""
    open_ones = Orphan.objects.filter(uuid__in=uuids, solved_at=None)
    return open_ones.update(solved_at=timezone.now(), solved_how=how)
