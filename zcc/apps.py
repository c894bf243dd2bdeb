from django.apps import AppConfig


class ZccConfig(AppConfig):
    name = "zcc"

    def ready(self) -> None:
        """Make the Celery application, so that any process can ring a bell, and its heartbeat."""
        from zcc import heartbeat as heartbeat  # models must be loaded first
