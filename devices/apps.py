from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "devices"

    def ready(self) -> None:
        """Make the settings by level of this app known."""
        from devices import messages as messages  # models must be loaded first
