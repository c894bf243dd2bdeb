"""What a worker needs to set up each device of a chunk, read from the database at once."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

from amt.certificates import firmware
from amt.levels import LEGACY_ALLOWED, PLAIN_ALLOWED_ENTERPRISE
from amt.models import DiscoveredDevice, Provisioning, ProvisionOrder
from amt.protocol.errors import AmtError, AmtNotSetUp
from amt.protocol.http.tls import Tls
from amt.protocol.wsman.setup.flow import External, Pace
from amt.provisioning.proofs import Proof, best, proofs
from devices import levels
from devices.models import Device, JobItem, Server
from vault import crypto
from vault.errors import VaultError
from vault.models import Credential, Secret

ENTRY = "discovered"  # of an item's evidence: the primary key of the entry
NEEDS_OLD_TLS = (11, 999)  # the last firmware that knows nothing newer than TLS 1.1
GONE = AmtNotSetUp(code="device-deleted")


@dataclass(frozen=True)
class Earlier:
    """What an earlier attempt left: the device may be found with it."""

    uuid: UUID
    pin: str


@dataclass(frozen=True)
class Plan:
    """One device, and what it is to get."""

    entry: DiscoveredDevice
    device: Device
    server: Server
    proof: Proof
    credential: Credential
    password: str = field(repr=False)  # the credential's
    own_passwords: bool
    external: External | None
    plain_allowed: bool
    profiles: tuple[Tls, ...]  # to be tried in this order
    earlier: Earlier | None
    pace: Pace
    back_seconds: float

    @property
    def address(self) -> str:
        return str(self.entry.address)

    @property
    def uuid(self) -> UUID | None:
        found: UUID | None = self.entry.uuid
        return found

    @property
    def was_committed(self) -> bool:
        return self.earlier is not None

    @property
    def has_factory_password(self) -> bool:
        """Return whether MEBx still has the password that every new PC has."""
        return self.entry.has_own_password is False

    @property
    def first_password(self) -> str:
        """Return what the device has now: what MEBx was given, or every new PC's."""
        return "admin" if self.has_factory_password else self.password


def plans(items: Collection[JobItem]) -> dict[int, Plan | AmtError]:
    """Return for each item, by primary key, its plan or why there is none."""
    pks = [item.evidence.get(ENTRY) for item in items]
    entries = {row.pk: row for row in DiscoveredDevice.objects.filter(pk__in=pks)}
    orders = _orders({item.job_id for item in items})
    known = proofs({item.server_id for item in items if item.server_id})
    earlier = _earlier(entries.values())
    devices = [item.device for item in items if item.device]
    policies = levels.resolve_many([PLAIN_ALLOWED_ENTERPRISE, LEGACY_ALLOWED], devices)
    found: dict[int, Plan | AmtError] = {}
    for item in items:
        entry, order = entries.get(item.evidence.get(ENTRY)), orders.get(item.job_id)
        if entry is None or item.device is None or item.server is None:
            found[item.pk] = GONE
        elif order is None or isinstance(order, AmtError):
            found[item.pk] = order or AmtNotSetUp(code="password-missing", credential="")
        elif (proof := best(known.get(item.server.pk, []), entry)) is None:
            found[item.pk] = AmtNotSetUp(code="no-management-certificate")
        else:
            legacy = policies[LEGACY_ALLOWED.name][item.device.pk].value
            profiles = _profiles(entry, legacy_allowed=legacy)
            if error := _unopened(proof, profiles):
                found[item.pk] = error
                continue
            found[item.pk] = Plan(
                entry=entry,
                device=item.device,
                server=item.server,
                proof=proof,
                credential=order.credential,
                password=order.password,
                own_passwords=order.own_passwords,
                external=order.external,
                plain_allowed=policies[PLAIN_ALLOWED_ENTERPRISE.name][item.device.pk].value,
                profiles=profiles,
                earlier=earlier.get(entry.uuid) if entry.uuid else None,
                pace=Pace(settings.AMT_KEY_SECONDS),
                back_seconds=settings.AMT_BACK_SECONDS,
            )
    return found


def _unopened(proof: Proof, profiles: Collection[Tls]) -> AmtError | None:
    """Open the key of ``proof``, here where the database may be asked; return why it stays shut."""
    try:
        for profile in profiles:
            proof.context(profile)
    except VaultError as error:
        return AmtNotSetUp(str(error), code=error.code)
    return None


def _profiles(entry: DiscoveredDevice, *, legacy_allowed: bool) -> tuple[Tls, ...]:
    """Return the TLS to set it up with: old firmware knows no new one."""
    if not legacy_allowed:
        return (Tls.MODERN,)
    version = firmware.parse(entry.firmware) if entry.firmware else None
    is_old = version is not None and version <= NEEDS_OLD_TLS
    return (Tls.LEGACY,) if is_old else (Tls.MODERN, Tls.LEGACY)


def _earlier(entries: Collection[DiscoveredDevice]) -> dict[UUID, Earlier]:
    uuids = [entry.uuid for entry in entries if entry.uuid]
    # Also those that are done: a line may lose its lease between that and its own end
    rows = Provisioning.objects.filter(uuid__in=uuids, committed_at__isnull=False)
    rows = rows.select_related("certificate")
    return {
        row.uuid: Earlier(row.uuid, row.certificate.sha256 if row.certificate else "")
        for row in rows
    }


@dataclass(frozen=True)
class Order:
    """What a job carries, opened."""

    credential: Credential
    password: str = field(repr=False)
    own_passwords: bool
    external: External | None


def _orders(jobs: Collection[int]) -> dict[int, Order | AmtError]:
    rows = ProvisionOrder.objects.filter(job__in=jobs).select_related("credential", "key")
    found: dict[int, Order | AmtError] = {}
    for row in rows:
        try:
            found[row.job_id] = _opened(row)
        except VaultError as error:
            found[row.job_id] = AmtNotSetUp(str(error), code=error.code)
    return found


def _opened(row: ProvisionOrder) -> Order | AmtError:
    if row.credential is None:
        return AmtNotSetUp(code="password-missing", credential="that was deleted")
    secret = Secret.objects.active_for([row.credential.pk]).filter(amt_uuid=None).first()
    if secret is None:
        return AmtNotSetUp(code="password-missing", credential=row.credential)
    password = crypto.reveal([secret])[secret.pk]
    return Order(row.credential, password, row.own_passwords, _external(row))


def _external(row: ProvisionOrder) -> External | None:
    if row.certificate is None or row.key is None:
        return None
    key = load_pem_private_key(crypto.reveal([row.key])[row.key.pk].encode(), None)
    form = (Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return External(bytes(row.certificate), key.private_bytes(*form))
