"""What the pages show of certificates: verdicts, consequences, what ends when (6.2 row 7)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.db.models import Count

from amt.certificates import chains, firmware, hashes, rules
from amt.certificates.chains import called, is_authority
from amt.certificates.firmware import Span
from amt.certificates.hashes import Hash
from amt.certificates.verdicts import Verdict, spans
from amt.models import Certificate
from amt.models.certificates import chain_of, judged
from amt.services.certificates import provisioned
from devices.models import Device


@dataclass(frozen=True)
class Link:
    """One certificate of a chain, as its tree shows it."""

    certificate: x509.Certificate
    depth: int  # 0: the root
    is_root: bool
    row: Certificate | None

    @property
    def name(self) -> str:
        return called(self.certificate)

    @property
    def subject(self) -> str:
        return self.certificate.subject.rfc4514_string()

    @property
    def key(self) -> str:
        """Return kind and size of the key: RSA, 2048 bits."""
        own = self.certificate.public_key()
        kind = type(own).__name__.removesuffix("PublicKey").strip("_").removesuffix("Public")
        size = getattr(own, "key_size", None)
        kind = "RSA" if kind.upper().startswith("RSA") else kind
        return f"{kind}, {size:,} bits" if size else kind

    @property
    def signature(self) -> str:
        """Return the hash under its signature."""
        found = self.certificate.signature_hash_algorithm
        return found.name.upper().replace("SHA", "SHA-") if found else "none"

    @property
    def usages(self) -> list[str]:
        """Return the extended key usages in words."""
        return [rules.USAGES.get(one, one) for one in chains.usages(self.certificate)]

    @property
    def units(self) -> list[str]:
        return chains.units(self.certificate)

    @property
    def is_authority(self) -> bool:
        return is_authority(self.certificate)

    @property
    def hashes(self) -> list[Hash]:
        return list(hashes.of(self.certificate.public_bytes(Encoding.DER)).values())


@dataclass(frozen=True)
class Refusal:
    """Firmware that will refuse a certificate, and how many known devices have it."""

    span: Span
    reasons: list[str]
    devices: int


@dataclass(frozen=True)
class Overview:
    """A management certificate with what is said of it."""

    row: Certificate
    links: list[Link]  # the root first
    verdicts: list[Verdict]
    refusals: list[Refusal]
    devices: int  # that were provisioned with it
    is_whole: bool  # up to the root

    @property
    def worst(self) -> str:
        """Return refused, warning or ok."""
        levels = {verdict.level for verdict in self.verdicts}
        return next((str(one) for one in ("refused", "warning") if one in levels), "ok")


@dataclass(frozen=True)
class Ending:
    """A day on which a certificate ends, and what ends with it."""

    at: datetime
    row: Certificate
    devices: int
    sentence: str


def overviews(rows: Iterable[Certificate] | None = None) -> list[Overview]:
    """Return the management certificates, all of them or ``rows``."""
    trust = list(Certificate.objects.authorities())
    versions = known_versions()
    if rows is None:
        rows = Certificate.objects.management().select_related("server")
    return [_overview(row, trust, versions) for row in rows]


def known_versions() -> Counter[firmware.Version]:
    """Return how many devices have which firmware, as far as it was seen."""
    seen = Device.objects.exclude(amt_version="").order_by().values_list("amt_version")
    found: Counter[firmware.Version] = Counter()
    for text, count in seen.annotate(Count("pk")):
        if version := firmware.parse(text):
            found[version] += count
    return found


def endings() -> list[Ending]:
    """Return what ends when, the next first, with the devices that it concerns."""
    trust = list(Certificate.objects.authorities())
    found: dict[int, Ending] = {}
    for row in Certificate.objects.management().select_related("server"):
        devices = provisioned().filter(server=row.server).count() if row.server else 0
        chain = {one.public_bytes(Encoding.DER) for one in chain_of(row, trust).links}
        for one in [row, *(each for each in trust if bytes(each.der) in chain)]:
            before = found[one.pk].devices if one.pk in found else 0
            found[one.pk] = Ending(one.not_after, one, before + devices, _consequence(one))
    return sorted(found.values(), key=lambda ending: ending.at)


def _consequence(row: Certificate) -> str:
    if row.is_management:
        return "can be neither provisioned nor unprovisioned with it any more"
    return "refuse every certificate below it, until another hash is in them"


def _overview(
    row: Certificate, trust: list[Certificate], versions: Counter[firmware.Version]
) -> Overview:
    verdicts = judged(row, trust)
    chain = chain_of(row, trust)
    rows = {bytes(one.der): one for one in [*trust, row]}
    links = [
        Link(one, depth, one == chain.root, rows.get(one.public_bytes(Encoding.DER)))
        for depth, one in enumerate(reversed(chain.links))
    ]
    devices = provisioned().filter(server=row.server).count() if row.server else 0
    refusals = [_refusal(span, verdicts, versions) for span in spans(verdicts)]
    return Overview(row, links, verdicts, refusals, devices, chain.root is not None)


def _refusal(span: Span, verdicts: list[Verdict], versions: Counter[firmware.Version]) -> Refusal:
    reasons = [verdict.text for verdict in verdicts if verdict.refused_by == span]
    devices = sum(count for version, count in versions.items() if span.holds(version))
    return Refusal(span, reasons, devices)
