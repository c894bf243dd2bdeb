"""SMB settings of a device: save, delete, confirm a changed identity (S28-S36, D8, D24-D26)."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from amt import addresses, former, guard
from amt.in_use import SettingsChanged as SettingsChanged
from amt.in_use import copy_to_device, put_in, take_out
from amt.models import AmtSettings
from devices import audit
from devices.models import Device, Server, User
from devices.models.rights import Right, may_in
from vault.models import Credential

GUARDED = {"address", "credential", "tls", "mode"}  # need the right to use the credential (D26)
IDENTITY = ["uuid", "firmware", "tls_version", "pin", "realm", "seen_pin", "seen_realm"]


@transaction.atomic
def save_settings(
    *,
    device: Device,
    asked_by: User | None,
    address: str,
    credential: Credential,
    server: Server,
    mode: str = Device.Mode.SMB,
    addressing: str = "",
    host_addressing: str | None = None,
    tls: str = AmtSettings.Tls.AUTO,
    interface: str = AmtSettings.Interface.AUTO,
    version: int = 0,
) -> AmtSettings:
    """Set the one AMT setting of ``device``, or replace it; the old values stay in the audit (D8).

    ``version`` is that of the row the person saw, 0 for none. ``asked_by`` None is the console.

    Raises:
        PermissionDenied: a right is missing; address, credential and TLS profile need CREDENTIALS.
        ValidationError: no password may be sent to that address.
        SettingsChanged: the row is not the one that the person saw.
    """
    row = AmtSettings.objects.select_for_update().filter(device=device).first()
    if (row.version if row else 0) != version:
        raise SettingsChanged(row)
    if mode not in (Device.Mode.SMB, Device.Mode.ENTERPRISE):
        raise ValidationError({"mode": "A device is in SMB or in Enterprise Mode."})
    before = told(row, device) if row else {}
    row = row or AmtSettings(device=device, version=0)
    moved = _assign(row, addresses.check(address, practice=settings.PRACTICE))
    row.credential, row.server, row.mode = credential, server, mode
    row.addressing, row.tls, row.interface = addressing, tls, interface
    if host_addressing is not None:
        device.host_addressing = host_addressing
    old, new = audit.changes(before, told(row, device))
    _allow(asked_by, device, set(new))
    if new:
        put_in(row, device, moved=moved)
        if {"address", "credential"} & set(new):
            guard.lift(row)
        audit.record(asked_by, "amt.save_settings", device, old=old if before else None, new=new)
    return row


@transaction.atomic
def delete_settings(*, device: Device, asked_by: User | None) -> None:
    """Delete the setting: the device is not set up any more (S31).

    Raises:
        PermissionDenied: ``asked_by`` may not change settings of this device.
    """
    _allow(asked_by, device, GUARDED)
    row = AmtSettings.objects.select_for_update().filter(device=device).first()
    if row is None:
        return
    old = told(row, device)
    former.keep(AmtSettings.objects.filter(pk=row.pk))
    take_out(row, device)
    audit.record(asked_by, "amt.delete_settings", device, old=old)


@transaction.atomic
def confirm_identity(*, device: Device, asked_by: User, pin: str, realm: str) -> AmtSettings:
    """Take the certificate and realm that were seen for the device's own, as a person did (D26).

    ``pin`` and ``realm`` are those the person compared.

    Raises:
        PermissionDenied: ``asked_by`` may not use credentials there.
        SettingsChanged: the device has shown something else since.
    """
    _allow(asked_by, device, GUARDED)
    row = AmtSettings.objects.select_for_update().filter(device=device).first()
    if row is None or (row.seen_pin, row.seen_realm) != (pin, realm):
        raise SettingsChanged(row)
    old, new = {}, {}
    for name, seen in (("pin", row.seen_pin), ("realm", row.seen_realm)):
        if seen:
            old[name], new[name] = getattr(row, name), seen
            setattr(row, name, seen)
    row.seen_pin = row.seen_realm = ""
    row.save(update_fields=["pin", "realm", "seen_pin", "seen_realm", "changed_at"])
    device.connection = row.tls_version
    device.save(update_fields=["connection"])
    audit.record(asked_by, "amt.confirm_identity", device, old=old, new=new)
    return row


@transaction.atomic
def find_again(*, device: Device, asked_by: User) -> None:
    """Forget how the device was reached; certificate and realm stay known (D26).

    Raises:
        PermissionDenied: ``asked_by`` may not change settings of this device.
        SettingsChanged: there is no setting any more.
    """
    _allow(asked_by, device, set())
    row = AmtSettings.objects.select_for_update().filter(device=device).first()
    if row is None:
        raise SettingsChanged(None)
    old = {"connection": row.tls_version, "firmware": row.firmware}
    row.tls_version = row.firmware = ""
    row.save(update_fields=["tls_version", "firmware", "changed_at"])
    copy_to_device(row, device, moved=False)
    audit.record(asked_by, "amt.find_again", device, old=old)


def told(row: AmtSettings, device: Device) -> dict[str, Any]:
    """Return what the audit and a person comparing two versions see of a setting."""
    return {
        "mode": row.mode,
        "address": row.address,
        "credential": str(row.credential),
        "server": str(row.server),
        "addressing": row.addressing,
        "host_addressing": device.host_addressing,
        "tls": row.tls,
        "interface": row.interface,
    }


def _allow(user: User | None, device: Device, changed: set[str]) -> None:
    if user is None:
        return
    if not may_in(user, Right.CONFIGURE, device.folder):
        raise PermissionDenied("You may look at the settings of this device, not change them.")
    if changed & GUARDED and not may_in(user, Right.CREDENTIALS, device.folder):
        raise PermissionDenied(
            "Address, credential and connection profile need the right to use credentials."
        )


def _assign(row: AmtSettings, address: str) -> bool:
    """Set the address; forget what was learned at another one. Return whether it is another."""
    moved = bool(row.address) and row.address != address
    if moved:
        row.uuid = None
        row.firmware = row.tls_version = row.pin = row.realm = row.seen_pin = row.seen_realm = ""
    row.address = address
    return moved
