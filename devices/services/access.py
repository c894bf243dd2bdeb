"""Refuse an act with a sentence that says what is missing and where."""

from django.core.exceptions import PermissionDenied

from devices.models import Folder, User
from devices.models.rights import Right, may_in


def require(user: User, right: Right, *folders: Folder) -> None:
    """Raise PermissionDenied unless ``user`` holds ``right`` in each of ``folders``."""
    for folder in folders:
        if not may_in(user, right, folder):
            raise PermissionDenied(
                f"{right.label}: you may not do that in {folder}. Ask an administrator of {folder}."
            )
