"""The lock-out guard: a device that refuses a login twice in a row is not shown it again.

Counted for each device and version of its credential, so that another password, another
credential or a person's *Try again* begins anew. A sign-in is entered before it is made, with the
row locked: however many workers try at once, no more than MOST_REFUSALS can be refused.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from amt.models import AmtSettings
from devices.models import Device
from devices.models.device import SIGN_IN_TROUBLE
from devices.models.many_rows import update_each

MOST_REFUSALS = 2  # in a row; some firmware locks the account at the third
# A worker that died loses its lines to others after this time, and its sign-ins are forgotten.
TRY_FOR = timedelta(seconds=settings.ITEM_LEASE_SECONDS)
STOPPED = "sign-in-stopped"
KEPT = ["login", "refusals", "tries", "tries_until"]


class Tried(Protocol):
    """What the guard needs to know of a try that ended."""

    @property
    def settings(self) -> AmtSettings: ...

    @property
    def is_counted(self) -> bool: ...

    @property
    def is_accepted(self) -> bool | None:
        """Return whether the device took the login; None: it did not judge it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be tried: by a task, in the background, or because a person asked for it."""

    most_refusals: int = MOST_REFUSALS
    is_background: bool = False  # leaves alone where another tries already

    def allows(self, row: AmtSettings) -> bool:
        """Return whether one more sign-in may be made."""
        if self.is_background and row.tries:
            return False
        return row.refusals + row.tries < self.most_refusals


TASK, BACKGROUND = Policy(), Policy(is_background=True)
ONCE_MORE = Policy(most_refusals=10_000)


def version(secret: UUID, login_name: str) -> str:
    """Return what a refusal speaks of: this password under this name."""
    return f"{secret}/{login_name}"


def enter(rows: Iterable[AmtSettings], logins: Mapping[int, str], policy: Policy) -> set[int]:
    """Enter a sign-in for each of ``rows`` where one may be made; return their primary keys.

    ``rows`` are locked by the caller's transaction; ``logins`` are versions by primary key.
    """
    now = timezone.now()
    entered = []
    for row in rows:
        login = logins.get(row.pk)
        if login is None:
            continue
        if row.login != login:
            row.login, row.refusals = login, 0
        if row.tries_until is None or row.tries_until < now:
            row.tries = 0
        if policy.allows(row):
            row.tries, row.tries_until = row.tries + 1, now + TRY_FOR
            entered.append(row)
    update_each(entered, KEPT, guard=AmtSettings.objects.all())
    return {row.pk for row in entered}


@transaction.atomic
def settle(tries: Iterable[Tried]) -> None:
    """Write down how sign-ins ended that were entered."""
    counted = [one for one in tries if one.is_counted]
    _lock(one.settings for one in counted)
    accepted = [one.settings for one in counted if one.is_accepted]
    refused = [one.settings for one in counted if one.is_accepted is False]
    _rows(one.settings for one in counted).filter(tries__gt=0).update(tries=F("tries") - 1)
    if accepted:
        _rows(accepted).filter(refusals__gt=0).update(refusals=0)
        _look_again([row for row in accepted if row.refusals])
    if refused:
        _count(refused)


def _count(refused: Collection[AmtSettings]) -> None:
    """Add a refusal to each, unless its login is another by now; stop those that had enough."""
    for login in {row.login for row in refused}:
        _rows(refused).filter(login=login).update(refusals=F("refusals") + 1)
    stopped = _rows(refused).filter(refusals__gte=MOST_REFUSALS).values("device")
    devices = Device.objects.filter(pk__in=stopped)
    devices.filter(unreadable_since=None).update(unreadable_since=Now())
    devices.update(unreadable_code=STOPPED)


def lift(row: AmtSettings) -> None:
    """Forget what a device refused, and have its state read soon."""
    _rows([row]).update(refusals=0, tries=0)
    _look_again([row])


def _lock(rows: Iterable[AmtSettings]) -> None:
    """Lock these rows in the order in which ``enter``'s callers do: nobody waits in a circle."""
    list(_rows(rows).select_for_update().order_by("pk").values_list("pk"))


def _rows(rows: Iterable[AmtSettings]) -> QuerySet[AmtSettings]:
    return AmtSettings.objects.filter(pk__in=[row.pk for row in rows])


def _look_again(rows: Collection[AmtSettings]) -> None:
    if rows:
        Device.objects.filter(
            pk__in=[row.device_id for row in rows], unreadable_code__in=SIGN_IN_TROUBLE
        ).update(unreadable_code="", poll_due_at=None)
