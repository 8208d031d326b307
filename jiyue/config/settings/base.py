"""What back office and front have in common. Every value comes from `JIYUE_*`."""

from pathlib import Path

from jiyue.config import env
from jiyue.config.delivery import read_store_address

PACKAGE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env.read_text("JIYUE_DATA_DIR", "var")).resolve()

# The demonstration city relaxes nothing but this: fixed accounts exist and
# `jiyue demo-code` answers.
JIYUE_DEMO = env.read_flag("JIYUE_DEMO", default=False)

JIYUE_KEY_DIR = Path(env.read_text("JIYUE_KEY_DIR", str(DATA_DIR / "keys")))
JIYUE_MEDIA_DIR = Path(env.read_text("JIYUE_MEDIA_DIR", str(DATA_DIR / "media")))
JIYUE_PRIVATE_DIR = Path(env.read_text("JIYUE_PRIVATE_DIR", str(DATA_DIR / "private")))
JIYUE_PRIVATE_MAX_MB = env.read_number("JIYUE_PRIVATE_MAX_MB", 50, least=1)  # one private file
# Virus scanner for uploads: unix:/run/clamav/clamd.ctl or tcp://host:port; blank where there is none.
JIYUE_CLAMD = env.read_service("JIYUE_CLAMD", ("unix", "tcp"))
JIYUE_OUTPUT_DIR = Path(env.read_text("JIYUE_OUTPUT_DIR", str(DATA_DIR / "public")))
JIYUE_STORE_ADDRESS = read_store_address()  # of an object store in its place; holds no key
JIYUE_KEPT_DIR = Path(env.read_text("JIYUE_KEPT_DIR", str(DATA_DIR / "kept")))
# how long replaced and withdrawn pages are kept
JIYUE_KEPT_DAYS = env.read_number("JIYUE_KEPT_DAYS", 180, least=1, most=env.MAX_DAYS)
# How long finished side effects, batches and measured times are remembered.
JIYUE_FINISHED_WORK_DAYS = env.read_number("JIYUE_FINISHED_WORK_DAYS", 90, least=1, most=env.MAX_DAYS)
# What the tamper watch took away from the public folders; never below JIYUE_OUTPUT_DIR.
JIYUE_QUARANTINE_DIR = Path(env.read_text("JIYUE_QUARANTINE_DIR", str(DATA_DIR / "quarantine")))
# altogether; the oldest goes first
JIYUE_QUARANTINE_MB = env.read_number("JIYUE_QUARANTINE_MB", 1024, least=1)
# between two full comparisons of a site
JIYUE_SWEEP_MINUTES = env.read_number("JIYUE_SWEEP_MINUTES", 60, least=1)
# What signatures and digests are made with from now on; older ones stay readable.
JIYUE_CRYPTO = env.read_choice(
    "JIYUE_CRYPTO", {"national": "national", "international": "international"}, "national"
)
JIYUE_SEARCH_DIR = Path(env.read_text("JIYUE_SEARCH_DIR", str(DATA_DIR / "search")))
JIYUE_LOG_DIR = Path(env.read_text("JIYUE_LOG_DIR", str(DATA_DIR / "logs")))
JIYUE_AUDIT_HEADS = Path(env.read_text("JIYUE_AUDIT_HEADS", str(DATA_DIR / "audit-heads.log")))

# Backups of the inner host: where they go, where the keys go, what opens the private half of the backup key.
JIYUE_BACKUP_DIR = env.read_text("JIYUE_BACKUP_DIR", "")
JIYUE_BACKUP_KEYS_DIR = env.read_text("JIYUE_BACKUP_KEYS_DIR", "")
JIYUE_BACKUP_KEEP = env.read_number("JIYUE_BACKUP_KEEP", 14)
JIYUE_BACKUP_HOUR = env.read_number("JIYUE_BACKUP_HOUR", 2, most=23)
# What is watched on the machine itself; the values are proposed, no document states them.
JIYUE_MIN_FREE_DISK_PERCENT = env.read_number("JIYUE_MIN_FREE_DISK_PERCENT", 10, most=99)
JIYUE_MIN_FREE_MEMORY_PERCENT = env.read_number("JIYUE_MIN_FREE_MEMORY_PERCENT", 5, most=99)
# of the processors, 15 minutes long
JIYUE_MAX_LOAD_PERCENT = env.read_number("JIYUE_MAX_LOAD_PERCENT", 400, least=1)
JIYUE_MAX_CLOCK_SKEW_SECONDS = env.read_number("JIYUE_MAX_CLOCK_SKEW_SECONDS", 5, least=1)
JIYUE_MAX_DATABASE_GB = env.read_number("JIYUE_MAX_DATABASE_GB", 0)  # 0: not watched
JIYUE_TLS_DIR = env.read_text("JIYUE_TLS_DIR", "")
JIYUE_CERTIFICATE_DAYS = env.read_number("JIYUE_CERTIFICATE_DAYS", 30, most=env.MAX_DAYS)

DEBUG = False
ALLOWED_HOSTS = env.read_list("JIYUE_ALLOWED_HOSTS", "127.0.0.1,localhost,.localhost")
# Only these peers may name the visitor's address and scheme (X-Real-IP, X-Forwarded-Proto).
JIYUE_TRUSTED_PROXIES = env.read_list("JIYUE_TRUSTED_PROXIES", "127.0.0.1,::1")
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE_DIR / "locale"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "jiyue.core",
    "jiyue.policy",
    "jiyue.policy.work_calendar",
    "jiyue.organizations",
    "jiyue.organizations.credentials",
    "jiyue.organizations.sign_ins",
    "jiyue.organizations.registers",
    "jiyue.organizations.coregulation",
    "jiyue.obligations",
    "jiyue.review",
    "jiyue.sites",
    "jiyue.library",
    "jiyue.library.catalogue",
    "jiyue.library.drafting",
    "jiyue.library.open_intake",
    "jiyue.library.use",
    "jiyue.publishing",
    "jiyue.publishing.work",
    "jiyue.publishing.delivery",
    "jiyue.publishing.integrity",
    "jiyue.publishing.webarchive",
    "jiyue.publishing.visits",
    "jiyue.search",
    "jiyue.interaction",
    "jiyue.operations",
]

_ARGON2 = "django.contrib.auth.hashers.Argon2PasswordHasher"
_SM3 = "jiyue.organizations.credentials.hashers.PBKDF2SM3PasswordHasher"
AUTH_USER_MODEL = "organizations.StaffAccount"
# The first one makes new digests; the other one is still read, and renewed at the next sign-in.
PASSWORD_HASHERS = env.read_choice(
    "JIYUE_PASSWORD_HASHER", {"argon2": [_ARGON2, _SM3], "sm3": [_SM3, _ARGON2]}, "argon2"
)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "jiyue.organizations.credentials.validators.LongEnough",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["login_name"]},
    },
    {"NAME": "jiyue.organizations.credentials.validators.NoDefaultPassword"},
    {"NAME": "jiyue.organizations.credentials.validators.NotAboutPerson"},
]

X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = env.read_number("JIYUE_HSTS_SECONDS", 31_536_000)  # sent over HTTPS only
SECURE_REFERRER_POLICY = "same-origin"
CSRF_COOKIE_HTTPONLY = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024  # bytes; a long document with pasted tables
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024  # bytes; larger uploads go to a temporary file


def logging_settings(process: str, **loggers: dict[str, str]) -> dict[str, object]:
    """Logging of one process: JSON lines to standard error and into the running log."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "jiyue.core.logs.JsonFormatter"}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json"},
            "file": {
                "class": "jiyue.core.logs.DailyLogHandler",
                "formatter": "json",
                "folder": str(JIYUE_LOG_DIR),
                "process": process,
            },
        },
        "root": {"handlers": ["stderr", "file"], "level": "INFO"},
        "loggers": {"django.server": {"level": "WARNING"}, **loggers},
    }


LOGGING = logging_settings("backoffice")
