from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import HealthCheck, given, settings, strategies

from tests import factories
from vault import crypto, keys
from vault.errors import VaultEmpty, VaultKeyMissing, VaultTampered
from vault.models import Secret, WrappedKey

pytestmark = pytest.mark.django_db
ONE = "one:" + "A" * 43 + "="
TWO = "two:" + "B" * 42 + "A="


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=strategies.text(max_size=300) | strategies.just("half a letter: \ud800"))
def test_what_was_sealed_is_revealed_whatever_its_letters(text):
    secret = Secret(credential_id=uuid4())
    wrapped = crypto.seal(secret, text)
    secret.zone_keys = [wrapped]  # as the database would give it

    assert crypto.reveal([secret]) == {secret.pk: text}


def test_a_stored_secret_is_revealed_from_its_row():
    secret = factories.credential(password="Pässw0rd-€-🔑").secrets.get()

    assert crypto.reveal(Secret.objects.all()) == {secret.pk: "Pässw0rd-€-🔑"}


def test_the_same_password_looks_different_each_time():
    one, two = (factories.credential(password="P@ssw0rd").secrets.get() for _ in range(2))

    assert bytes(one.sealed)[1:] != bytes(two.sealed)[1:]
    assert b"P@ssw0rd" not in bytes(one.sealed)


def test_revealing_many_takes_one_query_per_table(django_assert_num_queries):
    credentials = [factories.credential() for _ in range(5)]

    with django_assert_num_queries(2):
        texts = crypto.reveal(Secret.objects.active_for([row.pk for row in credentials]))

    assert len(texts) == 5


def test_revealing_nothing_reads_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert crypto.reveal([]) == {}


def test_a_secret_of_a_device_alone_comes_only_for_that_device():
    kept, mine, other = factories.credential(), uuid4(), uuid4()
    shared = kept.secrets.get()
    own = factories.secret(kept, "Own-passw0rd", amt_uuid=mine)
    factories.secret(kept, "Other-passw0rd", amt_uuid=other)

    assert set(Secret.objects.active_for([kept.pk])) == {shared}
    assert set(Secret.objects.active_for([kept.pk], [mine])) == {shared, own}


def test_a_ciphertext_copied_to_another_row_is_refused():
    source, target = (factories.credential().secrets.get() for _ in range(2))
    Secret.objects.filter(pk=target.pk).update(sealed=source.sealed)

    with pytest.raises(VaultTampered, match="changed outside the console"):
        crypto.reveal(Secret.objects.filter(pk=target.pk))


def test_a_ciphertext_copied_with_its_data_key_is_refused_too():
    source, target = (factories.credential().secrets.get() for _ in range(2))
    Secret.objects.filter(pk=target.pk).update(sealed=source.sealed)
    target.wrapped_keys.update(wrapped=source.wrapped_keys.get().wrapped)

    with pytest.raises(VaultTampered):
        crypto.reveal(Secret.objects.filter(pk=target.pk))


@pytest.mark.parametrize("place", [0, 5, 20, -1])
def test_any_changed_byte_is_refused(place):
    secret = factories.credential().secrets.get()
    changed = bytearray(secret.sealed)
    changed[place] ^= 1
    Secret.objects.update(sealed=bytes(changed))

    with pytest.raises(VaultTampered):
        crypto.reveal(Secret.objects.all())


@pytest.mark.parametrize("box", [b"", b"\x01", b"\x01short"])
def test_a_cut_ciphertext_is_refused(box):
    factories.credential()
    Secret.objects.update(sealed=box)

    with pytest.raises(VaultTampered):
        crypto.reveal(Secret.objects.all())


def test_a_missing_key_is_named(settings):
    settings.VAULT_KEYS = ONE
    factories.credential()
    settings.VAULT_KEYS = TWO

    with pytest.raises(VaultKeyMissing, match="key one is missing"):
        crypto.reveal(Secret.objects.all())


def test_another_key_under_the_same_id_does_not_open(settings):
    settings.VAULT_KEYS = ONE
    factories.credential()
    settings.VAULT_KEYS = TWO.replace("two", "one")

    with pytest.raises(VaultTampered, match="its key exchanged"):
        crypto.reveal(Secret.objects.all())


def test_a_secret_without_a_data_key_says_so():
    factories.credential()
    WrappedKey.objects.all().delete()

    with pytest.raises(VaultEmpty, match="no key for this server"):
        crypto.reveal(Secret.objects.all())


def test_one_bad_secret_does_not_stop_the_others():
    good, bad = (factories.credential().secrets.get() for _ in range(2))
    Secret.objects.filter(pk=bad.pk).update(sealed=b"nonsense")
    unreadable = {}

    texts = crypto.reveal(Secret.objects.all(), unreadable=unreadable)

    assert list(texts) == [good.pk]
    assert isinstance(unreadable[bad.pk], VaultTampered)


def test_the_first_key_wraps_and_every_key_opens(settings):
    settings.VAULT_KEYS = ONE
    factories.credential(password="First-0ne")
    settings.VAULT_KEYS = f"{TWO},{ONE}"
    factories.credential(password="Second-0ne")

    assert sorted(crypto.reveal(Secret.objects.all()).values()) == ["First-0ne", "Second-0ne"]
    assert set(WrappedKey.objects.values_list("key_id", flat=True)) == {"one", "two"}


def test_the_first_use_makes_a_key_file_for_its_owner_alone(ring):
    factories.credential()

    assert ring.stat().st_mode & 0o777 == 0o600
    assert list(ring.parent.iterdir()) == [ring]


def test_a_lost_key_file_is_not_replaced_while_secrets_depend_on_it(ring):
    factories.credential()
    ring.unlink()

    with pytest.raises(ImproperlyConfigured, match="their key file"):
        factories.credential()
    assert not ring.exists()


def test_of_two_first_starts_one_ring_stays(ring):
    keys.write(ring, ONE)
    keys.write(ring, TWO)

    assert ring.read_text() == ONE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one",
        "one:",
        "one:AAAA",
        "one:****",
        f"{ONE},{ONE}",
        "a b:" + "A" * 43 + "=",
        ONE + ",,",
    ],
)
def test_a_key_ring_that_cannot_be_read_is_named_but_not_shown(settings, text):
    settings.VAULT_KEYS = text or " "

    with pytest.raises(ImproperlyConfigured, match="ZCC_VAULT_KEYS: key") as raised:
        crypto.key_ring()
    assert "AAAA" not in str(raised.value)


def test_keys_may_stand_on_lines_of_their_own(settings):
    settings.VAULT_KEYS = f"{ONE}\n{TWO}\n"

    assert crypto.key_ring().ids == ["one", "two"]
    assert crypto.key_ring().current == "one"
