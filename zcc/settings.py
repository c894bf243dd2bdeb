"""Settings of the installation. Every one that may be changed is in docs/settings.md."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from zcc import databases, env, keyfile

BASE_DIR = Path(__file__).resolve().parent.parent

# --- This installation ------------------------------------------------------------
DATA_DIR = Path(env.text("ZCC_DATA_DIR", str(BASE_DIR / "var")))
DEBUG = env.flag("ZCC_DEBUG")
SECRET_KEY = env.text("ZCC_SECRET_KEY", "")  # empty: made at the first start, kept in DATA_DIR
VAULT_KEYS = env.text(
    "ZCC_VAULT_KEYS", ""
)  # id:base64,…; the first wraps. Empty: DATA_DIR/vault.keys
PRACTICE = env.flag("ZCC_PRACTICE")  # a zone of simulated devices (D17): loopback addresses only
SERVER_NAME = env.text("ZCC_SERVER_NAME", "zcc-server")  # this worker site
SERVER_HOST_NAME = env.text("ZCC_SERVER_HOST_NAME", socket.gethostname())
ALLOWED_HOSTS = env.words("ZCC_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("ZCC_TRUSTED_ORIGINS")
HTTPS = env.flag("ZCC_HTTPS")  # the console is reached by https (a proxy in front)

if DATA_DIR.exists():
    keyfile.make_private(DATA_DIR)
if not SECRET_KEY:
    SECRET_KEY = keyfile.read_or_make(DATA_DIR / "secret.key")

# --- Django -----------------------------------------------------------------------
INSTALLED_APPS = [
    "power",
    "amt",
    "vault",
    "devices",
    "zcc",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "zcc.static_files.StaticFiles",
    "django_htmx",
    "crispy_forms",
    "crispy_bootstrap5",
    "treebeard",
    "axes",
]
MIDDLEWARE = [
    "zcc.health.probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "zcc.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "zcc.middleware.SignInRequired",
    "zcc.middleware.own_time_zone",
    "zcc.middleware.remember_client_address",
    "zcc.middleware.two_bodies",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "zcc.urls"
ASGI_APPLICATION = "zcc.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "devices.context_processors.frame",
            ],
            "builtins": ["devices.templatetags.zcc", "devices.templatetags.next_steps"],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = env.text("ZCC_TIME_ZONE", "UTC")
LANGUAGE_CODE = "en"
DATABASES = {
    "default": databases.from_url(
        env.text("ZCC_DATABASE_URL", f"sqlite:///{DATA_DIR / 'zcc.sqlite3'}"),
        password=env.text("ZCC_DATABASE_PASSWORD", ""),
        pool=env.number("ZCC_DATABASE_POOL", 0),  # connections; 0: one kept by each thread
    )
}

# --- People -----------------------------------------------------------------------
AUTH_USER_MODEL = "devices.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "devices:sign_in"
LOGIN_REDIRECT_URL = "devices:home"
LOGOUT_REDIRECT_URL = "devices:sign_in"
AXES_FAILURE_LIMIT = env.number("ZCC_SIGN_IN_FAILURES", 5)
AXES_COOLOFF_TIME = env.number("ZCC_SIGN_IN_LOCK_MINUTES", 15) / 60  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the page names a time and means it
AXES_DISABLE_ACCESS_LOG = True  # the audit has it
AXES_LOCKOUT_CALLABLE = "devices.views.people.locked_out"
AXES_VERBOSE = False

# --- Browser ----------------------------------------------------------------------
SESSION_COOKIE_AGE = 12 * 3600  # seconds: one working day
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "devices.views.errors.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^amt/events/"]  # firmware before 11 sends events by http only
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": ["'self'"],
    "script-src": ["'self'", "nonce"],
    "style-src": ["'self'", "nonce"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'"],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # bytes: a CSV file of 50,000 devices
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a selection of 10,000 devices and the rest of its form

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("ZCC_STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if env.flag("ZCC_STATIC_FROM_SOURCE")
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = env.flag("ZCC_STATIC_FROM_SOURCE")

# --- Background work -------------------------------------------------------------
CELERY_BROKER_URL = env.text("ZCC_BROKER_URL", "memory://in-process")
CELERY_TASK_IGNORE_RESULT = True  # the job rows are the result; see docs/architecture.md
CELERY_TASK_ACKS_LATE = True  # an unclaimed item survives its worker
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.number("ZCC_WORKER_THREADS", 8)
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives any outage of the broker
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "visibility_timeout": 3600,  # seconds; longer than any chunk may take
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 30,
        "socket_connect_timeout": 1,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }
    if CELERY_BROKER_URL.startswith("redis")
    else {"polling_interval": 0.02}
)
ITEM_LEASE_SECONDS = env.number("ZCC_ITEM_LEASE_SECONDS", 60)
ITEMS_PER_CHUNK = env.number("ZCC_ITEMS_PER_CHUNK", 250)

# --- AMT devices --------------------------------------------------------------------
AMT_CONNECT_SECONDS = env.number("ZCC_AMT_CONNECT_SECONDS", 5)
AMT_READ_SECONDS = env.number("ZCC_AMT_READ_SECONDS", 20)
# Of set-up: until a device has made its key; until it is back on the network after the commit
AMT_KEY_SECONDS = env.number("ZCC_AMT_KEY_SECONDS", 200)
AMT_BACK_SECONDS = env.number("ZCC_AMT_BACK_SECONDS", 90)
AMT_LOOK_AGAIN_SECONDS = 2.0  # between two looks whether it is
ALERT_URL = env.address("ZCC_ALERT_URL")  # where devices reach the console; empty: no live alerts
if ALERT_URL:
    ALLOWED_HOSTS.append(urlsplit(ALERT_URL).hostname or "")

# --- Logs ---------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("ZCC_LOG_LEVEL", "INFO")},
    "loggers": {
        "zeep": {"level": "WARNING"},  # at DEBUG it would log whole envelopes
        "axes": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
