from django.apps import AppConfig


class PowerConfig(AppConfig):
    name = "power"

    def ready(self) -> None:
        """Make the settings by level of this app known."""
        from power import levels as levels  # models must be loaded first
