from functools import partial
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from devices.models import AuditEntry
from tests import factories
from vault import crypto, services
from vault.models import Credential, Secret

pytestmark = pytest.mark.django_db


def texts(credential, state=Secret.State.ACTIVE):
    return list(crypto.reveal(credential.secrets.filter(state=state)).values())


def test_a_new_credential_has_its_password_in_use():
    kept = services.create_credential(name="ME Labs", password="P@ssw0rd", by=factories.person())

    assert texts(kept) == ["P@ssw0rd"]
    assert kept.login_name == "admin"


def test_a_name_is_taken_whatever_its_case():
    factories.credential("ME Labs")

    with pytest.raises(ValidationError, match="already has a credential of that name"):
        services.create_credential(name="me labs", password="P@ssw0rd", by=None)


@pytest.mark.parametrize("login", ["", "a:b", 'a"b', "a\r\nb"])
def test_a_login_name_that_would_break_the_sign_in_is_refused(login):
    with pytest.raises(ValidationError):
        services.create_credential(name="x", login_name=login, password="P@ssw0rd", by=None)
    assert not Credential.objects.exists()


def test_a_weak_password_leaves_no_credential_behind():
    with pytest.raises(ValidationError, match="It needs a digit"):
        services.create_credential(name="x", password="P@ssword", by=None)
    assert not Credential.objects.exists()


def test_a_new_password_is_a_candidate_until_it_is_activated():
    kept = factories.credential(password="Old-passw0rd")

    secret = services.add_secret(credential=kept, password="New-passw0rd", by=None)
    assert texts(kept) == ["Old-passw0rd"]
    assert texts(kept, Secret.State.CANDIDATE) == ["New-passw0rd"]

    services.activate(secret=secret, by=None)
    assert texts(kept) == ["New-passw0rd"]
    assert texts(kept, Secret.State.RETIRED) == ["Old-passw0rd"]


def test_the_replaced_password_may_be_used_again():
    kept = factories.credential(password="Old-passw0rd")
    old = kept.secrets.get()
    services.change_password(credential=kept, password="New-passw0rd", by=None)

    again = services.activate(secret=old, by=None)

    assert texts(kept) == ["Old-passw0rd"]
    assert again.retired_at is None


def test_activating_the_active_one_changes_nothing():
    secret = factories.credential().secrets.get()

    assert services.activate(secret=secret, by=None).activated_at == secret.activated_at
    assert not AuditEntry.objects.exists()


def test_the_password_of_one_device_retires_only_its_own_kind():
    kept, device = factories.credential(password="Shared-passw0rd"), uuid4()
    first = factories.secret(kept, "First-passw0rd", amt_uuid=device)
    second = services.add_secret(
        credential=kept, password="Second-passw0rd", amt_uuid=device, by=None
    )

    services.activate(secret=second, by=None)

    first.refresh_from_db()
    assert first.state == Secret.State.RETIRED
    assert sorted(texts(kept)) == ["Second-passw0rd", "Shared-passw0rd"]


def test_a_candidate_may_be_put_away():
    kept = factories.credential()
    secret = services.add_secret(credential=kept, password="New-passw0rd", by=None)

    assert services.retire(secret=secret, by=None).retired_at


def test_the_only_active_password_stays():
    with pytest.raises(ValidationError, match="keeps one active password"):
        services.retire(secret=factories.credential().secrets.get(), by=None)


def test_a_credential_in_use_is_not_deleted(in_use):
    with pytest.raises(ValidationError, match="is in use, so it stays"):
        services.delete_credential(credential=in_use, by=None)

    assert Credential.objects.get() == in_use
    assert texts(in_use)
    assert not AuditEntry.objects.filter(verb="credential.delete").exists()


def test_a_deleted_credential_takes_its_passwords_with_it():
    kept = factories.credential()

    services.delete_credential(credential=kept, by=None)

    assert not Secret.objects.exists()


def test_folders_are_kept_tidy():
    kept = services.create_credential(
        name="x", folder=" /Labs // North/ ", password="P@ssw0rd", by=None
    )

    assert kept.folder == "Labs/North"


@pytest.mark.parametrize("role", ["power-operator", "monitor"])
def test_who_may_not_keep_credentials_is_refused(role):
    kept, person = factories.credential(), factories.person(role)
    secret = kept.secrets.get()
    values = {"name": "x", "login_name": "admin", "folder": "", "description": ""}

    for act in (
        lambda: services.create_credential(name="y", password="P@ssw0rd", by=person),
        lambda: services.change_credential(credential=kept, **values, by=person),
        lambda: services.add_secret(credential=kept, password="P@ssw0rd", by=person),
        lambda: services.change_password(credential=kept, password="P@ssw0rd", by=person),
        lambda: services.activate(secret=secret, by=person),
        lambda: services.retire(secret=secret, by=person),
        lambda: services.delete_credential(credential=kept, by=person),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_the_audit_tells_every_change_and_no_password():
    person = factories.person()
    kept = services.create_credential(name="ME Labs", password="First-passw0rd", by=person)
    values = {"login_name": "admin", "folder": "Labs", "description": ""}
    services.change_credential(credential=kept, name="ME Labs 2", **values, by=person)
    services.change_password(credential=kept, password="Second-passw0rd", by=person)
    services.delete_credential(credential=kept, by=person)

    told = list(AuditEntry.objects.order_by("pk"))
    assert [entry.verb for entry in told] == [
        "credential.create",
        "secret.add",
        "secret.activate",
        "credential.change",
        "secret.add",
        "secret.activate",
        "credential.delete",
    ]
    assert told[3].old == {"name": "ME Labs", "folder": ""}
    assert told[3].new == {"name": "ME Labs 2", "folder": "Labs"}
    assert "passw0rd" not in str([(entry.old, entry.new) for entry in told])


def at_once(acts):
    """Do all of ``acts`` in threads that start together; return what was raised."""
    start, failed = Barrier(len(acts)), []

    def run(act):
        try:
            start.wait(10)
            act()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return failed


@pytest.mark.django_db(transaction=True)
def test_of_several_activations_at_once_one_secret_is_active():
    kept = factories.credential()
    rivals = [
        services.add_secret(credential=kept, password=f"Rival-{n}-passw0rd", by=None)
        for n in range(6)
    ]

    failed = at_once([partial(services.activate, secret=rival, by=None) for rival in rivals])

    assert failed == []
    assert kept.secrets.active().count() == 1
    assert kept.secrets.filter(state=Secret.State.RETIRED).count() == len(rivals)


@pytest.mark.django_db(transaction=True)
def test_of_several_who_want_one_name_at_once_one_gets_it():
    make = partial(services.create_credential, name="ME Labs", password="P@ssw0rd", by=None)

    failed = at_once([make] * 5)

    assert Credential.objects.count() == 1
    assert {str(error.messages) for error in failed} == {
        "['The vault already has a credential of that name.']"
    }
    assert len(failed) == 4
