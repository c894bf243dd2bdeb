"""The doctor looks at simulated devices over real sockets: each seeded cause comes first."""

import hashlib
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from html import unescape
from time import monotonic
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from amt import private_keys
from amt.certificates import hashes, making, marks
from amt.certificates.firmware import parse
from amt.models import AmtSettings, Certificate, DiscoveredDevice
from amt.protocol.hello import read
from amt.services import certificates, doctor
from amt.services.discovery import Heard, record_hellos
from amt.simulator import DeviceSpec, Fault, Fleet, hello, provisioning
from amt.simulator.profiles import PROFILES
from amt.simulator.set_up import ControlMode, TrustedHash, trusted_hashes
from devices.models import AuditEntry, Job, JobItem, Setting
from devices.models.rights import Role
from tests import factories
from tests.amt.certificates.samples import CLIENT, DAY, SERVER, key, leaf, name, root
from tests.amt.doctor import seeds
from tests.fixtures.simulated import next_addresses
from vault.models import WrappedKey

pytestmark = pytest.mark.django_db
NAME, SUFFIX = "amt.example.org", "example.org"
NOW_ = datetime.now(UTC).replace(microsecond=0)
LONG_AGO, LATE = NOW_ - 300 * DAY, NOW_ + 300 * DAY
OLD_TLS = ("2.2", "2.6", "3.2", "5.2", "7.1", "9.5", "11.8")


@pytest.fixture
def site():
    """Return a server with a management certificate, for old firmware and for the newest."""
    server = factories.server("SRV-AMT-01")
    row = certificates.create_management(server=server, by=None, common_name=NAME)
    return SimpleNamespace(server=server, row=row, root=Certificate.objects.authorities().get())


@pytest.fixture
def waiting(site):
    """Return a function that starts a device which waits to be set up, and hears its hello."""
    with ExitStack() as running:

        def make(profile="16.1", *, root=None, dhcp_suffix=SUFFIX, **spec):
            version = PROFILES[profile].major_minor
            der = bytes((root or site.root).der)
            spec.setdefault("hashes", trusted_hashes(der, version))
            made = DeviceSpec(
                next_addresses(1)[0],
                profile=profile,
                is_factory=True,
                is_activated=True,
                dhcp_suffix=dhcp_suffix,
                mebx_password="Changed-in-MEBx-1",
                **spec,
            )
            fleet = running.enter_context(Fleet([made]).running())
            return heard(fleet[made.address], site.server)

        yield make


def heard(machine, server, retry=1):
    """Return the entry of a device that said hello just now; a scan told its version."""
    said = read(hello.message(machine, retry))
    record_hellos([Heard(said, machine.address, timezone.now())], server=server)
    row = DiscoveredDevice.objects.get(uuid=machine.uuid)
    row.firmware = machine.profile.version
    row.save(update_fields=["firmware"])
    return SimpleNamespace(row=row, machine=machine)


def examine(row):
    return doctor.examination(row, by=None)


def codes(found):
    return [cause.code for cause in found.causes]


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "22.0"])
def test_nothing_speaks_against_a_healthy_device(waiting, site, profile):
    if profile in OLD_TLS:
        Setting.objects.create(key="amt.legacy_tls_allowed", value=True)
    device = waiting(profile, is_clock_set=True)

    found = examine(device.row)

    assert codes(found) == []
    assert found.facts.reach.let_in is True
    assert found.facts.device.firmware == parse(PROFILES[profile].version)
    if PROFILES[profile].has_wsman:
        assert found.facts.reach.uuid == device.machine.uuid
        assert found.facts.device.suffix == SUFFIX
        assert abs(found.facts.device.clock_off) < timedelta(seconds=5)
        assert found.facts.device.has_dhcp is True
    assert device.machine.orders == []


def test_newest_firmware_wants_a_stronger_certificate(site, waiting):
    device = waiting("22.0")

    assert {"sha256-signature", "key-too-short"} <= set(codes(examine(device.row)))


def test_of_two_certificates_the_one_for_the_firmware_is_shown(site, waiting):
    strong = certificates.create_authority(by=None, strength=making.Strength.STRONG)
    certificates.create_management(server=site.server, by=None, common_name=NAME)

    found = examine(waiting("22.0", root=strong).row)

    assert codes(found) == []
    assert found.facts.reach.let_in is True


def issue(site, *, common_name=NAME, **more):
    """Put a certificate of the tests' own making into the place of the site's."""
    own = key(more.pop("bits", 2048))
    dates = {"begins": more.pop("begins", LONG_AGO), "ends": more.pop("ends", LATE)}
    made = leaf(common_name, own=own, **dates, **more)
    return keep(site, made, [root(begins=LONG_AGO, ends=LATE)], own)


def keep(site, made, above, own):
    """Write the rows of a certificate and of those above it; return the root's."""
    Certificate.objects.management().delete()
    authorities = [certificates.save(one, Certificate.Kind.AUTHORITY) for one in above]
    row = certificates.save(made, Certificate.Kind.MANAGEMENT)
    row.key, row.server = private_keys.keep(own), site.server
    row.save(update_fields=["key", "server"])
    return next(one for one in authorities if one.name == "Sample Root")


def other_root(site, waiting):
    return waiting(hashes=factory_hashes())


def factory_hashes(*more):
    return (*(TrustedHash(f"Root {n}", "sha256", bytes([n]) * 32) for n in range(3)), *more)


def hash_of(der, algorithm, **more):
    return TrustedHash("Ours", algorithm, hashlib.new(algorithm, der).digest(), is_own=True, **more)


def sha1_only(site, waiting):
    return waiting(hashes=factory_hashes(hash_of(bytes(site.root.der), "sha1")))


def of_leaf(site, waiting):
    return waiting(hashes=factory_hashes(hash_of(bytes(site.row.der), "sha256")))


def old_root(site, waiting):
    before = site.root
    certificates.create_authority(by=None)
    Certificate.objects.management().delete()
    certificates.create_management(server=site.server, by=None, common_name=NAME)
    return waiting(root=before)


def with_certificate(profile="16.1", legacy=False, **more):
    def make(site, waiting):
        if legacy:
            Setting.objects.create(key="amt.legacy_tls_allowed", value=True)
        return waiting(profile, root=issue(site, **more))

    return make


def waits(profile="16.1", legacy=False, **more):
    def make(site, waiting):
        if legacy:
            Setting.objects.create(key="amt.legacy_tls_allowed", value=True)
        return waiting(profile, **more)

    return make


def of_other_domain(site, waiting):
    device = waiting(dhcp_suffix="example.net")
    device.row.name = "pc-301.example.net"
    return device


def without_certificate(site, waiting):
    Certificate.objects.management().delete()
    return waiting()


def without_key(site, waiting):
    Certificate.objects.management().update(key=None)
    return waiting()


def closed_key(site, waiting):
    WrappedKey.objects.filter(secret=site.row.key).delete()
    return waiting()


def set_up_elsewhere(site, waiting):
    device = waiting()
    provisioning.enter(device.machine, ControlMode.ADMIN)
    return device


def window_over(site, waiting):
    device = waiting(setup_hours=0.0)
    device.row.heard_at = timezone.now() - timedelta(hours=30)
    return device


def entry_ended(site, waiting):
    device = waiting()
    device.row.seen_at = timezone.now() - timedelta(hours=30)
    return device


def entry_for_external_only(site, waiting):
    device = waiting()
    device.row.seen_at = timezone.now() - timedelta(hours=20)
    return device


def moved(site, waiting):
    device, other = waiting(), waiting()
    device.row.address = other.row.address
    return device


def nobody_there(site, waiting):
    device = waiting()
    device.row.address = next_addresses(1)[0]
    return device


def nearly_giving_up(site, waiting):
    device = waiting()
    return heard(device.machine, site.server, retry=12)


def below_nobody(site, waiting):
    """The leaf's issuer is not in the trust store."""
    made = issue(site, signer=key(number=2), issuer=name("Sample Issuing"))
    return waiting(root=made)


def below_many(site, waiting):
    leaf_, *above = seeds.long_chain()
    return waiting(root=keep(site, leaf_, above, key()))


def signed_of_old(site, waiting):
    return waiting(root=keep(site, seeds.signed_with_sha1(seeds.good()), [seeds.root()], key()))


SEEDED = {
    "hash-missing": other_root,
    "hash-kind-ignored": sha1_only,
    "hash-of-leaf": of_leaf,
    "hash-of-old-root": old_root,
    "suffix-differs-by-name": of_other_domain,
    "name-not-trusted": waits(server_name="old.example.org"),
    "made-up-domain": with_certificate(common_name="srv-amt-01.local"),
    "certificate-expired": with_certificate(ends=NOW_ - DAY),
    "console-oid-only": with_certificate(unit=None, usages=(SERVER, marks.CONSOLE_OID)),
    "unit-spelling": with_certificate(unit=marks.UNIT_WITHOUT_R, usages=(SERVER,)),
    "no-amt-mark": with_certificate(unit=None, usages=(SERVER,)),
    "no-server-authentication": with_certificate(unit=None, usages=(CLIENT, marks.SETUP_OID)),
    "key-too-long": with_certificate("9.5", legacy=True, bits=4096),
    "certificate-no-ca": with_certificate(ca=False, path=None, issues=False),
    "tls-too-old": waits("11.8"),
    "no-management-certificate": without_certificate,
    "key-missing": without_key,
    "key-closed": closed_key,
    "set-up-already": set_up_elsewhere,
    "set-up-period-over": window_over,
    "entry-ended": entry_ended,
    "entry-external-only": entry_for_external_only,
    "other-device": moved,
    "port-closed": nobody_there,
    "certificate-early": with_certificate(begins=NOW_ + DAY),
    "certificate-ends-soon": with_certificate(ends=NOW_ + 20 * DAY),
    "chain-incomplete": below_nobody,
    "chain-too-long": below_many,
    "key-too-short": with_certificate("16.1", bits=1024),
    "sha1-signature": signed_of_old,
    "wildcard-name": with_certificate("2.6", legacy=True, common_name="*.example.org"),
    "device-clock": waits(is_clock_set=True, clock_offset_seconds=20 * 365.25 * 86_400),
    "psk-unknown": waits("9.5", legacy=True, pid="NKLD-G5DC", pps="RRNQ" * 8),
    "hello-unanswered": nearly_giving_up,
    "unresponsive": waits(faults=frozenset({Fault.SILENT})),
    "not-found": waits(faults=frozenset({Fault.UNPLUGGED})),
}


@pytest.mark.parametrize("code", SEEDED)
def test_cause_seeded_in_a_device_comes_first(site, waiting, code):
    device = SEEDED[code](site, waiting)

    found = examine(device.row)

    assert codes(found)[:1] == [code], [(c.code, c.certainty, c.proof) for c in found.causes]


def test_address_where_nobody_signs_in_is_not_connected_to(site, waiting, settings):
    device = waiting()
    settings.PRACTICE = False

    found = examine(device.row)

    assert codes(found) == ["address-not-allowed"]
    assert found.facts.reach.ports is None


def test_silent_device_takes_ten_seconds_at_most(site, waiting):
    device = waiting(faults=frozenset({Fault.SILENT}))
    began = monotonic()

    found = examine(device.row)

    assert monotonic() - began < 11
    assert found.is_examined


def test_last_attempt_is_among_the_facts(site, waiting):
    device = waiting()
    device.row.device = factories.device(mode="")
    item = attempt_of(device.row.device)

    found = doctor.diagnosis(device.row)

    assert codes(found) == ["flash-worn"]
    assert "“commit”" in found.causes[0].proof
    JobItem.objects.filter(pk=item.pk).update(status="running", finished_at=None)
    assert codes(doctor.diagnosis(device.row)) == ["set-up-running"]


def attempt_of(row):
    job = Job.objects.create(
        kind=Job.Kind.PROVISION,
        task="none",
        title="Provision",
        asked_by_name="somebody",
        expires_at=timezone.now() + timedelta(hours=1),
    )
    steps = [{"key": "let-in", "status": "ok"}, {"key": "commit", "status": "failed"}]
    return JobItem.objects.create(
        job=job,
        position=0,
        device=row,
        device_name=row.name,
        status=JobItem.Status.FAILED,
        error_code="refused",
        detail="CommitChanges: ReturnValue 38 (flash written too often)",
        evidence={"steps": steps},
        finished_at=timezone.now(),
    )


def test_managed_device_is_ours(site, waiting):
    device = waiting()
    row = factories.device(mode="enterprise")
    login = factories.credential()
    AmtSettings.objects.create(
        device=row, mode="enterprise", address="127.0.1.1", credential=login, server=site.server,
        uuid=device.row.uuid,
    )  # fmt: skip
    provisioning.enter(device.machine, ControlMode.ADMIN)

    assert codes(examine(device.row)) == ["set-up-by-us"]


def test_credential_is_judged_where_one_is_given(site, waiting):
    row = waiting().row
    empty, closed_ = factories.credential(), factories.credential()
    empty.secrets.all().delete()
    WrappedKey.objects.filter(secret__credential=closed_).delete()

    assert codes(doctor.diagnosis(row, credential=factories.credential())) == []
    assert codes(doctor.diagnosis(row, credential=empty)) == ["credential-missing"]
    assert codes(doctor.diagnosis(row, credential=closed_)) == ["credential-closed"]


def test_facts_take_few_queries(site, waiting, django_assert_max_num_queries):
    row = waiting().row
    for number in range(5):
        certificates.create_management(server=site.server, by=None, common_name=f"s{number}.{NAME}")

    with django_assert_max_num_queries(10):
        doctor.facts_of(row)


def test_no_more_examinations_than_there_is_room_for(site, waiting):
    row = waiting().row
    taken = [doctor._room.acquire(blocking=False) for _ in range(doctor.AT_ONCE)]
    try:
        with pytest.raises(doctor.TooManyExaminations):
            examine(row)
    finally:
        for _ in filter(None, taken):
            doctor._room.release()
    assert examine(row).is_examined


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MONITOR])
def test_card_shows_causes_with_links_for_those_who_may_follow_them(client, site, waiting, role):
    row = waiting(hashes=factory_hashes()).row
    client.force_login(factories.person(role))

    page = unescape(client.get(row.get_absolute_url()).text)

    assert "The device does not hold the hash of our CA" in page
    assert "hash-missing" in page
    assert hashes.of(bytes(site.root.der))["sha256"].mebx in page
    assert ("Show the hashes" in page) == (role == Role.ADMINISTRATOR)
    assert (">Examine<" in page) == (role == Role.ADMINISTRATOR)


def test_examine_swaps_in_what_was_seen(client, site, waiting):
    row = waiting().row
    client.force_login(factories.person())
    where = reverse("amt:examine_discovered", args=[row.pk])

    part = unescape(client.post(where, headers={"hx-request": "true"}).text)
    page = unescape(client.post(where).text)

    for text in (part, page):
        assert "Nothing speaks against it." in text
        assert "It took our certificate." in text
        assert "zman iamt-doctor" in text, "another server heard it"
    assert AuditEntry.objects.filter(verb="discovered.examine", target_id=row.pk).count() == 2
    assert "<html" in page
    assert "<html" not in part


def test_zman_prints_checks_and_causes_and_ends_with_1_where_it_will_refuse(site, waiting, capsys):
    good, bad = waiting().row, waiting(hashes=factory_hashes()).row
    DiscoveredDevice.objects.filter(pk=good.pk).update(name="pc-301.example.org")

    for word in (good.uuid, good.address, "PC-301", "pc-301.example.org"):
        call_command("zman", "idoc", str(word))
        said = capsys.readouterr().out
        assert "[ok]      CA hash: It took our certificate." in said
        assert "Nothing speaks against it." in said
    call_command("zman", "iamt-doctor", "--offline", str(good.uuid))
    assert "as far as is known" in capsys.readouterr().out
    with pytest.raises(CommandError, match="certain to refuse: hash-missing"):
        call_command("zman", "idoc", str(bad.uuid))
    said = capsys.readouterr().out
    assert "[refuses] CA hash: The device does not hold the hash" in said
    assert "1. The device does not hold the hash of our CA" in said
    with pytest.raises(CommandError, match="No discovered device"):
        call_command("zman", "idoc", "nobody")
