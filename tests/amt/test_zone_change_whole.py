"""The change of the zone certificate from end to end, with devices that really change sides."""

from uuid import uuid4

import pytest

from amt.certificates import firmware
from amt.models import AmtSettings, Certificate, DiscoveredDevice
from amt.services import setup_file_options, setup_files, zone_change
from amt.services.unprovisioning import unprovision
from amt.services.zone_change import NotYet
from amt.simulator.set_up import State, StickResult
from amt.work import run_provision_items, run_unprovision_items
from devices.models import Device, Server
from devices.services import heartbeat
from tests import factories
from tests.fixtures.prospects import ME_PASSWORD, SERVER_NAME, ask, me_credential

pytestmark = pytest.mark.django_db(transaction=True)


def go_on(step, **more):
    return zone_change.go_on(by=None, step=step, **more)


def carried_out(job, run) -> list[str]:
    Device.objects.update(last_order_at=None)  # as if they had rested
    run(list(job.items.values_list("pk", flat=True)))
    return list(job.items.values_list("status", flat=True))


def new_stick(server: Server, path):
    """Write a setup.bin that brings the new hash to devices whose MEBx has our password."""
    order = setup_file_options.order(
        server=server,
        version=setup_file_options.version_for(firmware.GENERATIONS[2]),
        options={"dns": None, "fqdn": None},
        algorithm="sha256",
        current_password=ME_PASSWORD,
    )
    written = setup_files.write_for_any(order=order, credential=me_credential(), by=None)
    path.write_bytes(written.data)
    return path


def bring_new_hash(several, server: Server, place) -> None:
    """Boot each device from a stick with the new hash; it says hello."""
    for number, one in enumerate(several):
        stick = new_stick(server, place / f"{number}.bin")
        assert one.machine.boot_from(stick) is StickResult.APPLIED
        one.machine.start_configuration()
        one.heard()


def replace_certificates(server: Server) -> None:
    """Go from the old authority to a new one, with the server's services restarted."""
    go_on("authority", authority="internal")
    go_on("delete")
    zone_change.ask_restart(by=None)
    heartbeat.reload_if_asked(server)
    go_on("restart")
    go_on("create")


def test_every_device_is_provisioned_again_with_the_new_certificate(waiting, tmp_path):
    several = waiting(3)
    assert carried_out(ask(several), run_provision_items) == ["done"] * 3
    old = Certificate.objects.internal().get()
    server = Server.objects.get()
    zone_change.start(by=None)

    with pytest.raises(NotYet, match="3 devices are still provisioned"):
        go_on("unprovision")
    leaving = unprovision(devices=Device.objects.all(), intent=uuid4(), asked_by=factories.person())
    assert carried_out(leaving, run_unprovision_items) == ["done"] * 3
    go_on("unprovision")
    replace_certificates(server)
    with pytest.raises(NotYet, match="3 devices have not been heard of with the new hash"):
        go_on("rediscover")
    bring_new_hash(several, server, tmp_path)
    change = go_on("rediscover")
    with pytest.raises(NotYet, match="3 devices are not provisioned again"):
        go_on("provision")
    assert {row.device for row in zone_change.to_provision(change)} == set(Device.objects.all())
    assert carried_out(ask(several), run_provision_items) == ["done"] * 3

    assert go_on("provision").ended_at

    new = Certificate.objects.management().get()
    assert new.x509.issuer != old.x509.subject
    assert new.name == SERVER_NAME, "devices compare it with their DNS suffix"
    for row in AmtSettings.objects.select_related("device__provisioning__certificate"):
        shown = row.device.provisioning.certificate
        shown.x509.verify_directly_issued_by(new.x509)
        assert row.pin == shown.sha256
    assert all(one.machine.set_up.state is State.POST for one in several)
    assert Device.objects.count() == DiscoveredDevice.objects.count() == 3
