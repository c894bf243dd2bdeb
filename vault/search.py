"""Credentials among the results of the bar's search, for those who may use the vault."""

from devices.models import User
from devices.services.find import Group, declare
from vault.models import Credential


def credentials(user: User, text: str, most: int) -> Group:
    """Return the credentials that match; never a secret, which no search reads."""
    found = Credential.objects.visible_to(user).search(text).order_by("name")
    return Group("Credentials", "key", list(found[:most]))


declare(credentials)
