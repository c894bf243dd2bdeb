"""What is kept of sign-ins: who came, who went, who was refused, who is locked out and how long."""

from datetime import datetime, timedelta

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Max
from django.utils import timezone

from devices import audit
from devices.models import AuditEntry, User


def record_sign_in(user: User) -> None:
    """Write down that ``user`` signed in with a password; sessions that ended long ago go."""
    SessionStore.clear_expired()
    audit.record(user, "person.sign_in", user, new={"by": "password"})


def record_sign_out(user: User) -> None:
    """Write down that ``user`` signed out."""
    audit.record(user, "person.sign_out", user)


def record_refusal(username: str) -> None:
    """Write down a refused sign-in. An unknown name is not kept: it may be a mistyped password."""
    audit.record(None, "person.sign_in_refused", _known(username))


def record_lock_out(username: str) -> None:
    """Write down that a name is locked out, once for each time it is."""
    user = _known(username)
    since = timezone.now() - lock_out_lasts()
    told = AuditEntry.objects.filter(verb="person.lock_out", at__gt=since)
    address = audit.client_address.get()
    if not told.filter(target_id=str(user.pk) if user else "", address=address).exists():
        audit.record(None, "person.lock_out", user)


def lock_out_ends_at(username: str, address: str | None) -> datetime:
    """Return when a locked-out name may try again from this address."""
    attempts = AccessAttempt.objects.filter(username=username, ip_address=address)
    last: datetime | None = attempts.aggregate(last=Max("attempt_time"))["last"]
    return (last or timezone.now()) + lock_out_lasts()


def lock_out_lasts() -> timedelta:
    """Return how long a lock-out lasts."""
    return get_cool_off() or timedelta()


def _known(username: str) -> User | None:
    return User.objects.filter(username=username.replace("\0", "")).first()
