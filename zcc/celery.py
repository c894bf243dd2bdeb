"""The Celery application. A worker consumes the queue of its own site."""

import gc
import os
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django.utils.text import slugify

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zcc.settings")

app = Celery("zcc")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_default_queue = f"zcc.{slugify(settings.SERVER_NAME)}"
app.autodiscover_tasks()


@signals.worker_ready.connect
def spare_the_collector(**kwargs: Any) -> None:
    """Leave what is loaded by now out of garbage collection, and collect the rest less often.

    A chunk of a thousand devices makes many objects that are all alive until it ends; looking at
    them again and again was a fifth of a worker's time.
    """
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)
