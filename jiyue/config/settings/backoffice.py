"""The staff process and the worker: inner network, all rooms."""

from urllib.parse import urlsplit

from jiyue.config import env
from jiyue.config.delivery import read_object_store, read_purge
from jiyue.config.oidc import read_providers
from jiyue.config.settings.base import *
from jiyue.config.settings.base import DATA_DIR, INSTALLED_APPS

SECRET_KEY = env.read_secret("JIYUE_SECRET_KEY")
JIYUE_BACKUP_PASSPHRASE = env.read_secret("JIYUE_BACKUP_PASSPHRASE", "")
JIYUE_METRICS_TOKEN = env.read_secret("JIYUE_METRICS_TOKEN", "")
# The public process knows neither the store's key nor the cache's.
JIYUE_OBJECT_STORE = read_object_store()
JIYUE_S3_URL = JIYUE_OBJECT_STORE.endpoint if JIYUE_OBJECT_STORE else ""
JIYUE_CDN_PURGE = read_purge()
JIYUE_CDN_PURGE_URL = JIYUE_CDN_PURGE.url if JIYUE_CDN_PURGE else ""
ROOT_URLCONF = "jiyue.config.urls_backoffice"
WSGI_APPLICATION = "jiyue.config.wsgi_backoffice.application"

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "jiyue.backoffice",
    "wagtail.users",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "jiyue.demo",
]

MIDDLEWARE = [
    "jiyue.operations.timing.RequestTimer",
    "django.middleware.security.SecurityMiddleware",
    "jiyue.core.middleware.AuditAddress",
    "jiyue.backoffice.middleware.StaffHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "jiyue.backoffice.session_guard.SessionGuard",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
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

DATABASES = {"default": env.read_database("JIYUE_DATABASE_URL", f"sqlite:///{DATA_DIR}/jiyue.sqlite3")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # The citizens' inbox is a file of its own: the front opens nothing else.
    DATABASES["inbox"] = env.read_database("JIYUE_INBOX_DATABASE_URL", f"sqlite:///{DATA_DIR}/inbox.sqlite3")
    DATABASES["inbox"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
DATABASE_ROUTERS = ["jiyue.core.routers.InboxRouter"]

AUTHENTICATION_BACKENDS = ["jiyue.organizations.authentication.StaffBackend"]
LOGIN_URL = "backoffice:sign_in"
SESSION_COOKIE_NAME = "jiyue_staff"
SESSION_COOKIE_AGE = 24 * 3600  # seconds; the policy's idle time and length end a session before
SESSION_COOKIE_SECURE = env.read_flag("JIYUE_COOKIE_SECURE", default=True)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # a link in a message leads to the page, a foreign form sends nothing
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE

JIYUE_OIDC_PROVIDERS = read_providers()  # providers of the unified sign-in; none by default

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
OTP_TOTP_ISSUER = "Jiyue"

WAGTAIL_SITE_NAME = "集约"
WAGTAILADMIN_BASE_URL = env.read_text("JIYUE_BACKOFFICE_URL", "http://127.0.0.1:8100")
# Browsers keep passkeys for this host name; a bare IP address can't have any.
JIYUE_WEBAUTHN_RP_ID = env.read_text("JIYUE_WEBAUTHN_RP_ID", urlsplit(WAGTAILADMIN_BASE_URL).hostname or "")
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_WORKFLOW_ENABLED = False
WAGTAIL_MODERATION_ENABLED = False
WAGTAILADMIN_PERMITTED_LANGUAGES = [("zh-hans", "简体中文")]
WAGTAIL_I18N_ENABLED = False
