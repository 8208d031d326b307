"""Every stored kind of data has its class, and what is important or sensitive lies encrypted (SEC-07)."""

import pytest
from django.apps import apps
from django.conf import settings

from jiyue.core import data_classes, transport
from jiyue.core.data_classes import DataClass, class_of, read_register
from jiyue.core.fields import SealedTextField
from jiyue.core.files import PURPOSES
from jiyue.core.resealing import sealed_columns

pytestmark = pytest.mark.unit


def undeclared(names) -> list[str]:
    register = read_register()
    return sorted(name for name in names if name not in register)


def model_names() -> set[str]:
    """Every table; the unused ones of the shell by application."""
    found = set()
    for model in apps.get_models():
        is_ours = model.__module__.startswith("jiyue.")
        label = model._meta.app_label
        wildcard = f"model:{label}.*"
        found.add(wildcard if not is_ours and wildcard in read_register() else f"model:{model._meta.label}")
    return found


@pytest.mark.req("SEC-07")
def test_every_table_every_sort_of_private_file_and_every_folder_has_a_class():
    folders = {name for name in dir(settings) if name.startswith("JIYUE_") and name.endswith("_DIR")}
    assert undeclared(model_names()) == []
    assert undeclared(f"file:{purpose}" for purpose, _entry in PURPOSES) == []
    assert undeclared(f"folder:{name}" for name in folders) == []


def test_nothing_is_declared_that_does_not_exist():
    declared = {name for name in read_register() if name.startswith("model:") and not name.endswith(".*")}
    assert sorted(declared - model_names()) == []


def test_every_entry_says_why_and_protected_ones_say_by_what():
    for name, entry in read_register().items():
        assert entry.reason, name
        assert bool(entry.protection) == entry.is_encrypted, name


@pytest.mark.req("SEC-07")
def test_declared_columns_are_the_encrypted_ones():
    declared = {name for name in read_register() if name.startswith("field:")}
    encrypted = {
        f"field:{model._meta.label}.{column}" for model, names in sealed_columns() for column in names
    }
    assert declared == encrypted
    assert all(class_of(name) == DataClass.SENSITIVE for name in declared)


def test_an_encrypted_column_cannot_be_searched():
    assert SealedTextField().get_lookup("icontains") is None
    assert SealedTextField().get_lookup("isnull") is not None


def test_an_unknown_purpose_is_encrypted_and_an_unknown_class_is_a_mistake(tmp_path, monkeypatch):
    assert data_classes.is_encrypted_purpose("nothing")
    with pytest.raises(LookupError):
        class_of("model:nothing")
    register = tmp_path / "x.toml"
    register.write_text('[model]\n"a.B" = { class = "sensitive", reason = "r" }\n')
    monkeypatch.setattr(data_classes, "REGISTER", register)
    with pytest.raises(ValueError, match="protection"):
        read_register.__wrapped__()


def ids(settings) -> set[str]:
    return {str(message.id) for message in transport.find_plain_transport()}


@pytest.mark.req("SEC-07")
def test_the_platform_does_not_start_where_data_would_travel_in_plain(settings):
    inside = {"default": {"HOST": "127.0.0.1", "OPTIONS": {}}}
    settings.DATABASES, settings.JIYUE_CLAMD = inside, "unix:/run/clamav/clamd.ctl"
    settings.WAGTAILADMIN_BASE_URL = "http://127.0.0.1:8100"
    assert ids(settings) == set()
    settings.DATABASES = {"default": {"HOST": "db.inner", "OPTIONS": {"sslmode": "prefer"}}}
    settings.JIYUE_CLAMD = "tcp://10.0.0.5:3310"
    settings.WAGTAILADMIN_BASE_URL = "http://office.example.gov.cn"
    settings.CSRF_COOKIE_SECURE = False
    settings.SECURE_HSTS_SECONDS = 0
    assert ids(settings) == {f"jiyue.E10{number}" for number in range(1, 6)}
    settings.DATABASES = {"default": {"HOST": "db.inner", "OPTIONS": {"sslmode": "verify-full"}}}
    settings.JIYUE_CLAMD = ""
    settings.JIYUE_REDIS_URL = "redis://cache.inner:6379"
    settings.JIYUE_S3_URL = "https://store.inner"
    assert "jiyue.E101" not in ids(settings)
    assert "jiyue.E102" in ids(settings)
    settings.JIYUE_REDIS_URL = "rediss://cache.inner:6379"
    settings.WAGTAILADMIN_BASE_URL = "https://office.example.gov.cn"
    settings.CSRF_COOKIE_SECURE = settings.SESSION_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    assert ids(settings) == set()


def test_a_database_address_may_ask_for_tls(monkeypatch):
    from jiyue.config import env  # noqa: PLC0415

    monkeypatch.setenv("JIYUE_X", "postgresql://u:p@db:5432/jiyue?sslmode=verify-full&sslrootcert=/ca.pem")
    database = env.read_database("JIYUE_X", "")
    assert database["OPTIONS"] == {"sslmode": "verify-full", "sslrootcert": "/ca.pem"}
    assert database["NAME"] == "jiyue"
