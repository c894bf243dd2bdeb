"""What is written once a device was unprovisioned, or is given up."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from amt import in_use
from amt.models import AlertSubscription, AmtSettings, Certificate, DiscoveredDevice, Provisioning
from amt.provisioning import orphans
from amt.provisioning.orphans import Left
from devices import audit
from devices.models import Device, User
from devices.services.devices import delete_devices
from vault import services as vault
from vault.models import Secret


@transaction.atomic
def gone(*, device: Device, is_full: bool, by: User | None) -> None:
    """Take a device that was unprovisioned out of use here; the device itself stays in its list."""
    row = AmtSettings.objects.select_for_update().filter(device=device).first()
    known = Provisioning.objects.filter(Q(device=device) | Q(uuid=row.uuid if row else None))
    uuids = {one.uuid for one in known} | ({row.uuid} if row and row.uuid else set())
    for secret in Secret.objects.filter(amt_uuid__in=uuids).exclude(state=Secret.State.RETIRED):
        vault.retire(secret=secret, by=None)
    shown = [one.certificate_id for one in known if one.certificate_id]
    Certificate.objects.filter(pk__in=shown).update(retired_at=timezone.now())
    known.delete()
    AlertSubscription.objects.filter(device=device).delete()  # the device has forgotten it too
    if row:
        in_use.take_out(row, device)
    state = DiscoveredDevice.State.PRE if is_full else DiscoveredDevice.State.IN
    DiscoveredDevice.objects.filter(Q(uuid__in=uuids) | Q(device=device)).update(state=state)
    audit.record(by, "amt.unprovisioned", device, new={"full": is_full})


@transaction.atomic
def give_up(*, device: Device, why: str, by: User) -> None:
    """Delete a device that could not be unprovisioned, and keep what is known of it."""
    row = AmtSettings.objects.filter(device=device).select_related("credential").first()
    if row:
        left = Left(
            uuid=row.uuid,
            name=device.name,
            address=row.address,
            credential=row.credential,
            pin=row.pin,
            realm=row.realm,
            firmware=row.firmware,
        )
        orphans.add(left, why=why, by=by)
    Provisioning.objects.filter(device=device).delete()
    delete_devices(devices=Device.objects.filter(pk=device.pk), asked_by=by)
