"""Judge and import what an external authority signed, and certificates of authorities (S49-S53)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import transaction

from amt import private_keys
from amt.certificates import chains, marks, rules
from amt.certificates.chains import Chain, called
from amt.certificates.errors import CertificateError
from amt.certificates.files import Contents
from amt.certificates.verdicts import Case, Verdict, keep_out
from amt.models import Certificate, CertificateRequest
from amt.services.certificates import allow, save, told
from devices import audit
from devices.models import Server, User


class CertificateRefused(CertificateError):
    """A rule keeps the certificate out; ``verdicts`` has all of them."""

    def __init__(self, verdicts: list[Verdict]) -> None:
        first = next(verdict for verdict in verdicts if verdict.is_refused)
        super().__init__(f"refused-{first.rule}", first.text)
        self.verdicts = verdicts


@dataclass(frozen=True)
class Examined:
    """What a file holds and what is said of it; nothing is written yet."""

    chain: Chain | None  # of the management certificate; None: authorities only
    verdicts: list[Verdict]
    others: list[x509.Certificate]
    request: CertificateRequest | None = None
    key: rsa.RSAPrivateKey | None = field(default=None, repr=False)
    before: Certificate | None = None  # one of the same key, made of the same request


@dataclass(frozen=True)
class Imported:
    """What came in: a management certificate, and authorities for the trust store."""

    certificate: Certificate | None
    authorities: list[Certificate]
    verdicts: list[Verdict]


@transaction.atomic
def import_certificates(*, contents: Contents, server: Server, by: User | None) -> Imported:
    """Import a signed management certificate with its chain, or authorities alone (S52).

    The request that it answers decides the server; ``server`` is for one that came with its key.

    Raises:
        CertificateRefused: a rule keeps it out.
        CertificateError: there is nothing to import, or too much of it.
    """
    allow(by)
    _drop_known(contents)
    found = examine(contents, server)
    if found.chain is None:
        return Imported(None, _keep_authorities(found.others, by), [])
    if keep_out(found.verdicts):
        raise CertificateRefused(found.verdicts)
    row = _keep_management(found.chain.links[0], found, server)
    audit.record(by, "certificate.import", row, new={**told(row), **_warnings(found.verdicts)})
    authorities = _keep_authorities(found.chain.links[1:], by)
    return Imported(row, authorities, found.verdicts)


def _drop_known(contents: Contents) -> None:
    """Leave out the management certificate that is here already, if anything new came with it."""
    known = {row.x509 for row in Certificate.objects.management()}
    new = [one for one in contents.certificates if one not in known]
    if not new:
        name = called(contents.certificates[0])
        raise CertificateError("already-here", f"The certificate of {name} is here already.")
    contents.certificates = new


def examine(contents: Contents, server: Server) -> Examined:
    """Find the management certificate among ``contents`` and judge it.

    Raises:
        CertificateError: there are two of them, or a certificate has no use here.
    """
    requests = {_public(row.x509): row for row in CertificateRequest.objects.select_related("key")}
    own = _public(contents.key) if contents.key else b""
    earlier = {_public(row.x509): row for row in Certificate.objects.management() if row.key_id}
    keys = {*requests, *earlier, own}
    mine = [one for one in contents.certificates if _public(one) in keys]
    leaves = mine or [one for one in contents.certificates if not _is_authority_alone(one)]
    if len(leaves) > 1:
        named = " and ".join(called(one) for one in leaves[:2])
        raise CertificateError("two-leaves", f"Both {named} would be for a server; import one.")
    others = [one for one in contents.certificates if one not in leaves]
    if not leaves:
        return Examined(None, [], others)
    request, before = requests.get(_public(leaves[0])), earlier.get(_public(leaves[0]))
    trust = [row.x509 for row in Certificate.objects.authorities()]
    chain = chains.build(leaves[0], [*others, *trust])
    case = Case(
        chain,
        has_key=bool(mine),
        wants_authority=request.is_ca if request else before.wants_authority if before else None,
        host_name=request.name if request else server.host_name,
    )
    return Examined(chain, rules.judge(case), others, request, contents.key, before)


def _is_authority_alone(certificate: x509.Certificate) -> bool:
    """Return whether it is an authority and bears no mark of a management certificate."""
    marked = set(chains.usages(certificate)) & set(marks.OIDS) or marks.UNIT in chains.units(
        certificate
    )
    return not marked and (chains.is_authority(certificate) or chains.is_self_signed(certificate))


def _keep_management(leaf: x509.Certificate, found: Examined, server: Server) -> Certificate:
    """Write the row of ``leaf``; the key moves from the request to it."""
    row = save(leaf, Certificate.Kind.MANAGEMENT)
    if found.request:
        row.key, row.server = found.request.key, found.request.server
        row.wants_authority = found.request.is_ca
    elif found.before:
        row.key, row.server = found.before.key, found.before.server
        row.wants_authority = found.before.wants_authority
    elif found.key:
        row.key, row.server = private_keys.keep(found.key), server
    row.save(update_fields=["key", "server", "wants_authority"])
    if found.request:
        found.request.delete()
    return row


def _keep_authorities(
    certificates: Iterable[x509.Certificate], by: User | None
) -> list[Certificate]:
    """Put those into the trust store that are not there yet."""
    known = {row.x509 for row in Certificate.objects.all()}
    new = [one for one in certificates if one not in known]
    for one in new:
        if not chains.is_authority(one):
            raise CertificateError("no-authority", f"{called(one)} is no certificate authority.")
    rows = [save(one, Certificate.Kind.AUTHORITY) for one in new]
    for row in rows:
        audit.record(by, "certificate.trust", row, new=told(row))
    return rows


def _warnings(verdicts: list[Verdict]) -> dict[str, Any]:
    found = [verdict.text for verdict in verdicts if not verdict.is_ok]
    return {"warnings": found} if found else {}


def _public(holder: Any) -> bytes:
    """Return the public key of a certificate, request or private key, as bytes."""
    return bytes(holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
