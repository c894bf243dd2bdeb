"""Settings of the tests: the product's own, with a database of their own and quick passwords."""

import os
import secrets
import tempfile
from pathlib import Path

os.environ.setdefault("ZCC_TEST_RUN", secrets.token_hex(4))  # of this process and its workers
os.environ.setdefault("ZCC_DATA_DIR", tempfile.mkdtemp(prefix="zcc-test-"))
os.environ.setdefault("ZCC_STATIC_FROM_SOURCE", "1")
os.environ.setdefault("ZCC_PRACTICE", "1")
os.environ.setdefault("ZCC_AMT_CONNECT_SECONDS", "2")
os.environ.setdefault("ZCC_AMT_READ_SECONDS", "3")
os.environ.setdefault("ZCC_AMT_KEY_SECONDS", "10")
os.environ.setdefault("ZCC_AMT_BACK_SECONDS", "10")
os.environ.setdefault("ZCC_LOG_LEVEL", "WARNING")

from zcc.settings import *  # noqa: F403
from zcc.settings import DATA_DIR, DATABASES, STATIC_ROOT

AMT_LOOK_AGAIN_SECONDS = 0.2

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns where it is missing

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that the worker's threads and the server's see the same rows.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    DATABASES["default"]["TEST"] = {"NAME": str(Path(DATA_DIR) / f"zcc_test_{worker}.sqlite3")}
else:
    DATABASES["default"]["TEST"] = {"NAME": f"zcc_test_{os.environ['ZCC_TEST_RUN']}"}
