"""Tokens by which agents enrol: make one for one PC or many, take it, withdraw it, purge it."""

import hashlib
import secrets
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from devices import audit
from devices.models import Device, EnrolmentToken, Folder, User
from devices.models.rights import Right, may_in
from devices.services.access import require

MOST_PCS = 5_000  # that one token is for
MOST_DAYS = 30
ONE_DAY = timedelta(days=1)
KEPT_FOR = timedelta(days=7)  # beyond its end
PURGED_AT_ONCE = 1000
LISTED = 100


@transaction.atomic
def new_token(
    *,
    folder: Folder,
    device: Device | None = None,
    uses: int = 1,
    valid_for: timedelta = ONE_DAY,
    by: User,
) -> str:
    """Return a token that lets ``uses`` agents enrol; only its digest is kept.

    Raises:
        PermissionDenied: ``by`` may not edit devices in ``folder``.
        ValueError: it is for too many PCs or days, or for several and yet of one device.
    """
    if not may_in(by, Right.EDIT, folder):
        raise PermissionDenied("You may not add devices there.")
    if not 1 <= uses <= (1 if device else MOST_PCS) or valid_for > timedelta(days=MOST_DAYS):
        raise ValueError(f"A token cannot be for {uses} PCs and {valid_for}.")
    token = secrets.token_urlsafe(32)
    row = EnrolmentToken.objects.create(
        digest=_digest(token),
        folder=folder,
        device=device,
        made_by=by,
        expires_at=timezone.now() + valid_for,
        uses=uses,
        uses_left=uses,
    )
    told = {"token": row.pk, "uses": uses, "expires": row.expires_at.isoformat()}
    audit.record(by, "agent.token", device or folder, new=told)
    return token


def listed(user: User) -> tuple[list[EnrolmentToken], int]:
    """Return open tokens for where ``user`` may edit, for many first, and how many there are."""
    found = EnrolmentToken.objects.open().allowed(user, Right.EDIT)
    rows = found.select_related("device", "folder", "made_by").order_by("-uses", "-pk")
    return list(rows[:LISTED]), found.count()


def find(token: str) -> EnrolmentToken | None:
    """Return the token if a PC may still enrol by it, which only ``take`` makes sure."""
    rows = EnrolmentToken.objects.open().select_related("device__folder", "folder", "made_by")
    return rows.filter(digest=_digest(token)).first()


def take(row: EnrolmentToken) -> bool:
    """Use a token once; return whether it had a use left. Others wait until we commit."""
    left = EnrolmentToken.objects.open().filter(pk=row.pk)
    return bool(left.update(uses_left=F("uses_left") - 1))


@transaction.atomic
def withdraw(*, token: EnrolmentToken, by: User) -> None:
    """Let nobody enrol by a token any more; agents that did stay.

    Raises:
        PermissionDenied: ``by`` may not edit devices where its PCs go.
    """
    require(by, Right.EDIT, token.place)
    row = EnrolmentToken.objects.select_for_update().filter(pk=token.pk).first()
    if row is None:  # withdrawn by somebody else
        return
    row.delete()
    told = {"uses": row.uses, "uses_left": row.uses_left, "expires": row.expires_at.isoformat()}
    audit.record(by, "agent.withdraw", token.device or token.folder, old=told)


def forget(device: Device) -> None:
    """Let nobody enrol by a token that was made for this device and not used."""
    EnrolmentToken.objects.filter(device=device, uses_left__gt=0).delete()


def tick() -> None:
    """Delete some of what ended long ago, used up or not; the next round deletes more."""
    ended = EnrolmentToken.objects.filter(expires_at__lt=timezone.now() - KEPT_FOR)
    old = ended.order_by("expires_at").values("pk")[:PURGED_AT_ONCE]
    EnrolmentToken.objects.filter(pk__in=old).delete()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
