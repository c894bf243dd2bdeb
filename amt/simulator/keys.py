"""The private keys of simulated devices: one of each kind per process, in memory or in files."""

import threading
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .profiles import Identity

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class KeyStore:
    """Keys by the kind of identity; making one per device would take minutes."""

    def __init__(self) -> None:
        self._keys: dict[Identity, Key] = {}
        self._place: Path | None = None

    def load(self, place: Path) -> None:
        """Keep the keys in files from now on, so that certificates stay the same."""
        if place != self._place:
            self._place = place
            self._keys.clear()
        self.of(Identity.RSA_2048)

    def of(self, identity: Identity) -> Key:
        """Return the key of one kind, made when it is first needed."""
        if identity not in self._keys:
            self._keys[identity] = self._kept(identity) if self._place else make(identity)
        return self._keys[identity]

    def _kept(self, identity: Identity) -> Key:
        place = self._file(identity)
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch(mode=0o600)
            place.write_bytes(pem(make(identity)))
        key = serialization.load_pem_private_key(place.read_bytes(), password=None)
        if not isinstance(key, Key):
            raise ValueError(f"{place} holds no key of a device.")
        return key

    def _file(self, identity: Identity) -> Path:
        """Return the file that was named, and beside it one for each other kind."""
        assert self._place is not None  # noqa: S101 - asked for where there is one
        if identity is Identity.RSA_2048:
            return self._place
        return self._place.with_name(f"{self._place.name}.{identity.value}")


def make(identity: Identity) -> Key:
    """Return a new key of one kind."""
    if identity is Identity.ON_DIE:
        return ec.generate_private_key(ec.SECP384R1())
    bits = 1024 if identity is Identity.RSA_1024_SHA1 else 2048
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: Key) -> bytes:
    """Return a key as a file holds it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


class GeneratedKeys:
    """RSA keys that devices generate: a few of each length, each given out again and again.

    No device gets the same one twice.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: dict[int, list[rsa.RSAPrivateKey]] = {}
        self._lock = threading.Lock()
        self._next = 0

    def next(self, length: int, is_known: Callable[[Key], bool]) -> rsa.RSAPrivateKey:
        """Return a key of so many bits that the device does not know yet."""
        with self._lock:
            made = self._made.setdefault(length, [])
            while len(made) < self._most:
                made.append(rsa.generate_private_key(public_exponent=65537, key_size=length))
                if not is_known(made[-1]):
                    return made[-1]
            self._next += 1
            start = self._next % len(made)
            turned = made[start:] + made[:start]
            return next(key for key in turned if not is_known(key))


KEYS = KeyStore()
GENERATED = GeneratedKeys(most=8)  # twice as many as a device has room for
