"""Which management certificate proves the console to which device."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from ssl import SSLContext

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from amt import private_keys
from amt.certificates import chains, firmware, hashes, making
from amt.certificates.making import Made
from amt.models import Certificate, DiscoveredDevice
from amt.models.certificates import chain_of, judged
from amt.protocol.http import tls


@dataclass(frozen=True)
class Proof:
    """A management certificate with its chain and, opened for the work at hand, its key."""

    row: Certificate
    links: tuple[x509.Certificate, ...]  # the leaf first
    refusing: tuple[firmware.Span, ...] = ()  # firmware that will not take it
    digests: frozenset[tuple[str, str]] = frozenset()  # of its root, where that is here
    contexts: dict[tls.Tls, SSLContext] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_ca(self) -> bool:
        """Return whether it may issue the devices' own certificates (D5)."""
        return chains.is_authority(self.links[0])

    @cached_property
    def made(self) -> Made:
        """Return certificate and key.

        Raises:
            VaultError: the key does not open here.
        """
        return Made(self.row.x509, private_keys.of(self.row))

    def open(self) -> None:
        """Open the key, here where the database may be asked.

        Raises:
            VaultError: it does not open here.
        """
        _ = self.made

    def context(self, profile: tls.Tls) -> SSLContext:
        """Return what TLS shows and signs with; made once."""
        if profile not in self.contexts:
            pem = [link.public_bytes(Encoding.PEM) for link in self.links]
            form = (Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
            self.contexts[profile] = tls.proving(profile, pem, self.made.key.private_bytes(*form))
        return self.contexts[profile]

    def takes(self, version: firmware.Version | None) -> bool:
        """Return whether firmware of ``version`` takes it; unknown: not known to refuse."""
        return version is None or not any(span.holds(version) for span in self.refusing)

    def issue(self, name: str, key: rsa.RSAPublicKey) -> bytes:
        """Return a certificate for a device's own key (DER)."""
        return making.new_device(name, key, self.made).public_bytes(Encoding.DER)

    def has_issued(self, der: bytes) -> bool:
        """Return whether a certificate is by this one."""
        try:
            x509.load_der_x509_certificate(der).verify_directly_issued_by(self.row.x509)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return False
        return True


def proofs(servers: Collection[int]) -> dict[int, list[Proof]]:
    """Return for each server what it may prove itself with: whole chains, keys, not expired."""
    trust = list(Certificate.objects.authorities())
    rows = Certificate.objects.management().filter(server__in=servers, key__isnull=False)
    found: dict[int, list[Proof]] = {}
    for row in rows.select_related("key", "server"):
        chain = chain_of(row, trust)
        if chain.root is None or row.is_expired:
            continue
        verdicts = judged(row, trust)
        refusing = tuple(v.refused_by for v in verdicts if v.refused_by and not v.is_refused)
        digests = hashes.of(chain.root.public_bytes(Encoding.DER)).values()
        told = frozenset((one.algorithm, one.digits.lower()) for one in digests)
        found.setdefault(row.server_id or 0, []).append(Proof(row, chain.links, refusing, told))
    return found


def best(usable: Iterable[Proof], entry: DiscoveredDevice) -> Proof | None:
    """Return what ``entry`` is most likely to take: its root's hash known there, then firmware."""
    version = firmware.parse(entry.firmware) if entry.firmware else None
    ranked = sorted(
        usable,
        key=lambda one: (not entry.trusts(set(one.digests)), not one.takes(version), -one.row.pk),
    )
    return ranked[0] if ranked else None
