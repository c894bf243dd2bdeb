from django.apps import AppConfig


class AmtConfig(AppConfig):
    name = "amt"

    def ready(self) -> None:
        """Make the settings by level of this app known."""
        from amt import levels as levels  # models must be loaded first
        from amt.protocol.http import tls
        from devices import reloading

        reloading.when_reloaded(tls.context.cache_clear)
