"""The Celery application. A worker consumes the queue of its own site."""

import os

from celery import Celery
from django.conf import settings
from django.utils.text import slugify

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zcc.settings")

app = Celery("zcc")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_default_queue = f"zcc.{slugify(settings.SERVER_NAME)}"
app.autodiscover_tasks()
