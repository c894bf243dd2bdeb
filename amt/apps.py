from django.apps import AppConfig


class AmtConfig(AppConfig):
    name = "amt"

    def ready(self) -> None:
        """Make the settings by level of this app known."""
        from amt import levels as levels  # models must be loaded first
