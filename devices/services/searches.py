"""Saved searches: keep the filter of the list of devices under a name, for oneself or for all."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import QueryDict

from devices import audit
from devices.models import SavedSearch, User
from devices.models.rights import Right, may
from devices.services import selection

MOST = 100  # of one person
OFFERED = 50  # in the menu of the list


def may_share(user: User) -> bool:
    """Return whether others may be offered what this person saves."""
    return may(user, Right.CONFIGURE)


def may_change(user: User, search: SavedSearch) -> bool:
    """Return whether this person may rename, share or delete ``search``."""
    return may_share(user) if search.is_shared else search.owner_id == user.pk


@transaction.atomic
def save_search(*, name: str, is_shared: bool, query: QueryDict, by: User) -> SavedSearch:
    """Keep the filter that ``query`` names, with its folder.

    Raises:
        ValidationError: it cannot be read, the name is taken, or there are too many.
        PermissionDenied: ``by`` may not share.
    """
    listing = selection.listing(by, query)
    if listing is None or listing.unreadable:
        raise ValidationError("This filter cannot be read.")
    if not listing.folder and not listing.is_filtered:
        raise ValidationError("The list has no filter to save.")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two at once are counted, too
    if by.searches.count() >= MOST:
        raise ValidationError(f"You have {MOST} saved searches. Delete one first.")
    search = SavedSearch(owner=by, folder=listing.folder, query=listing.query)
    _name(search, name, is_shared=is_shared, by=by)
    audit.record(by, "search.save", search, new=_told(search))
    return search


@transaction.atomic
def change_search(*, search: SavedSearch, name: str, is_shared: bool, by: User) -> None:
    """Give a search another name; share it, or no longer.

    Raises:
        ValidationError: the name is taken.
        PermissionDenied: it is not theirs to change or to share.
    """
    require_change(by, search)
    before = _told(search)
    _name(search, name, is_shared=is_shared, by=by)
    old, new = audit.changes(before, _told(search))
    audit.record(by, "search.change", search, old=old, new=new)


@transaction.atomic
def delete_search(*, search: SavedSearch, by: User) -> None:
    """Delete a search; devices stay.

    Raises:
        PermissionDenied: it is not theirs to delete.
    """
    require_change(by, search)
    audit.record(by, "search.delete", search, old=_told(search))
    search.delete()


def require_change(by: User, search: SavedSearch) -> None:
    """Raise PermissionDenied unless this person may change ``search``."""
    if not may_change(by, search):
        whose = "shared: changing it needs the right to change settings" if search.is_shared else ""
        raise PermissionDenied(f"This search is {whose or 'not yours'}.")


def _name(search: SavedSearch, name: str, *, is_shared: bool, by: User) -> None:
    if is_shared and not may_share(by):
        raise PermissionDenied("To share a search takes the right to change settings of the zone.")
    others = search.owner.searches.filter(name__iexact=name).exclude(pk=search.pk)
    if others.exists():
        raise ValidationError({"name": f"There is a search named {name} already."})
    search.name, search.is_shared = name, is_shared
    search.save()


def _told(search: SavedSearch) -> dict[str, object]:
    folder = str(search.folder) if search.folder else ""
    told = {"name": search.name, "shared": search.is_shared, "folder": folder}
    return {**told, "filter": search.query}
