"""The hashes that must be in the devices of this zone, and which firmware takes which."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from amt.certificates import firmware, hashes
from amt.certificates.firmware import Generation
from amt.certificates.hashes import Hash
from amt.models import Certificate
from amt.models.certificates import chain_of


@dataclass(frozen=True)
class Root:
    """A root of the zone with its hashes; ``certificates`` are those that hang below it."""

    name: str
    der: bytes
    ends: datetime
    certificates: list[Certificate]

    @property
    def hashes(self) -> dict[str, Hash]:
        return hashes.of(self.der)

    @property
    def by_generation(self) -> list[tuple[Generation, Hash]]:
        """Return each generation of firmware with the hash that it takes."""
        found = self.hashes
        return [(one, found[one.algorithm]) for one in firmware.GENERATIONS]


def without_root() -> list[str]:
    """Return the management certificates whose root is not here: nobody knows its hash."""
    trust = list(Certificate.objects.authorities())
    rows = Certificate.objects.management()
    return [row.name for row in rows if chain_of(row, trust).root is None]


def roots() -> list[Root]:
    """Return the roots of all management certificates; without any, the zone's own authority."""
    trust = list(Certificate.objects.authorities())
    found: dict[bytes, Root] = {}
    for row in Certificate.objects.management().select_related("server"):
        if root := chain_of(row, trust).root:
            der = root.public_bytes(Encoding.DER)
            name = next((one.name for one in trust if bytes(one.der) == der), row.name)
            found.setdefault(der, Root(name, der, root.not_valid_after_utc, []))
            found[der].certificates.append(row)
    if not found and (own := Certificate.objects.internal().first()):
        return [Root(own.name, bytes(own.der), own.not_after, [])]
    return list(found.values())
