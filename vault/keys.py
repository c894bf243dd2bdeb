"""The zone's key ring: it wraps the data keys of the secrets. crypto.py alone opens with it."""

import base64
import binascii
import fcntl
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from vault.errors import VaultKeyMissing, VaultTampered

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"  # version byte, nonce, ciphertext with tag
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")
LINE = "Each key is written id:base64 with 32 bytes; the first one wraps, all of them open."


class KeyProvider(Protocol):
    """Wraps and opens data keys; a key server would be another one of these."""

    def wrap(self, data_key: bytes, label: bytes) -> tuple[str, bytes]:
        """Return the id of the current key and ``data_key`` wrapped under it."""

    def unwrap(self, key_id: str, wrapped: bytes, label: bytes) -> bytes:
        """Return the data key; raise a VaultError where that cannot be."""


class KeyRing:
    """The keys that this process was given; the first one wraps."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.current = next(iter(keys))

    @property
    def ids(self) -> list[str]:
        """Return the ids of the keys, the current one first."""
        return list(self._ciphers)

    def wrap(self, data_key: bytes, label: bytes) -> tuple[str, bytes]:
        """Wrap ``data_key`` under the current key; ``label`` and the key's id are bound to it."""
        cipher = self._ciphers[self.current]
        return self.current, lock(cipher, data_key, _with_id(label, self.current))

    def unwrap(self, key_id: str, wrapped: bytes, label: bytes) -> bytes:
        """Open ``wrapped`` with the key it names."""
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise VaultKeyMissing(key_id)
        return unlock(cipher, wrapped, _with_id(label, key_id))


def _with_id(label: bytes, key_id: str) -> bytes:
    return label + b"\0" + key_id.encode()


def lock(cipher: AESGCM, clear: bytes, label: bytes) -> bytes:
    """Return version byte, nonce and ciphertext of ``clear``, bound to ``label``."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + cipher.encrypt(nonce, clear, label)


def unlock(cipher: AESGCM, box: bytes, label: bytes) -> bytes:
    """Return what ``lock`` was given; any other ``label`` or changed byte is refused."""
    if box[:1] != VERSION:
        raise VaultTampered
    try:
        return cipher.decrypt(box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :], label)
    except (InvalidTag, ValueError):
        raise VaultTampered from None


def zone_ring(*, is_used: Callable[[], bool]) -> KeyRing:
    """Return the zone's ring, read anew: a key put into the file counts from the next call on.

    Without VAULT_KEYS the ring is DATA_DIR/vault.keys. It is made where there is none, except
    when ``is_used`` says that the database holds data keys which a new ring could not open.
    """
    if settings.VAULT_KEYS:
        return KeyRing(parse(settings.VAULT_KEYS, "ZCC_VAULT_KEYS"))
    path = ring_file()
    if not path.exists():
        if is_used():
            raise ImproperlyConfigured(
                f"The vault holds secrets, but their key file {path} is missing. "
                "Put it back from your backup, or set ZCC_VAULT_KEYS."
            )
        write(path, new_line())
    return KeyRing(parse(path.read_text(), str(path)))


def ring_file() -> Path:
    """Return the path of the ring that is used when ZCC_VAULT_KEYS is empty."""
    return Path(settings.DATA_DIR) / "vault.keys"


@sensitive_variables()
def parse(text: str, source: str) -> dict[str, bytes]:
    """Return the keys in ``text``, in order; they stand apart by commas or line ends."""
    keys: dict[str, bytes] = {}
    for number, part in enumerate(re.split(r"[,\s]+", text.strip()), start=1):
        key_id, _, encoded = part.partition(":")
        key = _decoded(encoded)
        if not KEY_ID.fullmatch(key_id) or key_id in keys or len(key) != KEY_BYTES:
            raise ImproperlyConfigured(f"{source}: key {number} cannot be used. {LINE}")
        keys[key_id] = key
    return keys


@sensitive_variables()
def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""


@sensitive_variables()
def new_line() -> str:
    """Return a new key as the ring writes it; its id tells the day it was made."""
    key_id = f"{timezone.now():%Y%m%d}-{secrets.token_hex(3)}"
    return f"{key_id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}\n"


@sensitive_variables()
def write(path: Path, text: str, *, replace: bool = False) -> None:
    """Put ``text`` into ``path`` (mode 0600), whole or not at all; keep a file that is there.

    Of two processes that start at once the first one's file stays, and both read that.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        file = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(file, "w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        _place(draft, path, replace=replace)
    finally:
        draft.unlink(missing_ok=True)


def _place(draft: Path, path: Path, *, replace: bool) -> None:
    if replace:
        draft.replace(path)
    else:
        try:
            os.link(draft, path)  # fails where the file exists; rename would not
        except FileExistsError:
            return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@sensitive_variables()
def add_key() -> str:
    """Put a new key at the head of the ring's file; return its id."""
    line, path = new_line(), ring_file()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # of two at once none may lose the other's key
        write(path, line + path.read_text(), replace=True)
    finally:
        os.close(folder)
    return line.partition(":")[0]
