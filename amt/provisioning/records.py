"""What is written while a device is set up: before it hears of a password, and once it is done."""

from dataclasses import dataclass, field
from uuid import UUID

from cryptography import x509
from django.db import transaction
from django.utils import timezone

from amt import former, guard, in_use, private_keys
from amt.certificates.chains import called
from amt.certificates.hashes import of as hashes_of
from amt.models import AmtSettings, Certificate, DiscoveredDevice, Provisioning, ProvisionOrder
from amt.provisioning import orphans
from amt.provisioning.orphans import Left
from devices import audit
from devices.models import Device, Server, User
from devices.services.devices import HOST_NAME
from vault import crypto, passwords
from vault import services as vault
from vault.models import Credential, Secret

LONGEST_NAME = 100  # characters


@dataclass(frozen=True)
class Kept:
    """The password that the device gets, and where it is kept."""

    password: str = field(repr=False)
    secret: Secret | None  # of this device alone; None: the credential's own


@dataclass(frozen=True)
class Told:
    """What the device told once it was back."""

    address: str
    realm: str
    firmware: str
    tls_version: str
    host_name: str = ""  # in full


@transaction.atomic
def keep_password(
    *, uuid: UUID, device: Device, credential: Credential, shared: str | None
) -> Kept:
    """Return the password for a device, in the vault before it is sent anywhere.

    ``shared``: the credential's own password; None: a random one of the device alone. One that was
    kept for the device earlier, and may have reached it, is taken again.
    """
    row = _row(uuid, device, credential)
    if shared is not None:
        row.secret = None
        row.save(update_fields=["secret"])
        return Kept(shared, None)
    if row.secret is None or row.secret.state == Secret.State.RETIRED:
        row.secret = vault.add_secret(
            credential=credential, password=passwords.random_password(), amt_uuid=uuid, by=None
        )
        row.save(update_fields=["secret"])
    return Kept(crypto.reveal([row.secret])[row.secret.pk], row.secret)


def password_given(*, uuid: UUID, shared: str) -> Kept:
    """Return the password that a device was given in an attempt that committed; see above."""
    row = Provisioning.objects.select_related("secret").get(uuid=uuid)
    if row.secret is None:
        return Kept(shared, None)
    return Kept(crypto.reveal([row.secret])[row.secret.pk], row.secret)


def _row(uuid: UUID, device: Device, credential: Credential) -> Provisioning:
    """Return the row of the device, begun anew where it was ended or is of another credential."""
    Provisioning.objects.filter(device=device).exclude(uuid=uuid).update(device=None)
    row = Provisioning.objects.select_for_update().filter(uuid=uuid).first()
    if row is None:
        return Provisioning.objects.create(uuid=uuid, device=device, credential=credential)
    row.device, row.done_at, row.committed_at = device, None, None
    if row.credential_id != credential.pk:
        row.credential, row.secret = credential, None
    row.save()
    return row


@transaction.atomic
def committing(*, uuid: UUID, certificate: bytes) -> None:
    """Write down which certificate the device will show; from here on it may be set up."""
    shown = _kept_certificate(certificate)
    Provisioning.objects.filter(uuid=uuid).update(certificate=shown, committed_at=timezone.now())


def _kept_certificate(der: bytes) -> Certificate:
    parsed, digits = x509.load_der_x509_certificate(der), hashes_of(der)["sha256"].digits.lower()
    row, _ = Certificate.objects.get_or_create(
        sha256=digits,
        defaults={
            "kind": Certificate.Kind.DEVICE,
            "der": der,
            "name": called(parsed)[:255],
            "not_before": parsed.not_valid_before_utc,
            "not_after": parsed.not_valid_after_utc,
        },
    )
    return row


@transaction.atomic
def finish(*, uuid: UUID, server: Server, told: Told, by: User | None) -> None:
    """Take the device into use: its password, its settings, what it is known by."""
    row = Provisioning.objects.select_for_update().get(uuid=uuid)
    if row.secret:
        vault.activate(secret=row.secret, by=None)
    if row.device is None:  # deleted meanwhile: it must not be lost
        orphans.add(
            Left(
                uuid=uuid,
                name=told.address,
                address=told.address,
                credential=row.credential,
                pin=row.certificate.sha256 if row.certificate else "",
                realm=told.realm,
                firmware=told.firmware,
            ),
            why="It was deleted here while it was being provisioned.",
            by=by,
        )
        return
    known = AmtSettings.objects.select_for_update().filter(device=row.device).first()
    settings = known or AmtSettings(device=row.device, version=0)
    settings.mode, settings.address = Device.Mode.ENTERPRISE, told.address
    settings.credential, settings.server = row.credential, server
    settings.addressing = Device.Addressing.DHCP  # remote set-up needs it (D7)
    settings.tls, settings.interface = AmtSettings.Tls.AUTO, AmtSettings.Interface.AUTO
    settings.uuid, settings.realm, settings.firmware = uuid, told.realm, told.firmware
    settings.tls_version = told.tls_version
    settings.pin = row.certificate.sha256 if row.certificate else ""
    settings.seen_pin = settings.seen_realm = ""
    in_use.put_in(settings, row.device, moved=True)
    guard.lift(settings)
    _name(row.device, told)
    row.done_at = timezone.now()
    row.save(update_fields=["done_at"])
    entries = DiscoveredDevice.objects.filter(uuid=uuid)
    entries.update(state=DiscoveredDevice.State.POST, device=row.device)
    orphans.solve([uuid], how="Provisioned again.")
    former.forget([uuid])
    audit.record(by, "amt.provisioned", row.device, new={"uuid": str(uuid), **_public(told)})


@transaction.atomic
def forget_key(*, job: int) -> None:
    """Delete the private key that came with an order: the device has it, or asks for it anew."""
    order = ProvisionOrder.objects.select_for_update().filter(job=job).first()
    if order and (key := order.key):
        order.key = None
        order.save(update_fields=["key"])
        private_keys.forget(key)


def _name(device: Device, told: Told) -> None:
    """Give a device that was called by its address the name that it gives itself, if it is one."""
    if len(told.host_name) > LONGEST_NAME or not HOST_NAME.fullmatch(told.host_name):
        return
    if not device.host_name:
        device.host_name = told.host_name
    label = told.host_name.partition(".")[0]
    there = Device.objects.filter(folder=device.folder, name__iexact=label)
    if device.name == told.address and not there.exists():
        device.name = label
    device.save(update_fields=["name", "host_name"])


def _public(told: Told) -> dict[str, str]:
    return {"address": told.address, "firmware": told.firmware, "connection": told.tls_version}
