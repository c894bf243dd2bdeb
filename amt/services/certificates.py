"""Make the zone's authority, management certificates and requests for them; delete them.

Source: S37 to S49, S103, D2, D3, D5, D6. ``by`` None is the command line.
"""

import re
from itertools import count

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from amt import private_keys
from amt.certificates import hashes, making, names
from amt.certificates.chains import called
from amt.certificates.errors import CertificateError
from amt.certificates.making import Made, Mark, Strength, Subject
from amt.models import AmtSettings, Certificate, CertificateRequest
from amt.models.certificates import chain_of
from devices import audit
from devices.models import Device, Folder, Server, User
from devices.models.rights import Right, may


def zone_name() -> str:
    """Return what people call this zone: the name of the tree's root."""
    return str(Folder.objects.get(depth=1).name)


def default_name(server: Server) -> str:
    """Return the common name for ``server``: its host name, with a domain made up if it has none.

    A made-up one (.local) is good for trials only: firmware compares the domain.
    """
    if names.is_host_name(server.host_name):
        return server.host_name.lower()
    label = re.sub(r"[^a-z0-9-]+", "-", server.host_name.lower()).strip("-") or "amt"
    return f"{label[:50]}.local"


@transaction.atomic
def create_authority(*, by: User | None, strength: Strength = Strength.STANDARD) -> Certificate:
    """Make an internal authority of the zone; the one before stays in the trust store."""
    allow(by)
    made = making.new_authority(_authority_name(), strength=strength)
    row = save(made.certificate, Certificate.Kind.AUTHORITY)
    row.key = private_keys.keep(made.key)
    row.save(update_fields=["key"])
    audit.record(by, "certificate.create_authority", row, new=told(row))
    return row


@transaction.atomic
def create_management(
    *,
    server: Server,
    by: User | None,
    common_name: str = "",
    is_ca: bool = True,
    strength: Strength | None = None,
) -> Certificate:
    """Have the internal authority issue a management certificate for ``server`` (S39).

    The first time the authority is made as well. Without ``strength`` it is the authority's.

    Raises:
        CertificateError: the common name is none that firmware can compare.
        VaultError: the authority's key does not open.
    """
    allow(by)
    authority = Certificate.objects.internal().select_for_update().first()
    authority = authority or create_authority(by=by, strength=strength or Strength.STANDARD)
    subject = Subject(common_name or default_name(server), organization=zone_name()[:64])
    made = making.new_management(
        subject,
        Made(authority.x509, private_keys.of(authority)),
        is_ca=is_ca,
        strength=strength or strength_of(authority),
    )
    row = save(made.certificate, Certificate.Kind.MANAGEMENT)
    row.key, row.server, row.wants_authority = private_keys.keep(made.key), server, is_ca
    row.save(update_fields=["key", "server", "wants_authority"])
    audit.record(by, "certificate.create", row, new=told(row))
    return row


@transaction.atomic
def create_request(
    *,
    server: Server,
    subject: Subject,
    is_ca: bool,
    mark: Mark,
    by: User | None,
    strength: Strength = Strength.STANDARD,
) -> CertificateRequest:
    """Make a key and a request for a management certificate, to be signed outside (S40).

    Raises:
        CertificateError: a field breaks a rule.
    """
    allow(by)
    key = making.new_key(strength)
    made = making.new_request(subject, key, is_ca=is_ca, mark=mark, strength=strength)
    row = CertificateRequest.objects.create(
        server=server,
        der=made.public_bytes(Encoding.DER),
        name=subject.common_name,
        is_ca=is_ca,
        mark=mark,
        strength=strength,
        key=private_keys.keep(key),
        asked_by_name=by.get_username() if by else audit.acting_name.get(),
    )
    new = {"subject": made.subject.rfc4514_string(), "is_ca": is_ca, "type": str(mark)}
    audit.record(by, "certificate.request", row, new={**new, "server": str(server)})
    return row


@transaction.atomic
def delete_management(
    *, certificates: list[Certificate], by: User | None, although_used: bool = False
) -> int:
    """Delete management certificates with their keys; return how many (S103).

    Raises:
        CertificateError: devices are provisioned with them (S102), unless ``although_used``.
    """
    allow(by)
    servers = {row.server_id for row in certificates}
    used = provisioned().filter(server__in=servers).count()
    if used and certificates and not although_used:
        devices = "1 device is" if used == 1 else f"{used:,} devices are"
        raise CertificateError(
            "still-provisioned",
            f"{devices} provisioned. Unprovision them first: without the certificate they can be "
            "managed, and neither unprovisioned by it nor provisioned again.",
        )
    for row in certificates:
        audit.record(by, "certificate.delete", row, old=told(row))
        _delete(row)
    return len(certificates)


@transaction.atomic
def delete_authority(*, certificate: Certificate, by: User | None) -> None:
    """Take an authority out of the trust store.

    Raises:
        CertificateError: a management certificate hangs below it.
    """
    allow(by)
    trust = list(Certificate.objects.authorities())
    for row in Certificate.objects.management():
        if certificate.x509 in chain_of(row, trust).links:
            raise CertificateError(
                "in-use", f"The certificate of {row} hangs below it. Delete that one first."
            )
    audit.record(by, "certificate.delete_authority", certificate, old=told(certificate))
    _delete(certificate)


@transaction.atomic
def delete_request(*, request: CertificateRequest, by: User | None) -> None:
    """Give up a request; a certificate made of it cannot be imported any more."""
    allow(by)
    audit.record(by, "certificate.delete_request", request, old={"server": str(request.server)})
    key = request.key
    request.delete()
    private_keys.forget(key)


def provisioned() -> QuerySet[AmtSettings]:
    """Return the settings of devices that were provisioned: those in Enterprise Mode."""
    return AmtSettings.objects.filter(mode=Device.Mode.ENTERPRISE)


def save(certificate: x509.Certificate, kind: str) -> Certificate:
    """Write the row of a certificate.

    Raises:
        CertificateError: it is here already.
    """
    der = certificate.public_bytes(Encoding.DER)
    digest = hashes.of(der)["sha256"].digits.lower()
    if known := Certificate.objects.filter(sha256=digest).first():
        raise CertificateError("already-here", f"The certificate of {known} is here already.")
    return Certificate.objects.create(
        kind=kind,
        der=der,
        sha256=digest,
        name=called(certificate)[:255],
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def strength_of(certificate: Certificate) -> Strength:
    """Return the strength that a certificate was made with."""
    digest = certificate.x509.signature_hash_algorithm
    strong = digest is not None and digest.name == "sha384"
    return Strength.STRONG if strong else Strength.STANDARD


def told(row: Certificate) -> dict[str, str]:
    """Return what the audit keeps of a certificate."""
    found = {
        "subject": row.x509.subject.rfc4514_string(),
        "ends": row.not_after.date().isoformat(),
        "sha256": row.sha256,
    }
    return {**found, "server": str(row.server)} if row.server else found


def allow(by: User | None) -> None:
    """Raise PermissionDenied for somebody who may not keep certificates."""
    if by is not None and not may(by, Right.CERTIFICATES):
        raise PermissionDenied("You may not keep certificates. Ask an administrator of the zone.")


def _delete(row: Certificate) -> None:
    key = row.key
    row.delete()
    if key and not Certificate.objects.filter(key=key).exists():
        private_keys.forget(key)


def _authority_name() -> str:
    """Return a name that tells this authority from those before: zone and day, then a number."""
    base = f"{zone_name()[:40]} AMT Root {timezone.localdate():%Y-%m-%d}"
    taken = set(Certificate.objects.authorities().values_list("name", flat=True))
    free = (base if number == 1 else f"{base} ({number})" for number in count(1))
    return next(name for name in free if name not in taken)
