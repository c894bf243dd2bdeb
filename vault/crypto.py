"""Close and open secrets. Each has a data key of its own, wrapped by the zone's key ring.

The labels are constants kept with the data for ever: a changed one opens nothing.
"""

import os
from collections.abc import Iterable
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db.models import prefetch_related_objects
from django.views.decorators.debug import sensitive_variables

from vault.errors import VaultEmpty, VaultError
from vault.keys import KEY_BYTES, KeyProvider, KeyRing, lock, unlock, zone_ring
from vault.models import ZONE, Secret, WrappedKey, zone_keys

TEXT_LABEL = b"zcc vault: text of secret"
KEY_LABEL = b"zcc vault: data key of secret"


def key_ring() -> KeyRing:
    """Return the zone's key ring as it is now."""
    return zone_ring(is_used=WrappedKey.objects.filter(recipient=ZONE).exists)


@sensitive_variables()
def seal(secret: Secret, text: str, *, keys: KeyProvider | None = None) -> WrappedKey:
    """Fill ``secret.sealed`` and return its data key, wrapped; the caller saves both."""
    data_key = os.urandom(KEY_BYTES)
    clear = text.encode(errors="surrogatepass")  # an error would hold the text
    secret.sealed = lock(AESGCM(data_key), clear, text_label(secret.pk))
    key_id, wrapped = (keys or key_ring()).wrap(data_key, key_label(secret.pk))
    return WrappedKey(secret=secret, recipient=ZONE, key_id=key_id, wrapped=wrapped)


@sensitive_variables()
def reveal(
    secrets: Iterable[Secret],
    *,
    keys: KeyProvider | None = None,
    unreadable: dict[UUID, VaultError] | None = None,
) -> dict[UUID, str]:
    """Return the clear texts by the secrets' ids. Keep them no longer than the work takes.

    With ``unreadable`` a secret that does not open is put there with its error, so that one bad
    row does not stop the others; without it the first error is raised. One query, or none for
    what ``Secret.objects.active_for`` returned.
    """
    rows = list(secrets)
    if not rows:
        return {}
    if unread := [row for row in rows if not hasattr(row, "zone_keys")]:
        prefetch_related_objects(unread, zone_keys())
    ring = keys or key_ring()
    texts: dict[UUID, str] = {}
    for secret in rows:
        try:
            texts[secret.pk] = _open(secret, ring)
        except VaultError as error:
            if unreadable is None:
                raise
            unreadable[secret.pk] = error
    return texts


def _open(secret: Secret, ring: KeyProvider) -> str:
    for row in secret.zone_keys:  # type: ignore[attr-defined]  # see zone_keys()
        data_key = ring.unwrap(row.key_id, bytes(row.wrapped), key_label(secret.pk))
        box = bytes(secret.sealed)  # PostgreSQL gives a memoryview
        clear = unlock(AESGCM(data_key), box, text_label(secret.pk))
        return clear.decode(errors="surrogatepass")
    raise VaultEmpty


@sensitive_variables()
def rewrap(row: WrappedKey, ring: KeyRing) -> None:
    """Wrap the data key of ``row`` under the ring's current key; the caller saves it."""
    label = key_label(row.secret_id)
    data_key = ring.unwrap(row.key_id, bytes(row.wrapped), label)
    row.key_id, row.wrapped = ring.wrap(data_key, label)


def text_label(secret_id: UUID) -> bytes:
    """Return what binds a text to its row: copied to another one it does not open."""
    return TEXT_LABEL + b"\0" + secret_id.bytes


def key_label(secret_id: UUID) -> bytes:
    """Return what binds a data key to its secret and recipient; the ring adds the key's id."""
    return KEY_LABEL + b"\0" + secret_id.bytes + b"\0" + ZONE.encode()
