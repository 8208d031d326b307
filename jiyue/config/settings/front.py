"""The public process: static files of every site, search, citizens' forms.

It has no staff URL, no session, no admin; the only table it may touch is the
citizens' inbox (on PostgreSQL through a role with exactly that grant, see
`jiyue grants`; on SQLite through a file of its own).
"""

from jiyue.config import env
from jiyue.config.settings.base import *
from jiyue.config.settings.base import DATA_DIR, INSTALLED_APPS, logging_settings

SECRET_KEY = env.read_secret("JIYUE_FRONT_SECRET_KEY")
ROOT_URLCONF = "jiyue.config.urls_front"
WSGI_APPLICATION = "jiyue.config.wsgi_front.application"
ALLOWED_HOSTS = ["*"]  # the host decides the site; unknown hosts get 404 in jiyue.front

INSTALLED_APPS = [*INSTALLED_APPS, "jiyue.front"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

DATABASES = {
    "default": env.read_database("JIYUE_FRONT_DATABASE_URL", f"sqlite:///{DATA_DIR}/inbox.sqlite3"),
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},  # addresses that sent a form within the last minutes
    }
}
CSRF_COOKIE_NAME = "jiyue_form"
CSRF_COOKIE_AGE = None  # until the browser is closed: nobody can be followed by it
CSRF_FAILURE_VIEW = "jiyue.front.views.citizens.form_expired"
CSRF_COOKIE_SECURE = env.read_flag("JIYUE_COOKIE_SECURE", default=True)

# A missing page, an incomplete form or an expired token is the visitor's everyday life, not ours.
LOGGING = logging_settings(
    "front", **{"django.request": {"level": "ERROR"}, "django.security.csrf": {"level": "ERROR"}}
)
