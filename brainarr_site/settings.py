"""Django's settings, read from the environment by `env.py`. Each variable is explained in docs/configuration.md."""

import os
from datetime import timedelta
from pathlib import Path

from django.templatetags.static import static

from brainarr_site.env import Environment

ROOT = Path(__file__).resolve().parent.parent
environment = Environment(os.environ)

DATA_DIR = environment.folder("BRAINARR_DATA", ROOT / "data")
SECRET_KEY = environment.lasting_secret("BRAINARR_SECRET_KEY", DATA_DIR / "secret_key")
ENCRYPTION_KEYS = environment.lasting_secret("BRAINARR_ENCRYPTION_KEYS", DATA_DIR / "encryption_keys")
DEBUG = environment.switch("BRAINARR_DEBUG", default=False)
ADMIN_PASSWORD = environment.text("BRAINARR_ADMIN_PASSWORD")
ALLOWED_HOSTS = environment.words("BRAINARR_ALLOWED_HOSTS", "*")
CSRF_TRUSTED_ORIGINS = environment.words("BRAINARR_TRUSTED_ORIGINS", "")

HOST = environment.text("BRAINARR_HOST", "0.0.0.0")  # noqa: S104 (Lidarr usually lives on another machine or in another container)
PORT = environment.integer("BRAINARR_PORT", 8787, at_least=1, at_most=65535)
PUBLIC_URL = environment.url("BRAINARR_PUBLIC_URL", f"http://127.0.0.1:{PORT}")
WEB_THREADS = environment.integer("BRAINARR_WEB_THREADS", 2, at_least=1, at_most=64)
WORKERS = environment.integer("BRAINARR_WORKERS", 2, at_least=1, at_most=32)

MUSICBRAINZ_URL = environment.url("BRAINARR_MUSICBRAINZ_URL", "https://musicbrainz.org")
MUSICBRAINZ_RATE = environment.number("BRAINARR_MUSICBRAINZ_RATE", 1.0, above=0.0, at_most=1000.0)
CONTACT_URL = environment.url("BRAINARR_CONTACT_URL", "https://github.com/brainarr/brainarr")

MAX_QUEUED_RUNS = environment.integer("BRAINARR_MAX_QUEUED_RUNS", 20, at_least=1, at_most=1000)
RUN_DEADLINE = timedelta(minutes=environment.integer("BRAINARR_RUN_DEADLINE_MINUTES", 60, at_least=1, at_most=1440))
PROMPT_RETENTION = timedelta(days=environment.integer("BRAINARR_PROMPT_RETENTION_DAYS", 30, at_least=0, at_most=3650))

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # Serves the API's documentation from here instead of another host.
    "ninja",
    "django_q",
    "providers",
    "recommendations",
    "brainarr_site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "brainarr_site.urls"
WSGI_APPLICATION = "brainarr_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# IMMEDIATE takes the write lock when a transaction begins. With Django's default, two writers deadlock half-way and one
# fails at once; with it they queue, for up to `timeout` seconds.
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA_DIR / "brainarr.sqlite3",
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-8000;",
    },
}
DATABASES = {"default": environment.database("BRAINARR_DATABASE_URL") or SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A run outlives any fixed time-out and minds its own lease, deadline and attempts; `retry` only matters when a worker
# died, and the reconciler is quicker than it. See docs/decisions/0002.
Q_CLUSTER = {
    "name": "brainarr",
    "label": "Task queue",
    "orm": "default",
    "workers": WORKERS,
    "timeout": int(RUN_DEADLINE.total_seconds()) + 300,
    "retry": int(RUN_DEADLINE.total_seconds()) + 900,
    "max_attempts": 3,
    "ack_failures": True,
    "queue_limit": WORKERS,
    "bulk": 1,
    "poll": 0.5,
    "guard_cycle": 1,
    "recycle": 200,
    "save_limit": 100,
    "catch_up": False,
    "scheduler": False,
}

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"

# Brainarr shares its host name with other services of the household; their cookies must not meet ours.
SESSION_COOKIE_NAME = "brainarr_session"
CSRF_COOKIE_NAME = "brainarr_csrf"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"


USE_TZ = True
TIME_ZONE = environment.text("TZ", "UTC")
LANGUAGE_CODE = "en-us"

STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Static files are served from where they are installed; there is no folder to collect them into and forget.
WHITENOISE_USE_FINDERS = True

LOG_LEVEL = environment.choice("BRAINARR_LOG_LEVEL", "info", among=("debug", "info", "warning", "error"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "brainarr_site.logs.RedactingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL.upper()},
    "filters": {"unintended": {"()": "brainarr_site.logs.Unintended"}},
    "loggers": {
        "django.request": {"filters": ["unintended"]},
        # It tells of every task, and a beat is a task.
        "django-q": {"level": "DEBUG" if LOG_LEVEL == "debug" else "WARNING"},
    },
}

UNFOLD = {
    "SITE_TITLE": "Brainarr",
    "SITE_HEADER": "Brainarr",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: static("house/admin.css")],
    "SIDEBAR": {"navigation": "recommendations.admin.navigation.sidebar"},
}
