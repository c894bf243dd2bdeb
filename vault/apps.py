from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "vault"

    def ready(self) -> None:
        """Register the check of the key ring."""
        from vault import checks  # noqa: F401
