from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "vault"

    def ready(self) -> None:
        """Register the check of the key ring, and the vault with the search."""
        from vault import checks, search  # noqa: F401
