"""*Test credential*: one sign-in per device, what each says, and what may not be tested."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from amt.models import AmtSettings, CredentialTest
from amt.services.sign_in import test_credential as ask
from amt.services.sign_in import try_again
from amt.work import run_credential_items
from devices.models import AuditEntry, Device, Job, JobItem
from devices.models.rights import Role
from power.work import poll_power_states
from tests import factories
from tests.fixtures.simulated import PASSWORD
from vault import services as vault
from vault.models import Secret

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


def run(devices, secret=None, *, once_more=False, by=None):
    """Test ``secret`` on the devices of ``devices`` and return their lines in order of name."""
    job = ask(
        devices=Device.objects.filter(pk__in=[one.row.pk for one in devices]),
        secret=secret,
        intent=uuid4(),
        asked_by=by or factories.person(),
        once_more=once_more,
    )
    run_credential_items(list(job.items.values_list("pk", flat=True)))
    return list(job.items.order_by("device_name"))


def used(device) -> Secret:
    return AmtSettings.objects.get(device=device.row).credential.secrets.active().get()


def wrong_credential(device, password="Wrong-1-Wrong"):
    credential = factories.credential(password=password)
    AmtSettings.objects.filter(device=device.row).update(credential=credential)
    return credential


def told(items):
    return [(item.status, item.error_code) for item in items]


def test_each_device_says_what_it_thinks_of_the_password(managed_fleet):
    (good,) = managed_fleet(1, tls=False)
    (bad,) = managed_fleet(1, tls=False, password="Other-1-Other")
    (gone,) = managed_fleet(1, tls=False, faults={"refuses"})

    accepted, refused, unreachable = run([good, bad, gone], used(good))

    name = used(good).credential.name
    assert accepted.status == "done"
    assert accepted.message == f"The device accepts credential {name}."
    assert (refused.error_code, unreachable.error_code) == ("sign-in-refused", "port-closed")
    assert refused.message == f"The device refuses credential {name}. Nothing sent."
    assert bad.machine.failed_sign_ins == 1
    assert all(one.orders == [] for one in (good, bad, gone))


def test_none_chosen_tests_what_each_device_is_used_with(managed_fleet):
    good, bad = managed_fleet(2, tls=False)
    wrong_credential(bad)

    assert told(run([good, bad])) == [("done", ""), ("failed", "sign-in-refused")]
    assert AmtSettings.objects.get(device=bad.row).refusals == 1


def test_candidate_is_proven_before_it_is_used(managed_fleet):
    (device,) = managed_fleet(1, tls=False, password="New-Pass-1")
    credential = AmtSettings.objects.get().credential
    vault.change_password(credential=credential, password="New-Pass-1", by=None, keep_only=True)
    candidate = credential.secrets.get(state=Secret.State.CANDIDATE)

    assert told(run([device], candidate)) == [("done", "")]
    assert told(run([device])) == [("failed", "sign-in-refused")]
    vault.activate(secret=candidate, by=None)
    assert told(run([device])) == [("done", "")]


def test_refused_candidate_does_not_count_against_what_is_in_use(managed_fleet):
    (device,) = managed_fleet(1, tls=False)
    credential = AmtSettings.objects.get().credential
    candidate = vault.add_secret(credential=credential, password="New-Pass-1", by=None)

    run([device], candidate)
    row = AmtSettings.objects.get()

    assert (row.refusals, row.tries) == (0, 0)


def test_candidate_is_not_shown_a_third_time_unless_a_person_says_so(managed_fleet):
    (device,) = managed_fleet(1, tls=False)
    credential = AmtSettings.objects.get().credential
    candidate = vault.add_secret(credential=credential, password="New-Pass-1", by=None)

    seen = [told(run([device], candidate))[0] for _ in range(3)]

    refused = ("failed", "sign-in-refused")
    assert seen == [refused, refused, ("skipped", "sign-in-stopped")]
    assert device.machine.failed_sign_ins == 2
    assert told(run([device], candidate, once_more=True)) == [refused]


def test_guard_is_obeyed_and_one_attempt_may_be_spent(managed_fleet):
    (device,) = managed_fleet(1, tls=False)
    wrong_credential(device)
    for _ in range(2):
        poll_power_states([device.row.pk])

    assert told(run([device])) == [("failed", "sign-in-stopped")]
    assert device.machine.failed_sign_ins == 2
    assert told(run([device], once_more=True)) == [("failed", "sign-in-refused")]
    assert device.machine.failed_sign_ins == 3


def test_right_password_lifts_the_guard(managed_fleet):
    (device,) = managed_fleet(1, tls=False, faults={"wrong-password"})
    for _ in range(2):
        poll_power_states([device.row.pk])
    device.machine.set_faults()

    assert told(run([device], once_more=True)) == [("done", "")]

    device.row.refresh_from_db()
    assert (device.row.unreadable_code, AmtSettings.objects.get().refusals) == ("", 0)


def test_password_of_one_device_is_tested_on_that_device_alone(managed_fleet):
    first, second = managed_fleet(2, tls=False)
    AmtSettings.objects.filter(device=first.row).update(uuid=uuid4())
    row = AmtSettings.objects.get(device=first.row)
    own = factories.secret(row.credential, PASSWORD, amt_uuid=row.uuid)

    items = run([first, second], own)

    assert [item.device_id for item in items] == [first.row.pk]
    assert items[0].status == "done"


def test_deleted_password_ends_the_lines(managed_fleet):
    (device,) = managed_fleet(1, tls=False)
    secret = vault.add_secret(credential=used(device).credential, password="New-Pass-1", by=None)
    job = ask(
        devices=Device.objects.all(), secret=secret, intent=uuid4(),
        asked_by=factories.person(), once_more=False,
    )  # fmt: skip
    CredentialTest.objects.all().delete()

    run_credential_items([job.items.get().pk])

    assert told(job.items.all()) == [("failed", "password-missing")]


def test_test_is_audited_without_the_password(managed_fleet):
    (device,) = managed_fleet(1, tls=False)

    run([device], used(device))

    entry = AuditEntry.objects.get(verb="amt.test_credential")
    assert entry.new["credential"] == used(device).credential.name
    assert PASSWORD not in str(entry.new)
    assert not JobItem.objects.filter(message__contains=PASSWORD).exists()


def test_only_those_who_may_use_credentials_may_test_them(managed_fleet):
    (device,) = managed_fleet(1, tls=False)
    lab_admin = factories.person(Role.ADMINISTRATOR, device.row.folder)

    with pytest.raises(PermissionDenied):
        run([device], by=lab_admin)
    with pytest.raises(PermissionDenied):
        try_again(device=device.row, asked_by=lab_admin)


def test_try_again_gives_two_more_tries_and_is_audited(managed_fleet, client):
    (device,) = managed_fleet(1, tls=False)
    wrong_credential(device)
    for _ in range(3):
        poll_power_states([device.row.pk])
    client.force_login(factories.person())
    panel = client.get(reverse("amt:panel", args=[device.row.pk])).text
    assert "Refused 2 times" in panel

    client.post(reverse("amt:try_again", args=[device.row.pk]))

    device.row.refresh_from_db()
    assert (device.row.unreadable_code, device.row.poll_due_at) == ("", None)
    assert AuditEntry.objects.filter(verb="amt.try_again").count() == 1
    for _ in range(3):
        poll_power_states([device.row.pk])
    assert device.machine.failed_sign_ins == 4


def test_dialog_opens_for_ticked_devices_and_starts_a_task_once(managed_fleet, client):
    devices = managed_fleet(2, tls=False)
    client.force_login(factories.person())
    url = reverse("amt:test_credential")

    dialog = client.post(url, {"pk": [one.row.pk for one in devices]}, headers=HTMX)
    fields = {"frozen": dialog.context["frozen"], "intent": str(dialog.context["intent"])}
    answers = [client.post(url, fields, headers=HTMX) for _ in range(2)]

    assert "OK: test 2" in dialog.text
    job = Job.objects.get()
    assert [a.headers["HX-Redirect"] for a in answers] == [job.get_absolute_url()] * 2
    assert (job.kind, job.credential_test.secret) == ("test-credential", None)


def test_page_of_a_credential_tests_one_password_on_all_that_use_it(managed_fleet, client):
    managed_fleet(2, tls=False)
    credential = AmtSettings.objects.first().credential
    candidate = vault.add_secret(credential=credential, password="New-Pass-1", by=None)
    AmtSettings.objects.update(credential=credential)
    client.force_login(factories.person())
    url = reverse("amt:test_credential")
    page = client.get(credential.get_absolute_url()).text

    dialog = client.post(url, {"secret": candidate.pk}, headers=HTMX)
    fields = {"frozen": dialog.context["frozen"], "intent": str(uuid4()), "secret": candidate.pk}
    client.post(url, fields, headers=HTMX)

    assert page.count("Test...") == 2
    assert "Candidate" in dialog.text
    assert Job.objects.get().credential_test.secret == candidate
    assert Job.objects.get().device_count == 2


def test_chosen_credential_without_a_candidate_is_refused(managed_fleet, client):
    (device,) = managed_fleet(1, tls=False)
    client.force_login(factories.person())
    fields = {
        "frozen": device.row.pk, "intent": str(uuid4()),
        "credential": used(device).credential.pk, "candidate": "on",
    }  # fmt: skip

    answer = client.post(reverse("amt:test_credential"), fields, headers=HTMX)

    assert answer.status_code == 422
    assert "has no candidate password" in answer.text
    assert not Job.objects.exists()


def test_list_and_home_show_and_count_what_is_stopped(client):
    for code in ("sign-in-stopped", "sign-in-stopped", "sign-in-refused", "unreachable"):
        factories.device(mode="smb", unreadable_since="2026-01-01T00:00Z", unreadable_code=code)
    client.force_login(factories.person())

    listed = client.get("/devices/", {"failed": "sign-in-stopped"})
    home = client.get("/").text

    assert listed.context["page"].total == 2
    assert listed.text.count("Sign-in stopped") >= 3
    assert "2 devices: sign-in stopped" in home
    assert 'href="/devices/?failed=sign-in-stopped"' in home
    assert client.get("/devices/", {"failed": "no-such'code"}).context["page"].total == 0
