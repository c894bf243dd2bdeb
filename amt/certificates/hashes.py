"""The hashes of a certificate, as openssl prints fingerprints and as MEBx takes them."""

import hashlib
from dataclasses import dataclass

ALGORITHMS = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA-256", "sha384": "SHA-384"}


@dataclass(frozen=True)
class Hash:
    """One hash; ``digits`` are upper-case hex."""

    algorithm: str  # a key of ALGORITHMS
    digits: str

    @property
    def label(self) -> str:
        return ALGORITHMS[self.algorithm]

    @property
    def colons(self) -> str:
        """Return 1F:0E:1C:… (S56)."""
        return _grouped(self.digits, 2, ":")

    @property
    def mebx(self) -> str:
        """Return 1F0E-1C88-… (S66)."""
        return _grouped(self.digits, 4, "-")


def of(der: bytes) -> dict[str, Hash]:
    """Return the hashes of a certificate by algorithm: MD5 and SHA1 first (S55), then D4's."""
    return {name: Hash(name, _digest(name, der)) for name in ALGORITHMS}


def _digest(name: str, der: bytes) -> str:
    # MD5 and SHA-1 are what old firmware compares, not a protection of ours.
    return hashlib.new(name, der, usedforsecurity=False).hexdigest().upper()


def _grouped(digits: str, size: int, mark: str) -> str:
    return mark.join(digits[at : at + size] for at in range(0, len(digits), size))
