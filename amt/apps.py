from django.apps import AppConfig


class AmtConfig(AppConfig):
    name = "amt"

    def ready(self) -> None:
        """Make the settings by level of this app known."""
        from amt import former  # models must be loaded first
        from amt import levels as levels
        from amt.protocol.http import tls
        from devices import reloading
        from devices.models import deletion

        deletion.before(former.keep_of_devices)
        reloading.when_reloaded(tls.context.cache_clear)
