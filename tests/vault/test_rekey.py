import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from devices.models import AuditEntry
from tests import factories
from vault import crypto, keys
from vault.models import Secret, WrappedKey

ONE = "one:" + "A" * 43 + "="
TWO = "two:" + "B" * 42 + "A="
PROJECT = Path(__file__).parents[2]


def rekey(**options):
    out = StringIO()
    call_command("vault_rekey", stdout=out, **options)
    return out.getvalue()


def key_ids():
    return sorted(WrappedKey.objects.values_list("key_id", flat=True))


@pytest.fixture
def old(db, settings):
    """Five secrets under key one, while two is the current key."""
    settings.VAULT_KEYS = ONE
    for number in range(5):
        factories.credential(password=f"Passw0rd-{number}")
    settings.VAULT_KEYS = f"{TWO},{ONE}"


@pytest.mark.usefixtures("old")
def test_all_data_keys_go_under_the_current_key_and_the_secrets_stay(settings):
    sealed = set(Secret.objects.values_list("sealed", flat=True))

    told = rekey(batch=2)

    assert [line for line in told.splitlines() if line.endswith("done")] == [
        "2 of 5 done",
        "4 of 5 done",
        "5 of 5 done",
    ]
    assert "Key one may be removed" in told
    settings.VAULT_KEYS = TWO
    assert sorted(crypto.reveal(Secret.objects.all()).values())[0] == "Passw0rd-0"
    assert set(Secret.objects.values_list("sealed", flat=True)) == sealed


@pytest.mark.usefixtures("old")
def test_a_second_run_has_nothing_to_do():
    rekey()

    assert "0 data keys are to be wrapped under key two" in rekey()


@pytest.mark.usefixtures("old")
def test_a_key_that_is_missing_is_named_and_the_others_are_done(settings):
    first = WrappedKey.objects.order_by("pk").first()
    WrappedKey.objects.filter(pk=first.pk).update(key_id="zero")

    with pytest.raises(CommandError, match="1 data keys need key zero"):
        rekey()
    assert key_ids() == ["two"] * 4 + ["zero"]


@pytest.mark.usefixtures("old")
def test_a_changed_row_is_named_and_the_others_are_done():
    first = WrappedKey.objects.order_by("pk").first()
    WrappedKey.objects.filter(pk=first.pk).update(wrapped=b"nonsense")

    with pytest.raises(CommandError, match=str(first.secret_id)):
        rekey()
    assert key_ids() == ["one"] + ["two"] * 4


@pytest.mark.django_db
def test_a_new_key_is_put_first_and_used_at_once(ring):
    factories.credential(password="Passw0rd-1")
    (before,) = crypto.key_ring().ids

    told = rekey(new_key=True)

    new, old = crypto.key_ring().ids
    assert (old, key_ids()) == (before, [new])
    assert f"Added key {new}" in told
    assert ring.stat().st_mode & 0o777 == 0o600
    assert list(crypto.reveal(Secret.objects.all()).values()) == ["Passw0rd-1"]


@pytest.mark.usefixtures("old")
def test_a_ring_from_the_environment_is_not_written():
    with pytest.raises(CommandError, match="come from ZCC_VAULT_KEYS"):
        rekey(new_key=True)


def test_of_two_new_keys_at_once_none_is_lost(ring):
    keys.write(ring, ONE + "\n")
    threads = [Thread(target=keys.add_key) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys.parse(ring.read_text(), "ring")) == 9


@pytest.mark.usefixtures("old")
def test_no_key_and_no_password_is_printed_or_audited():
    told = rekey() + str(list(AuditEntry.objects.values()))

    assert "vault.rekey" in told
    assert "AAAA" not in told
    assert "Passw0rd" not in told


def started(ring, *options):
    """Start the command as its own process on the test's database."""
    known = connection.settings_dict
    url = f"sqlite:///{known['NAME']}"
    if connection.vendor == "postgresql":
        host = f"{known['HOST']}:{known['PORT'] or 5432}"
        url = f"postgresql://{quote(known['USER'])}@{host}/{known['NAME']}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "zcc.settings",
        "ZCC_DATABASE_URL": url,
        "ZCC_DATABASE_PASSWORD": known["PASSWORD"],
        "ZCC_VAULT_KEYS": ring,
    }
    command = [sys.executable, "manage.py", "vault_rekey", *options]
    return subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_goes_on_where_it_stopped(settings):
    settings.VAULT_KEYS = ONE
    kept = factories.credential(password="Passw0rd-0")
    for number in range(1, 60):
        factories.secret(kept, f"Passw0rd-{number}", state=Secret.State.RETIRED)
    settings.VAULT_KEYS = f"{TWO},{ONE}"

    process = started(settings.VAULT_KEYS, "--batch", "1")
    while not process.stdout.readline().startswith("5 of 60"):
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()

    left = key_ids().count("one")
    assert 0 < left < 56
    assert len(crypto.reveal(Secret.objects.all())) == 60

    again = started(settings.VAULT_KEYS)
    told, _ = again.communicate(timeout=60)
    assert f"{left} data keys are to be wrapped" in told
    assert "Key one may be removed" in told
    assert key_ids() == ["two"] * 60


@pytest.mark.django_db(transaction=True)
def test_secrets_are_read_and_added_while_it_runs(settings):
    settings.VAULT_KEYS = ONE
    kept = factories.credential(password="Passw0rd-0")
    for number in range(1, 40):
        factories.secret(kept, f"Passw0rd-{number}", state=Secret.State.RETIRED)
    settings.VAULT_KEYS = f"{TWO},{ONE}"
    over, failed = Event(), []

    def run():
        try:
            rekey(batch=1)
        except Exception as error:
            failed.append(error)
        finally:
            over.set()
            connection.close()

    thread = Thread(target=run)
    thread.start()
    reads = 0
    while not over.is_set():
        assert len(crypto.reveal(Secret.objects.all())) == 40 + reads
        factories.secret(kept, "Passw0rd-x", state=Secret.State.CANDIDATE)
        reads += 1
    thread.join()

    assert failed == []
    assert reads > 0
    assert set(key_ids()) == {"two"}
