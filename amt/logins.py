"""The logins of devices, out of the vault: for connect.py to sign in with, and for setup.bin."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured

from amt.guard import version
from amt.models import AmtSettings
from amt.protocol.errors import AmtError, AmtNotSetUp
from vault import crypto
from vault.errors import VaultError
from vault.models import Credential, Secret


@dataclass(frozen=True, slots=True)
class Login:
    """A name and password to show to a device, and what people call them."""

    credential: str
    name: str
    password: str = field(repr=False)
    version: str  # as the lock-out guard counts it
    is_counted: bool = True  # False: not what the device is used with, so no refusal counts


def of_rows(rows: Collection[AmtSettings]) -> dict[int, Login | AmtError]:
    """Return the active login for each row, one of the device itself first, or why not."""
    uuids = [row.uuid for row in rows if row.uuid]
    secrets = Secret.objects.active_for({row.credential_id for row in rows}, uuids)
    by_place = {(secret.credential_id, secret.amt_uuid): secret for secret in secrets}
    unreadable: dict[UUID, VaultError] = {}
    texts = _revealed(by_place.values(), unreadable)
    found: dict[int, Login | AmtError] = {}
    for row in rows:
        own, shared = (row.credential_id, row.uuid), (row.credential_id, None)
        secret = by_place.get(own) or by_place.get(shared)
        if secret is None:
            found[row.pk] = AmtNotSetUp(code="password-missing", credential=row.credential)
        elif secret.pk in texts:
            kept = row.credential
            key = version(secret.pk, kept.login_name)
            found[row.pk] = Login(kept.name, kept.login_name, texts[secret.pk], key)
        else:
            found[row.pk] = _closed(unreadable[secret.pk])
    return found


def of_secret(rows: Collection[AmtSettings], secret: Secret) -> dict[int, Login | AmtError]:
    """Return one login for all rows: ``secret``, active or not, of its credential."""
    unreadable: dict[UUID, VaultError] = {}
    texts = _revealed([secret], unreadable)
    if error := unreadable.get(secret.pk):
        return dict.fromkeys((row.pk for row in rows), _closed(error))
    kept, text = secret.owner, texts[secret.pk]
    key = version(secret.pk, kept.login_name)
    is_used = secret.state == Secret.State.ACTIVE and secret.amt_uuid is None
    return {
        row.pk: Login(kept.name, kept.login_name, text, key, is_used and row.login == key)
        for row in rows
    }


def of_credentials(rows: Collection[Credential]) -> dict[UUID, Login | AmtError]:
    """Return the active login of each credential that has one, by the credential's key."""
    secrets = Secret.objects.active_for([row.pk for row in rows]).filter(amt_uuid=None)
    unreadable: dict[UUID, VaultError] = {}
    texts = _revealed(secrets, unreadable)
    found: dict[UUID, Login | AmtError] = {}
    for secret in secrets:
        kept = secret.owner
        if secret.pk in texts:
            key = version(secret.pk, kept.login_name)
            found[kept.pk] = Login(kept.name, kept.login_name, texts[secret.pk], key)
        else:
            found[kept.pk] = _closed(unreadable[secret.pk])
    return found


def _closed(error: VaultError) -> AmtNotSetUp:
    return AmtNotSetUp(str(error), code=error.code)


def _revealed(secrets: Iterable[Secret], unreadable: dict[UUID, VaultError]) -> dict[UUID, str]:
    """Return the clear texts; where the key ring itself is missing, all of them are unreadable."""
    rows = list(secrets)
    try:
        return crypto.reveal(rows, unreadable=unreadable)
    except ImproperlyConfigured as error:
        unreadable |= {secret.pk: VaultError(str(error)) for secret in rows}
        return {}
