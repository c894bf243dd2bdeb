"""The codes of passwords that the vault keeps and cannot open."""

from devices.codes import Code, declare
from vault.errors import VaultEmpty, VaultError, VaultKeyMissing, VaultTampered

GROUP = "Set-up and policy"


def _explain(error: VaultError, cause: str, next_step: str, *checks: str, step: str = "") -> None:
    ends = ("failed",)
    declare(Code(error.code, ends, str(error), cause, next_step, GROUP, step=step, checks=checks))


_explain(
    VaultKeyMissing("2026"),
    "The password is wrapped under a key that is not in this server's key ring.",
    "Put the key back into the key ring of every server.",
    "ZCC_VAULT_KEYS of this server: is it that of the others?",
    "Was a key taken out before all passwords were wrapped anew?",
)
_explain(
    VaultTampered(),
    "Row, key or bytes are not what the console wrote: a restored backup of one of two, or a hand "
    "in the database.",
    "Enter the password of this credential anew.",
    "Were database and key ring restored from the same day?",
    "The audit of the credential.",
    step="credential",
)
_explain(
    VaultEmpty(),
    "The password has no key that this zone could open it with.",
    "Enter the password of this credential anew.",
    "Was the database copied from another zone?",
    step="credential",
)
_explain(
    VaultError("ZCC_VAULT_KEYS is not set on this server, so the passwords stay closed."),
    "The key ring of the sending server cannot be read at all.",
    "Give the server its key ring and restart its worker.",
    "ZCC_VAULT_KEYS, or the file that ZCC_VAULT_KEYS_FILE names: is it there, and readable?",
)
