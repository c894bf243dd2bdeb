"""The ASGI application that uvicorn serves."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zcc.settings")

from zcc import celery as celery  # noqa: E402  (the app must exist before a view rings a bell)

application = get_asgi_application()
