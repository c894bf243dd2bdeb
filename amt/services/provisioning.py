"""Ask for *Provision*: each discovered device is a line of one task (S79-S89, D1, D5)."""

import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from amt import private_keys
from amt.certificates import chains
from amt.certificates.errors import CertificateError
from amt.certificates.files import Contents
from amt.codes import setting_up as codes
from amt.levels import DISCOVERED_HOURS, DISCOVERED_HOURS_EXTERNAL
from amt.models import AmtSettings, DiscoveredDevice, ProvisionOrder, ZoneCertificateChange
from amt.provisioning.plans import ENTRY
from amt.provisioning.proofs import Proof, best, proofs
from amt.services import managing
from devices import audit, levels
from devices.codes import Code
from devices.models import Device, Folder, Job, JobItem, Server, User
from devices.models.rights import Right, may
from devices.services import jobs
from vault.models import Credential, Secret

TASK = "amt.tasks.run_provision_items"
EXPIRY = timedelta(hours=4)  # thousands of devices take their time
LEAST_BITS = 2048
HAS_PSK = hasattr(ssl.SSLContext, "set_psk_client_callback")  # from Python 3.13 on
CHANGE_STEPS = (ZoneCertificateChange.Step.REDISCOVER, ZoneCertificateChange.Step.PROVISION)


@dataclass(frozen=True)
class External:
    """A certificate and key for one device, that were made elsewhere (S86-S89)."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


def read_external(contents: Contents) -> External:
    """Return the pair in two files.

    Raises:
        CertificateError: one is missing, they do not belong together, or no device can show them.
    """
    contents.require()
    if contents.key is None:
        raise CertificateError("key-missing", "The private key file holds no private key.")
    own = contents.key.public_key().public_numbers()
    leaves = [one for one in contents.certificates if _numbers(one) == own]
    if not leaves:
        raise CertificateError("no-pair", "Private key and certificate do not belong together.")
    if contents.key.key_size < LEAST_BITS:
        raise CertificateError("key-short", f"The key has fewer than {LEAST_BITS} bits.")
    if chains.is_authority(leaves[0]):
        raise CertificateError(
            "is-authority", "The certificate is one of an authority, not one of a device."
        )
    return External(leaves[0], contents.key)


def _numbers(certificate: x509.Certificate) -> object:
    key = chains.public_key(certificate)
    return key.public_numbers() if isinstance(key, rsa.RSAPublicKey) else None


@dataclass(frozen=True)
class Prospect:
    """A discovered device, who would set it up, and why it will not be begun (None: it will)."""

    entry: DiscoveredDevice
    server: Server | None
    proof: Proof | None
    obstacle: Code | None

    @property
    def text(self) -> str:
        """Return the obstacle as a sentence; empty where there is none."""
        return self.obstacle.sentence if self.obstacle else ""


def prospects(entries: Collection[DiscoveredDevice], *, is_external: bool) -> list[Prospect]:
    """Say of each entry whether it can be provisioned, from what is known. Nothing is sent."""
    servers = list(Server.objects.all())
    known = proofs([server.pk for server in servers])
    able = {server.pk: server for server in servers if server.pk in known}
    settled = AmtSettings.objects.filter(
        device__in=[entry.device_id for entry in entries if entry.device_id],
        mode=Device.Mode.ENTERPRISE,
    )
    done = set(settled.values_list("device_id", flat=True))
    validity = Validity(*map(levels.zone_value, (DISCOVERED_HOURS, DISCOVERED_HOURS_EXTERNAL)))
    online = next((one for one in able.values() if one.is_online), None)
    spare = online or next(iter(able.values()), None)
    found = []
    for entry in entries:
        server = able.get(entry.server_id or 0) or spare
        proof = best(known.get(server.pk, []), entry) if server else None
        is_done = entry.device_id in done or entry.state == DiscoveredDevice.State.POST
        obstacle = _obstacle(entry, proof, validity, is_done=is_done, is_external=is_external)
        found.append(Prospect(entry, server, proof, obstacle))
    return found


class Validity(NamedTuple):
    """How many hours an entry is valid (D1)."""

    here: int
    external: int


def _obstacle(
    entry: DiscoveredDevice,
    proof: Proof | None,
    validity: Validity,
    *,
    is_done: bool,
    is_external: bool,
) -> Code | None:
    for applies, code in (
        (is_done, codes.PROVISIONED_ALREADY),
        (not entry.is_valid(validity.external), codes.ENTRY_ENDED),
        (not is_external and not entry.is_valid(validity.here), codes.EXTERNAL_ONLY),
        (bool(entry.key_id), codes.PSK_UNKNOWN if HAS_PSK else codes.PSK_NOT_SUPPORTED),
        (proof is None, codes.NO_MANAGEMENT_CERTIFICATE),
        (proof and not is_external and not proof.is_ca, codes.NEEDS_EXTERNAL),
        (proof and entry.hashes and not entry.trusts(set(proof.digests)), codes.HASH_MISSING),
    ):
        if applies:
            return code
    return None


@transaction.atomic
def provision(
    *,
    entries: Collection[DiscoveredDevice],
    credential: Credential,
    folder: Folder,
    intent: UUID,
    asked_by: User,
    own_passwords: bool = True,
    external: External | None = None,
) -> Job:
    """Write down one set-up per entry, and ring once this is committed (S82).

    Entries without a managed device get one, in ``folder``. What cannot be provisioned ends as
    skipped, with the reason. The same ``intent`` twice returns the first job.

    Raises:
        PermissionDenied: ``asked_by`` may not provision.
        ValidationError: there is no entry any more, several devices were to get one external
            certificate, the credential has no password in use, or the zone certificate is being
            changed.
    """
    if not may(asked_by, Right.PROVISION) or not may(asked_by, Right.CREDENTIALS):
        raise PermissionDenied("You may not provision devices. Ask an administrator of the zone.")
    if job := jobs.existing(intent, asked_by):
        return job
    _check(entries, credential, external)
    found = prospects(entries, is_external=external is not None)
    managing.add_to_managed(rows=entries, folder=folder, by=asked_by)
    job, new = jobs.start(
        kind=Job.Kind.PROVISION,
        task=TASK,
        title=Job.Kind.PROVISION.label,
        items=[_item(one) for one in _one_per_device(found)],
        asked_by=asked_by,
        intent=intent,
        expires_in=EXPIRY,
        is_order=True,
        resumes=True,
    )
    if new:
        _keep_order(job, credential, external, own_passwords)
        told = {"devices": len(found), "credential": str(credential)}
        audit.record(asked_by, "amt.provision", job, new=told)
    return job


def _check(
    entries: Collection[DiscoveredDevice], credential: Credential, external: External | None
) -> None:
    if not entries:
        raise ValidationError("None of these devices is in the list any more. Open it again.")
    if external and len(entries) != 1:
        raise ValidationError("An external certificate is for one device. Choose one device.")
    if not Secret.objects.active().filter(credential=credential, amt_uuid=None).exists():
        raise ValidationError(f"{credential} has no password in use.")
    change = ZoneCertificateChange.objects.filter(ended_at=None).first()
    if change and change.step not in CHANGE_STEPS:
        raise ValidationError(
            "The zone certificate is being changed. Provision when that stands at its last step."
        )


def _one_per_device(found: Sequence[Prospect]) -> list[Prospect]:
    """Return the newest entry of each device: one that was replaced may have two."""
    newest: dict[int | None, Prospect] = {}
    for one in sorted(found, key=lambda each: each.entry.seen_at):
        newest[one.entry.device_id] = one
    return list(newest.values())


def _item(prospect: Prospect) -> JobItem:
    entry = prospect.entry
    item = JobItem(
        device=entry.device,
        device_name=entry.device.name if entry.device else str(entry),
        device_address=str(entry.address),
        server=prospect.server,
        evidence={ENTRY: entry.pk},
    )
    if code := prospect.obstacle:
        item.status, item.error_code = JobItem.Status.SKIPPED, code.code
        item.message, item.next_step = code.sentence, code.step
    return item


def _keep_order(
    job: Job, credential: Credential, external: External | None, own_passwords: bool
) -> None:
    order = ProvisionOrder(job=job, credential=credential, own_passwords=own_passwords)
    if external:
        order.certificate = external.certificate.public_bytes(Encoding.DER)
        order.key = private_keys.keep(external.key)
    order.save()
