"""Provisioning a simulated device from the hello to the first sign-in, and what may go wrong."""

import pytest

from amt.models import AmtSettings, Certificate, Provisioning
from amt.simulator.set_up import State
from devices.models import Device, Setting
from vault import crypto
from vault.models import Secret

pytestmark = pytest.mark.django_db(transaction=True)


def password_in_vault(uuid) -> str:
    secret = Secret.objects.get(amt_uuid=uuid, state=Secret.State.ACTIVE)
    return crypto.reveal([secret])[secret.pk]


@pytest.mark.parametrize("profile", ["9.5", "11.8", "12.0", "14.1", "15.0", "16.1"])
def test_device_is_set_up_and_in_use(waiting, profile):
    Setting.objects.create(key="amt.legacy_tls_allowed", value=True)
    (one,) = waiting(profile=profile)

    item = one.provision()

    assert (item.status, item.error_code) == ("done", ""), (item.message, item.detail, item.evidence)
    row = AmtSettings.objects.get(device=item.device)
    assert one.machine.set_up.state is State.POST
    assert (row.mode, row.uuid) == (Device.Mode.ENTERPRISE, one.machine.uuid)
    assert row.pin == one.machine.certificate_sha256
    assert row.realm == one.machine.realm
