"""setup.bin from the vault: written, taken by simulated devices, refused with a reason."""

from uuid import uuid4

import pytest
from django.urls import reverse

from amt.certificates import firmware
from amt.certificates.errors import CertificateError
from amt.models import AmtSettings
from amt.protocol import setup_bin
from amt.services import certificates, setup_file_options, setup_files
from amt.simulator import Device, DeviceSpec, StickResult
from devices.models import AuditEntry
from tests import factories
from vault.models import Secret

pytestmark = pytest.mark.django_db
PASSWORD, OWN = "Zebra-77-Crossing", "Okapi-88-Crossing"


@pytest.fixture
def server():
    found = factories.server("site", host_name="amt.example.org")
    certificates.create_management(server=found, by=None)
    return found


@pytest.fixture
def credential():
    return factories.credential("ME", PASSWORD)


def options(server, generation, **more):
    return setup_file_options.order(
        server=server,
        version=setup_file_options.version_for(generation),
        options=more,
        algorithm=generation.algorithm,
    )


PROFILES = {"AMT 2.2 to 5": "5.2", "AMT 6 to 15": "9.5", "AMT 16 to 21": "16.1"}
PROFILES["AMT 22 and newer"] = "22.0"


@pytest.mark.parametrize("generation", firmware.GENERATIONS, ids=str)
def test_each_generation_takes_what_is_written_for_it(server, credential, tmp_path, generation):
    order = options(server, generation)
    written = setup_files.write_for_any(order=order, credential=credential, by=None)
    path = tmp_path / "setup.bin"
    path.write_bytes(written.data)
    device = Device(DeviceSpec("127.0.0.1", profile=PROFILES[generation.name], is_factory=True))

    assert device.boot_from(path) is StickResult.APPLIED
    held = device.set_up
    assert (held.suffix, held.server_name) == ("example.org", "amt.example.org")
    assert [one.algorithm for one in held.hashes] == [generation.algorithm]
    assert held.password == PASSWORD


def rows(server, credential):
    found = []
    for name in ("pc-1", "PC-2.example.org"):
        device = factories.device(name)
        found.append(
            AmtSettings.objects.create(
                device=device,
                mode="smb",
                address="127.0.1.1",
                credential=credential,
                server=server,
                uuid=uuid4(),
            )
        )
    return found


def test_each_device_gets_its_own_record_and_password(server, credential, tmp_path):
    found = rows(server, credential)
    factories.secret(credential, OWN, amt_uuid=found[1].uuid)
    order = options(server, firmware.GENERATIONS[2])
    written = setup_files.write_for_devices(order=order, rows=found, by=None)
    path = tmp_path / "setup.bin"
    path.write_bytes(written.data)
    devices = [Device(DeviceSpec("127.0.0.1", is_factory=True)) for _ in range(2)]

    assert written.devices == ["pc-1", "PC-2.example.org"]
    assert {device.boot_from(path) for device in devices} == {StickResult.APPLIED}
    assert [device.set_up.password for device in devices] == [PASSWORD, OWN]
    assert [device.host_name for device in devices] == ["pc-1", "pc-2"]
    assert setup_bin.read(path.read_bytes()).consumed == 2


def test_small_business_mode_needs_no_certificate(credential, tmp_path):
    server = factories.server(host_name="vm")
    order = setup_file_options.order(
        server=server, version=(4, 0), options=setup_file_options.by_hand((4, 0))
    )
    path = tmp_path / "setup.bin"
    path.write_bytes(setup_files.write_for_any(order=order, credential=credential, by=None).data)
    device = Device(DeviceSpec("127.0.0.1", is_factory=True))

    assert device.boot_from(path) is StickResult.APPLIED
    assert device.set_up.is_done


def test_zone_without_a_root_says_so(credential):
    with pytest.raises(CertificateError, match="no root yet"):
        options(factories.server(host_name="vm"), firmware.GENERATIONS[2])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ztc": "2"}, "Remote configuration is 0"),
        ({"dns": "x" * 256}, "at most 255"),
        ({"psadd": "nowhere"}, "no IP address"),
        ({"pspo": "many"}, "a number from 0 to 65535"),
        ({"ipv4": "10.0.0.1"}, "address, mask, gateway"),
    ],
)
def test_option_that_is_none_is_named(server, given, said):
    with pytest.raises(CertificateError, match=said):
        options(server, firmware.GENERATIONS[2], **given)


def test_dhcp_is_written_in_firmwares_numbers(server):
    for word, number in (("0", 1), ("1", 2)):
        order = options(server, firmware.GENERATIONS[2], dhcp=word)
        (found,) = [entry.value for entry in order.entries if entry.key == (2, 13)]
        assert found == bytes([number])


def test_credential_without_password_is_named(server, credential):
    Secret.objects.update(state=Secret.State.RETIRED)
    order = options(server, firmware.GENERATIONS[2])
    with pytest.raises(CertificateError, match="ME: It has no active password"):
        setup_files.write_for_any(order=order, credential=credential, by=None)


def post(client, **more):
    given = {"generation": "2", "way": "enterprise", **more}
    return client.post(reverse("amt:setup_file"), given)


def test_page_gives_the_file_and_audits_it_without_the_password(client, server, credential):
    client.force_login(factories.person())
    response = post(client, credential=credential.pk, server=server.pk)

    assert response["Content-Disposition"] == 'attachment; filename="setup.bin"'
    assert response["Cache-Control"] == "no-store"
    (record,) = setup_bin.read(response.content).records
    assert record.get((1, 2)) == PASSWORD.encode()
    entry = AuditEntry.objects.get(verb="setup_file.write")
    assert PASSWORD not in str(entry.new)


def test_page_says_what_is_missing(client, server, credential):
    client.force_login(factories.person())
    assert b"choose a credential" in post(client, server=server.pk).content
    missing = post(client, server=server.pk, devices="nobody")
    assert missing.status_code == 422
    assert b"nobody is not set up, or not there." in missing.content
    weak = factories.credential("weak", "weak-ö")
    assert post(client, server=server.pk, credential=weak.pk).status_code == 422
