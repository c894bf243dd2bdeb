"""The change of the zone certificate: in order, one at a time, gone on with wherever it stopped."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from amt.certificates.errors import CertificateError
from amt.models import AmtSettings, Certificate, ZoneCertificateChange
from amt.services import certificates, zone_change
from amt.services.zone_change import NotYet, Step
from devices.models import AuditEntry, Server
from devices.services import heartbeat
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    return heartbeat.beat(queue="zcc.a", name="a", host_name="amt.example.org", version="1")


@pytest.fixture
def provisioned(server):
    certificates.create_management(server=server, by=None)
    return AmtSettings.objects.create(
        device=factories.device(mode="enterprise"),
        mode="enterprise",
        address="127.0.1.1",
        credential=factories.credential(),
        server=server,
    )


def go_on(step, **more):
    return zone_change.go_on(by=None, step=step, **more)


def test_whole_way_with_a_new_internal_authority(provisioned, server):
    old = Certificate.objects.authorities().get()
    change = zone_change.start(by=None)
    assert change.device_count == 1
    with pytest.raises(NotYet, match="1 device is still provisioned"):
        go_on("unprovision")
    AmtSettings.objects.update(mode="smb")
    go_on("unprovision")
    go_on("authority", authority="internal")
    go_on("delete")
    assert not Certificate.objects.management().exists()
    with pytest.raises(NotYet, match="were not restarted yet"):
        go_on("restart", although=True)
    assert zone_change.ask_restart(by=None) == 1
    with pytest.raises(NotYet, match="Not restarted yet: a"):
        go_on("restart")
    heartbeat.reload_if_asked(server)
    go_on("restart")
    go_on("create")
    new = Certificate.objects.management().get()
    assert new.server == server
    assert new.x509.issuer != old.x509.subject
    with pytest.raises(NotYet, match="1 device has not been heard of"):
        go_on("rediscover")
    go_on("rediscover", although=True)
    with pytest.raises(NotYet, match="1 device is not provisioned again yet"):
        go_on("provision")
    AmtSettings.objects.update(mode="enterprise")
    assert go_on("provision").ended_at
    assert zone_change.current() is None


def test_devices_left_over_can_be_left(provisioned):
    zone_change.start(by=None)
    ZoneCertificateChange.objects.update(step=Step.PROVISION)
    AmtSettings.objects.update(mode="smb")

    assert go_on("provision", although=True).ended_at


def test_keeping_the_authority_keeps_the_root(provisioned):
    root = Certificate.objects.authorities().get()
    AmtSettings.objects.update(mode="smb")
    zone_change.start(by=None)
    go_on("unprovision")
    go_on("authority", authority="keep")
    go_on("delete")
    ZoneCertificateChange.objects.update(step=Step.CREATE)
    go_on("create")

    assert Certificate.objects.management().get().x509.issuer == root.x509.subject


def test_external_authority_waits_for_its_certificate(server):
    zone_change.start(by=None)
    ZoneCertificateChange.objects.update(step=Step.CREATE, authority="external")
    with pytest.raises(NotYet, match="no management certificate yet"):
        go_on("create")


def test_only_one_change_at_a_time(server):
    zone_change.start(by=None)
    with pytest.raises(CertificateError, match="under way"):
        zone_change.start(by=None)
    zone_change.give_up(by=None)

    assert zone_change.start(by=None).pk


def test_a_step_is_done_once_however_often_it_is_sent(server):
    zone_change.start(by=None)
    go_on("unprovision")
    with pytest.raises(CertificateError, match="The change stands at"):
        go_on("unprovision")
    with pytest.raises(NotYet, match="internal, keep or external"):
        go_on("authority", authority="other")

    assert zone_change.current().step == "authority"


def test_what_failed_half_way_is_undone(server, monkeypatch):
    zone_change.start(by=None)
    go_on("unprovision")

    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(zone_change.audit, "record", fail)
    with pytest.raises(RuntimeError):
        go_on("authority", authority="internal")
    monkeypatch.undo()

    assert zone_change.current().step == "authority"
    assert not Certificate.objects.exists()


def test_silent_server_is_left_out_only_when_told(server):
    zone_change.start(by=None)
    ZoneCertificateChange.objects.update(step=Step.RESTART)
    zone_change.ask_restart(by=None)
    Server.objects.update(heartbeat_at=None)
    with pytest.raises(NotYet):
        go_on("restart")

    assert go_on("restart", although=True).step == "create"


def test_heartbeat_reloads_once_per_request(server):
    zone_change.start(by=None)
    ZoneCertificateChange.objects.update(step=Step.RESTART)
    heartbeat.reload_if_asked(server)
    assert Server.objects.get().reloaded_at is None
    zone_change.ask_restart(by=None)
    heartbeat.reload_if_asked(server)
    first = Server.objects.get().reloaded_at
    heartbeat.reload_if_asked(server)

    assert first is not None
    assert Server.objects.get().reloaded_at == first


def test_page_goes_through_the_steps(client, server):
    client.force_login(factories.person())
    place = reverse("amt:zone_change")
    for data in (
        {"act": "start"},
        {"act": "next", "step": "unprovision"},
        {"act": "next", "step": "authority", "authority": "internal"},
        {"act": "next", "step": "delete"},
        {"act": "restart"},
    ):
        assert client.post(place, data).status_code == 302
    refused = client.post(place, {"act": "next", "step": "restart"})
    assert refused.status_code == 422
    assert b"Not restarted yet: a" in refused.content
    assert b"Go on without the servers that are silent" in refused.content
    heartbeat.reload_if_asked(server)
    assert client.post(place, {"act": "next", "step": "restart"}).status_code == 302
    assert b"Create the new management certificates" in client.get(place).content


def test_only_who_may_begins_one(server):
    with pytest.raises(PermissionDenied):
        zone_change.start(by=factories.person("monitor"))


def test_each_step_is_audited(server):
    zone_change.start(by=None)
    go_on("unprovision")
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))

    assert {"zone_change.start", "zone_change.step"} <= verbs
