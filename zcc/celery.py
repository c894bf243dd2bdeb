"""The Celery application. A worker consumes the queue of its own site and shows signs of life."""

import os
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django.utils.text import slugify

from zcc.heartbeat import Heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zcc.settings")

app = Celery("zcc")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_default_queue = f"zcc.{slugify(settings.SERVER_NAME)}"
app.autodiscover_tasks()

heartbeat = Heartbeat(app.conf.task_default_queue)


@signals.worker_ready.connect
def begin_heartbeat(**kwargs: Any) -> None:
    """Make the site's Server row and keep it fresh."""
    heartbeat.begin()


@signals.worker_shutdown.connect
def end_heartbeat(**kwargs: Any) -> None:
    """Say that this was an orderly stop."""
    heartbeat.end()
