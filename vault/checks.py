"""What is wrong with the key ring, told when the console starts and not at the first password."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from vault import keys


@checks.register(checks.Tags.security)
def check_key_ring(**kwargs: Any) -> Sequence[checks.CheckMessage]:
    """Read the ring; a file of it must be its owner's alone."""
    path = keys.ring_file()
    try:
        if settings.VAULT_KEYS:
            keys.parse(settings.VAULT_KEYS, "ZCC_VAULT_KEYS")
            return []
        if not path.exists():
            return []
        keys.parse(path.read_text(), str(path))
    except (ImproperlyConfigured, OSError, UnicodeDecodeError) as error:
        return [checks.Error(f"The vault's key ring cannot be read. {error}", id="vault.E001")]
    if path.stat().st_mode & 0o077:
        return [checks.Warning(f"Others can read {path}.", hint="chmod 600", id="vault.W001")]
    return []
