"""The ASGI application that uvicorn serves."""

import os
import warnings

from django.core.asgi import get_asgi_application

from zcc.body_limit import bounded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zcc.settings")
# Each request has a thread of its own here, so connections are kept in a pool, not in threads.
os.environ.setdefault("ZCC_DATABASE_POOL", "16")

# WhiteNoise's files and CSV exports are such answers; Django reads them in a thread, as it should.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")

application = bounded(get_asgi_application())
