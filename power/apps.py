from django.apps import AppConfig


class PowerConfig(AppConfig):
    name = "power"

    def ready(self) -> None:
        """Make the settings by level of this app known, and keep the due table in step."""
        from devices.levels import follow  # models must be loaded first
        from power.levels import POWER_SCHEDULES
        from power.services import due

        follow(POWER_SCHEDULES, due.plan_next)
