"""An authority made with openssl signs our request; the import takes it, or says why not."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from amt import private_keys
from amt.certificates import files
from amt.certificates.errors import CertificateError
from amt.certificates.making import Mark, Subject
from amt.models import AmtSettings, Certificate, CertificateRequest
from amt.services import certificate_import, certificate_overview, certificates, hashes
from amt.services.certificate_import import CertificateRefused
from devices.models import AuditEntry
from tests import factories
from tests.amt.certificates.openssl import Authority, openssl
from vault.models import Secret

pytestmark = pytest.mark.django_db
OWN = "/OU=Intel(R) Client Setup Certificate/CN=a.example.org"
SUBJECT = Subject("amt.example.org", "Example", "DE", "Berlin")


@pytest.fixture
def server():
    return factories.server("site", host_name="amt.example.org")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


def requested(server, folder, **more):
    """Return a request of this zone and the file that is sent to the authority."""
    given = {"subject": SUBJECT, "is_ca": True, "mark": Mark.BOTH, "by": None, **more}
    row = certificates.create_request(server=server, **given)
    path = folder / "request.csr"
    path.write_bytes(row.x509.public_bytes(Encoding.PEM))
    return row, path


def import_(server, *paths, by=None):
    contents = files.Contents()
    for path in paths:
        contents.add(files.read(path.read_bytes()))
    return certificate_import.import_certificates(contents=contents, server=server, by=by)


def test_signed_request_becomes_the_management_certificate(server, authority, tmp_path):
    request, path = requested(server, tmp_path)
    signed = authority.sign(path)
    done = import_(server, signed, authority.root)

    row = done.certificate
    assert (row.server, row.wants_authority, row.name) == (server, True, "amt.example.org")
    assert not CertificateRequest.objects.exists()
    assert private_keys.of(row).public_key() == request.x509.public_key()
    assert {verdict.level for verdict in done.verdicts} == {"ok", "warning"}
    (root,) = hashes.roots()
    printed = openssl("x509", "-in", authority.root, "-noout", "-fingerprint", "-sha1")
    assert root.hashes["sha1"].colons == printed.strip().split("=")[1]
    said = openssl("verify", "-CAfile", authority.root, "-purpose", "sslclient", signed)
    assert "OK" in said


def test_leaf_alone_is_taken_and_completed_by_its_authority_later(server, authority, tmp_path):
    signed = authority.sign(requested(server, tmp_path)[1])
    first = import_(server, signed)
    assert [v.level for v in first.verdicts if v.rule == "chain"] == ["warning"]
    assert hashes.roots() == []

    later = import_(server, authority.root)
    assert later.certificate is None
    assert [row.name for row in later.authorities] == ["External Root"]
    (overview,) = certificate_overview.overviews()
    assert overview.is_whole
    assert len(hashes.roots()) == 1


def test_authority_that_leaves_the_ca_flag_out_is_warned_of(server, authority, tmp_path):
    config = tmp_path / "extensions"
    config.write_text(
        "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,2.16.840.1.113741.1.2.3\n"
    )
    _, path = requested(server, tmp_path)
    signed = authority.sign(path, extensions=None, more=("-extfile", config))
    done = import_(server, signed, authority.root)

    (told,) = [verdict for verdict in done.verdicts if verdict.rule == "authority"]
    assert told.level == "warning"
    assert "Provision is offered with external certificates only" in told.text


def test_authority_that_drops_every_mark_is_refused(server, authority, tmp_path):
    _, path = requested(server, tmp_path, mark=Mark.OID)
    with pytest.raises(CertificateRefused, match="no AMT mark") as error:
        import_(server, authority.sign(path, extensions=None), authority.root)

    assert error.value.code == "refused-mark"
    assert CertificateRequest.objects.count() == 1
    assert not Certificate.objects.exists()


def test_authority_that_copies_no_extension_leaves_the_unit(server, authority, tmp_path):
    _, path = requested(server, tmp_path)
    done = import_(server, authority.sign(path, extensions=None), authority.root)

    warned = {verdict.rule for verdict in done.verdicts if not verdict.is_ok}
    assert {"usage", "version", "authority"} <= warned


def test_certificate_of_another_key_is_refused(server, authority, tmp_path):
    requested(server, tmp_path)
    openssl(
        *("req", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k", "-out"),
        *(
            tmp_path / "other.csr",
            "-subj",
            "/OU=Intel(R) Client Setup Certificate/CN=a.example.org",
        ),
    )
    with pytest.raises(CertificateRefused, match="No request of this zone has its key"):
        import_(server, authority.sign(tmp_path / "other.csr"), authority.root)


def test_certificate_with_its_key_needs_no_request(server, authority, tmp_path):
    openssl(
        *("req", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k", "-out"),
        *(tmp_path / "own.csr", "-subj", OWN),
    )
    signed = authority.sign(tmp_path / "own.csr")
    box = tmp_path / "box.p12"
    openssl(
        *("pkcs12", "-export", "-inkey", tmp_path / "k", "-in", signed.with_suffix(".pem")),
        *("-certfile", authority.root, "-passout", "pass:Sesame-7", "-out", box),
    )
    contents = files.read(box.read_bytes(), passphrase="Sesame-7")
    done = certificate_import.import_certificates(contents=contents, server=server, by=None)

    assert done.certificate.key is not None
    assert [row.name for row in done.authorities] == ["External Root"]


def test_the_same_again_is_refused_and_nothing_is_lost(server, authority, tmp_path):
    signed = authority.sign(requested(server, tmp_path)[1])
    import_(server, signed, authority.root)
    with pytest.raises(CertificateError):
        import_(server, signed)

    assert Certificate.objects.management().count() == 1


def test_the_same_again_with_its_chain_completes_it(server, authority, tmp_path):
    signed = authority.sign(requested(server, tmp_path)[1])
    import_(server, signed)
    done = import_(server, signed, authority.root)

    assert [row.name for row in done.authorities] == ["External Root"]
    assert certificate_overview.overviews()[0].is_whole


def test_second_certificate_of_a_request_shares_its_key(server, authority, tmp_path):
    _, path = requested(server, tmp_path)
    first = import_(server, authority.sign(path, extensions=None), authority.root).certificate
    second = import_(server, authority.sign(path)).certificate
    assert first.key == second.key
    certificates.delete_management(certificates=[first], by=None)

    assert private_keys.of(second)
    certificates.delete_management(certificates=[second], by=None)
    assert not Secret.objects.exists()


def test_two_certificates_for_servers_are_one_too_many(server, authority, tmp_path):
    signed = authority.sign(requested(server, tmp_path)[1])
    other = requested(server, tmp_path)[1].rename(tmp_path / "second.csr")
    with pytest.raises(CertificateError, match="import one"):
        import_(server, signed, authority.sign(other))


def test_leaf_without_ca_flag_does_not_enter_the_trust_store(server, tmp_path):
    openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k"),
        *("-subj", "/CN=web.example.org", "-addext", "basicConstraints=CA:FALSE"),
        *("-out", tmp_path / "web.pem"),
    )
    with pytest.raises(CertificateError):
        import_(server, tmp_path / "web.pem")

    assert not Certificate.objects.exists()


def test_internal_certificates_hang_below_one_root(server):
    first = certificates.create_management(server=server, by=None)
    other = factories.server("other", host_name="amt2.example.org")
    second = certificates.create_management(server=other, by=None, is_ca=False)

    assert Certificate.objects.authorities().count() == 1
    assert (first.name, second.name) == ("amt.example.org", "amt2.example.org")
    (root,) = hashes.roots()
    assert root.certificates == [second, first]


def test_server_without_a_domain_gets_a_name_for_trials():
    for host, wanted in (("vm", "vm.local"), ("", "amt.local"), ("My_PC", "my-pc.local")):
        assert certificates.default_name(factories.server(host_name=host)) == wanted


def test_delete_takes_the_key_and_waits_for_devices(server):
    row = certificates.create_management(server=server, by=None)
    device = factories.device(mode="enterprise")
    AmtSettings.objects.create(
        device=device,
        mode="enterprise",
        address="127.0.1.1",
        credential=factories.credential(),
        server=server,
    )
    with pytest.raises(CertificateError, match="1 device is provisioned"):
        certificates.delete_management(certificates=[row], by=None)
    before = Secret.objects.filter(credential=None).count()
    certificates.delete_management(certificates=[row], by=None, although_used=True)

    assert Secret.objects.filter(credential=None).count() == before - 1
    assert not Certificate.objects.management().exists()


def test_authority_in_use_stays(server):
    certificates.create_management(server=server, by=None)
    root = Certificate.objects.authorities().get()
    with pytest.raises(CertificateError, match="hangs below it"):
        certificates.delete_authority(certificate=root, by=None)


def test_firmware_that_refuses_is_counted_among_known_devices(server):
    for version in ("16.1", "22.0", "22.0", ""):
        factories.device(amt_version=version)
    row = certificates.create_management(server=server, by=None)
    (overview,) = certificate_overview.overviews([row])

    assert [(str(one.span), one.devices) for one in overview.refusals] == [("AMT 22 and newer", 2)]


def test_forecast_names_root_and_certificate_with_their_devices(server):
    certificates.create_management(server=server, by=None)
    AmtSettings.objects.create(
        device=factories.device(),
        mode="enterprise",
        address="127.0.1.1",
        credential=factories.credential(),
        server=server,
    )
    found = certificate_overview.endings()

    assert [ending.devices for ending in found] == [1, 1]
    assert found[0].at < found[1].at
    assert found[0].row.is_management


def test_home_warns_of_what_ends_soon(client, server, time_machine):
    row = certificates.create_management(server=server, by=None)
    place = reverse("amt:home_notes")
    client.force_login(factories.person("monitor"))
    assert client.get(place).content.strip() == b""
    time_machine.move_to(row.not_after - timedelta(days=10))
    client.force_login(factories.person("monitor"))
    said = client.get(place).content.decode()

    assert "amt.example.org</strong>" not in said
    assert "amt.example.org ends on" in said
    assert row.get_absolute_url() not in said


def test_only_who_may_keeps_certificates(server):
    operator = factories.person("power-operator")
    with pytest.raises(PermissionDenied):
        certificates.create_management(server=server, by=operator)


def test_audit_has_who_and_what_and_no_key(server):
    certificates.create_management(server=server, by=factories.person())
    entry = AuditEntry.objects.get(verb="certificate.create")

    assert "CN=amt.example.org" in entry.new["subject"]
    assert "PRIVATE" not in str(entry.new)


def test_parsed_certificate_is_that_of_the_row(server):
    row = certificates.create_management(server=server, by=None)

    assert isinstance(Certificate.objects.get(pk=row.pk).x509, x509.Certificate)
