import pytest

from amt.models import AmtSettings
from tests import factories


@pytest.fixture(autouse=True)
def _own_key_ring(settings, tmp_path):
    """Give each test a key ring of its own, made at its first use."""
    settings.DATA_DIR = tmp_path
    settings.VAULT_KEYS = ""


@pytest.fixture
def ring(tmp_path):
    return tmp_path / "vault.keys"


@pytest.fixture
def in_use(db):
    """Return a credential that one device uses."""
    kept = factories.credential("ME Labs")
    use(kept, factories.device("PC-1"))
    return kept


def use(kept, device):
    return AmtSettings.objects.create(
        device=device, mode="smb", address="127.0.1.1", credential=kept, server=factories.server()
    )
