"""Accounts and how people get in: add, change, disable, sign-in links, passwords, preferences.

What is written to the audit here never holds a password, a link, or a mistyped user name.
"""

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from devices import audit
from devices.models import Assignment, Folder, SignInLink, User
from devices.models.rights import Right, Role
from devices.models.sign_in_link import hashed
from devices.services.roles import assign_role, lock_zone, refuse_without_administrator

LINK_LASTS = timedelta(minutes=15)  # on a screen that the person sits at
INVITATION_LASTS = timedelta(hours=24)  # handed over by another person; asks for a new password
NAMES = ("username", "first_name", "last_name", "email")


@transaction.atomic
def make_sign_in_link(
    user: User, *, lasts: timedelta = LINK_LASTS, made_by: User | None = None
) -> str:
    """Return the path of a link that signs ``user`` in once; earlier links of theirs end.

    Whoever has to choose a password chooses it there, and the link is used up only then.
    """
    token = secrets.token_urlsafe(32)
    user.sign_in_links.all().delete()
    link = SignInLink.objects.create(
        user=user, token_hash=hashed(token), expires_at=timezone.now() + lasts
    )
    audit.record(
        made_by, "person.make_link", user, new={"valid until": link.expires_at.isoformat()}
    )
    return reverse("devices:sign_in_link", args=[token])


def find_sign_in_link(token: str) -> SignInLink | None:
    """Return the open link of this token, if its person is not disabled."""
    links = SignInLink.objects.open().of_token(token).filter(user__is_active=True)
    return links.select_related("user").first()


@transaction.atomic
def use_sign_in_link(*, link: SignInLink) -> bool:
    """Use the link up; False if it was used in the meantime."""
    if not SignInLink.objects.filter(pk=link.pk).use():
        return False
    audit.record(link.user, "person.sign_in", link.user, new={"by": "sign-in link"})
    return True


@transaction.atomic
def choose_first_password(*, link: SignInLink, password: str) -> bool:
    """Use the link up and keep the password its person chose; False if it was used before."""
    if not use_sign_in_link(link=link):
        return False
    change_password(user=link.user, password=password)
    return True


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    """Give ``user`` the password they chose; links and other sessions of theirs end."""
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    user.sign_in_links.open().update(used_at=timezone.now())
    audit.record(user, "person.change_password", user)


@transaction.atomic
def make_owner(*, username: str, must_change_password: bool = True) -> User | None:
    """Make the first Administrator of the zone, without a password; None if somebody is there."""
    zone = lock_zone()
    if User.objects.exists():
        return None
    user = User(username=username, must_change_password=must_change_password)
    user.set_unusable_password()
    user.save()
    Assignment.objects.create(user=user, folder=zone, role=Role.ADMINISTRATOR)
    audit.record(None, "person.add", user, new={"username": username, "role": "Administrator"})
    return user


@transaction.atomic
def add_person(
    *, by: User, folder: Folder, role: Role, rights: Collection[Right] = (), **names: str
) -> User:
    """Add an account with its first role. It has no password until its sign-in link is used."""
    user = User(**names, must_change_password=True)
    user.set_unusable_password()
    user.full_clean()
    user.save()
    audit.record(by, "person.add", user, new=_named(user))
    assign_role(user=user, folder=folder, role=role, rights=rights, by=by)
    return user


@transaction.atomic
def rename_person(*, user: User, by: User, **names: str) -> None:
    """Change the names and the e-mail address of an account."""
    before = _named(User.objects.get(pk=user.pk))
    for field in NAMES:
        setattr(user, field, names.get(field, getattr(user, field)))
    user.full_clean()
    user.save(update_fields=NAMES)
    old, new = audit.changes(before, _named(user))
    if new:
        audit.record(by, "person.change", user, old=old, new=new)


@transaction.atomic
def disable_person(*, user: User, by: User) -> None:
    """Keep ``user`` from signing in; open sessions end with their next request.

    Raises:
        ValidationError: it is the last Administrator of the zone.
    """
    lock_zone()
    user.is_active = False
    user.save(update_fields=["is_active"])
    user.sign_in_links.all().delete()
    refuse_without_administrator()
    audit.record(by, "person.disable", user)


@transaction.atomic
def enable_person(*, user: User, by: User) -> None:
    """Let ``user`` sign in again."""
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(by, "person.enable", user)


@transaction.atomic
def reset_person(*, user: User, by: User) -> str:
    """End the password and all sessions of ``user``; return the link to choose a new one."""
    user.set_unusable_password()
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    audit.record(by, "person.reset_password", user)
    return invite(user=user, by=by)


def invite(*, user: User, by: User) -> str:
    """Return the path of the link with which ``user`` chooses a password."""
    return make_sign_in_link(user, lasts=INVITATION_LASTS, made_by=by)


def _named(user: User) -> dict[str, str]:
    return {field: str(getattr(user, field)) for field in NAMES}


@transaction.atomic
def save_preferences(*, user: User, time_zone: str, **preferences: Any) -> None:
    """Keep what ``user`` chose for themselves."""
    before = {"time zone": user.time_zone, **user.preferences}
    user.time_zone = time_zone
    user.preferences = {**user.preferences, **preferences}
    user.save(update_fields=["time_zone", "preferences"])
    old, new = audit.changes(before, {"time zone": time_zone, **user.preferences})
    audit.record(user, "person.change_preferences", user, old=old, new=new)
