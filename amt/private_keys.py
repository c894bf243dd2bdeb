"""Private keys of certificates, in and out of the vault. Nothing else opens or keeps one."""

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.views.decorators.debug import sensitive_variables

from amt.models import Certificate
from vault import crypto
from vault.errors import VaultError
from vault.models import Secret


@sensitive_variables()
def keep(key: rsa.RSAPrivateKey) -> Secret:
    """Seal ``key`` in the vault and return its secret."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    secret = Secret(state=Secret.State.ACTIVE)
    wrapped_key = crypto.seal(secret, text)
    secret.save(force_insert=True)
    wrapped_key.save(force_insert=True)
    return secret


@sensitive_variables()
def of(certificate: Certificate) -> rsa.RSAPrivateKey:
    """Return the key of ``certificate``. Keep it no longer than the work takes.

    Raises:
        VaultError: the vault does not open it here, or never held it.
    """
    if certificate.key is None:
        raise VaultError(f"The private key of {certificate} is not in the vault.")
    key = load_pem_private_key(crypto.reveal([certificate.key])[certificate.key.pk].encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("The vault holds a key that this console did not write.")
    return key


def forget(secret: Secret) -> None:
    """Delete the key for good: no row names it any more."""
    secret.delete()
