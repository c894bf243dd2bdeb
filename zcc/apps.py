from django.apps import AppConfig


class ZccConfig(AppConfig):
    name = "zcc"

    def ready(self) -> None:
        """Make the Celery application, so that any process can ring a bell."""
        from zcc import celery as celery  # its settings must be there first
