"""What can go wrong with the vault. The texts are shown to people and hold no secret.

* VaultError
  + VaultKeyMissing   the ring lacks the key under which a secret was stored
  + VaultTampered     ciphertext, row or key are not what the console wrote
  + VaultEmpty        a secret without a data key of this recipient
"""


class VaultError(Exception):
    """Base of all errors of the vault; ``code`` is stable."""

    code = "vault-closed"


class VaultKeyMissing(VaultError):
    """The secret is wrapped under a key that this process does not have."""

    code = "vault-key-missing"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"The vault's key {key_id} is missing on this server, so the password stays closed. "
            "Put it back into the key ring."
        )
        self.key_id = key_id


class VaultTampered(VaultError):
    """The bytes do not open: they, their row or the key were changed or exchanged."""

    code = "vault-tampered"

    def __init__(self) -> None:
        super().__init__(
            "The stored password was changed outside the console, or its key exchanged. "
            "Enter the password of this credential anew."
        )


class VaultEmpty(VaultError):
    """There is a secret, but its data key is not wrapped for this recipient."""

    code = "vault-empty"

    def __init__(self) -> None:
        super().__init__(
            "The stored password has no key for this server. "
            "Enter the password of this credential anew."
        )
