"""*Test connection* with simulated devices over real sockets: each cause has its own sentence."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from amt.models import AmtSettings
from amt.services.connection import test_connection as ask
from amt.simulator import Fault
from amt.work import run_connection_items
from devices.models import Device, JobItem, Setting
from devices.models.rights import Role
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tested(transactional_db, simulated) -> Callable[..., tuple]:
    """Return a function that tests a simulated device and returns its line and its settings."""

    def run(*, made=None, prepare=None, **spec):
        made = made or simulated(**spec)
        if prepare:
            AmtSettings.objects.filter(device=made.row).update(**prepare(made))
        devices = Device.objects.filter(pk=made.row.pk)
        job = ask(devices=devices, intent=uuid4(), asked_by=factories.person())
        item = job.items.get()
        run_connection_items([item.pk])
        item.refresh_from_db()
        return item, AmtSettings.objects.get(device=made.row)

    return run


def steps(item: JobItem) -> dict[str, tuple[str, str]]:
    return {step["key"]: (step["status"], step["word"]) for step in item.evidence["steps"]}


def test_a_device_with_tls_is_reachable_known_and_lets_us_in(tested):
    item, row = tested(profile="16.1", plain=False)

    assert item.status == "done"
    assert item.message == f"Reachable, AMT {row.firmware}, {row.tls_version}, credential accepted."
    assert [word for _, word in steps(item).values()] == [
        "Reachable", f"AMT {row.firmware}", row.tls_version, "Credential accepted",
    ]  # fmt: skip
    assert item.evidence["seconds"] < 5


def test_what_the_device_told_is_kept_and_shown_in_lists(tested, simulated):
    made = simulated(profile="16.1", plain=False)

    _, row = tested(made=made)

    made.row.refresh_from_db()
    assert (row.pin, row.uuid) == (made.machine.certificate_sha256, made.machine.uuid)
    assert row.realm == made.machine.realm
    assert (made.row.amt_version, made.row.connection) == ("16.1", row.tls_version)
    assert row.firmware.startswith("16.1")
    assert row.tls_version in ("TLS 1.2", "TLS 1.3")


def test_a_device_without_tls_is_told_so_and_may_be_used(tested):
    item, row = tested(profile="9.5", tls=False)

    assert item.status == "done"
    assert steps(item)["tls"] == ("warn", "No TLS")
    assert (row.tls_version, row.pin) == ("Plain", "")


def test_plain_http_that_the_zone_forbids_ends_before_any_password(tested):
    Setting.objects.create(key="amt.plain_allowed", value=False)

    item, _ = tested(tls=False)

    assert (item.status, item.error_code) == ("failed", "plain-not-allowed")
    assert steps(item)["credential"] == ("skipped", "Credential accepted: not asked")


def test_old_tls_is_refused_unless_it_is_allowed(tested, simulated):
    made = simulated(profile="9.5", plain=False)

    refused, _ = tested(made=made)
    Setting.objects.create(key="amt.legacy_tls_allowed", value=True)
    allowed, row = tested(made=made)

    assert (refused.status, refused.error_code) == ("failed", "tls-too-old")
    assert allowed.status == "done"
    assert steps(allowed)["tls"][0] == "warn"
    assert row.tls_version in ("TLS 1.0", "TLS 1.1")


@pytest.mark.parametrize(
    ("fault", "code", "key", "word", "sentence"),
    [
        (Fault.WRONG_PASSWORD, "sign-in-refused", "credential", "Credential refused", "refuses"),
        (Fault.REFUSES, "port-closed", "reachable", "Not reachable", "Port 16993 is closed"),
        (Fault.UNPLUGGED, "unreachable", "reachable", "Not reachable", "no standby power"),
        (Fault.ANSWERS_HTML, "bad-answer", "credential", "Not AMT", "not AMT's"),
        (Fault.TRUNCATED_XML, "damaged-answer", "credential", "Not understood", ""),
        (Fault.OVERSIZED_XML, "hostile-answer", "credential", "Not understood", ""),
        (Fault.ANSWERS_HOSTILE_XML, "hostile-answer", "credential", "Not understood", ""),
    ],
)
def test_each_cause_has_its_own_sentence(tested, settings, fault, code, key, word, sentence):
    item, _ = tested(fault=fault)

    assert (item.status, item.error_code) == ("failed", code), item.message
    assert steps(item)[key] == ("failed", word)
    assert sentence in item.message


def test_a_silent_device_is_told_apart_from_a_wrong_password(tested):
    item, _ = tested(fault=Fault.SILENT)

    assert item.status == "failed"
    assert item.error_code == "unresponsive"
    assert "did not answer for" in item.message
    assert steps(item)["credential"][0] == "skipped"


@pytest.mark.parametrize("fault", [Fault.SLOW, Fault.CLOSES_SILENTLY_AFTER_401])
def test_slow_and_odd_devices_pass(tested, simulated, fault):
    made = simulated(fault=fault)
    made.machine.slow_seconds = 0.5

    item, _ = tested(made=made)

    assert item.status == "done", item.message


def test_a_wrong_password_is_sent_once(tested, simulated):
    made = simulated(password="Other-1-Other")
    AmtSettings.objects.update(credential=factories.credential(password="Wrong-1-Wrong"))

    item, _ = tested(made=made)

    assert item.error_code == "sign-in-refused"


def test_another_certificate_stops_the_test_and_waits_for_a_person(tested):
    item, row = tested(plain=False, prepare=lambda made: {"pin": "ab" * 32})

    assert (item.status, item.error_code) == ("failed", "certificate-changed")
    assert steps(item)["tls"] == ("failed", "Certificate changed")
    assert row.pin == "ab" * 32
    assert len(row.seen_pin) == 64
    assert row.device.connection == "Certificate changed"


def test_another_realm_stops_the_test_and_waits_for_a_person(tested):
    item, row = tested(prepare=lambda made: {"realm": "Digest:Other"})

    assert (item.status, item.error_code) == ("failed", "realm-changed")
    assert (row.realm, row.seen_realm[:7]) == ("Digest:Other", "Digest:")


def test_the_old_device_that_is_back_needs_no_confirmation(tested, simulated):
    made = simulated(plain=False)
    tested(made=made)

    item, row = tested(made=made, prepare=lambda _: {"seen_pin": "cd" * 32})

    assert item.status == "done"
    assert row.seen_pin == ""
    assert row.device.connection.startswith("TLS")


def test_a_device_that_had_tls_is_never_asked_in_the_clear(tested):
    item, _ = tested(tls=False, prepare=lambda made: {"pin": "ab" * 32})

    assert item.error_code == "tls-gone"
    assert "no password goes out in the clear" in item.message


def test_a_name_that_nobody_knows(tested):
    item, _ = tested(prepare=lambda made: {"address": "no-such-pc.invalid"})

    assert item.error_code == "name-unknown"
    assert "No name server knows no-such-pc.invalid" in item.message


def test_no_password_goes_to_an_address_that_is_not_allowed(tested, settings):
    settings.PRACTICE = False

    item, _ = tested()

    assert item.error_code == "address-not-allowed"
    assert steps(item)["reachable"] == ("failed", "Address not allowed")


def test_a_device_that_is_not_set_up_is_skipped():
    device = factories.device()

    job = ask(
        devices=Device.objects.filter(pk=device.pk), intent=uuid4(), asked_by=factories.person()
    )

    assert (job.items.get().status, job.items.get().error_code) == ("skipped", "not-set-up")


def test_a_credential_without_a_password_says_so(tested, simulated):
    made = simulated()
    made.row.amt_settings.credential.secrets.all().delete()

    item, _ = tested(made=made)

    assert item.error_code == "password-missing"
    assert "no active password" in item.message


def test_only_devices_that_may_be_tested_are_tested():
    inside, outside = factories.folder(), factories.folder()
    mine, other = factories.device(where=inside), factories.device(where=outside)
    user = factories.person(Role.POWER_OPERATOR, inside)

    job = ask(
        devices=Device.objects.filter(pk__in=[mine.pk, other.pk]), intent=uuid4(), asked_by=user
    )

    assert [item.device for item in job.items.all()] == [mine]
    with pytest.raises(PermissionDenied):
        ask(devices=Device.objects.filter(pk=other.pk), intent=uuid4(), asked_by=user)


def test_a_double_click_is_one_test(client, simulated):
    made = simulated()
    client.force_login(factories.person())
    url = reverse("amt:test_device", args=[made.row.pk])
    intent = str(uuid4())

    for _ in range(2):
        client.post(url, {"intent": intent})

    assert JobItem.objects.count() == 1


def test_the_page_shows_the_test_while_it_runs_and_stops_asking(client, tested, simulated):
    made = simulated()
    client.force_login(factories.person())
    htmx = {"HX-Request": "true"}
    url = reverse("amt:test_device", args=[made.row.pk])
    result = reverse("amt:test_result", args=[made.row.pk])

    started = client.post(url, headers=htmx)
    waiting = client.get(result, headers=htmx)
    run_connection_items([JobItem.objects.get().pk])
    finished = client.get(result, headers=htmx)

    assert "hx-get" in started.content.decode()
    assert (waiting.status_code, finished.status_code) == (200, 286)
    assert "Credential accepted" in finished.content.decode()
    assert "hx-get" not in finished.content.decode()


def test_a_test_of_many_leads_to_its_task(client, managed_fleet):
    made = managed_fleet(3)
    client.force_login(factories.person())
    data = {"pk": [one.row.pk for one in made]}

    answer = client.post(reverse("amt:test_connection"), data, headers={"HX-Request": "true"})

    job = JobItem.objects.first().job
    assert answer.headers["HX-Redirect"] == job.get_absolute_url()
    assert job.items.count() == 3


def test_the_password_is_in_no_line(tested):
    item, _ = tested(fault=Fault.WRONG_PASSWORD)

    assert "P@ssw0rd" not in f"{item.message}{item.detail}{item.evidence}"


def test_firmware_of_the_older_interface_is_found_and_lets_us_in(tested):
    item, row = tested(profile="2.6", tls=False)

    assert item.status == "done", item.message
    status, word = steps(item)["version"]
    assert (status, word) == ("warn", "AMT 2.6.0")
    assert steps(item)["credential"] == ("ok", "Credential accepted")
    assert (row.firmware, row.tls_version, row.uuid) == ("2.6.0", "Plain", None)


@pytest.mark.parametrize(
    ("profile", "interface", "status", "code"),
    [
        ("2.6", "wsman", "failed", "no-ws-management"),
        ("2.6", "eoi", "done", ""),
        ("7.1", "eoi", "done", ""),
        ("9.5", "eoi", "failed", "no-older-interface"),
    ],
)
def test_interface_chosen_by_hand_is_spoken(tested, profile, interface, status, code):
    item, _ = tested(profile=profile, tls=False, prepare=lambda made: {"interface": interface})

    assert (item.status, item.error_code) == (status, code)


def test_device_that_hides_its_version_is_asked_for_ws_management_first(tested, simulated):
    made = simulated(profile="2.6", tls=False)
    object.__setattr__(made.machine, "profile", replace(made.machine.profile, version="0"))

    item, row = tested(made=made)

    assert item.status == "done", item.message
    assert row.firmware == ""
