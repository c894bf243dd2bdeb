import pytest

from vault.checks import check_key_ring

KEY = "one:" + "A" * 43 + "="


def test_no_ring_yet_is_fine():
    assert check_key_ring() == []


def test_a_good_ring_of_the_owner_alone_is_fine(ring):
    ring.write_text(KEY)
    ring.chmod(0o600)

    assert check_key_ring() == []


def test_a_ring_that_others_can_read_is_a_warning(ring):
    ring.write_text(KEY)
    ring.chmod(0o640)

    assert [found.id for found in check_key_ring()] == ["vault.W001"]


@pytest.mark.parametrize("text", ["", "nonsense", "one:AAAA"])
def test_a_ring_that_cannot_be_read_is_an_error(ring, text):
    ring.write_text(text)

    assert [found.id for found in check_key_ring()] == ["vault.E001"]


def test_a_ring_of_the_environment_is_read_too(settings):
    settings.VAULT_KEYS = "nonsense"

    (found,) = check_key_ring()
    assert "ZCC_VAULT_KEYS: key 1 cannot be used" in found.msg
