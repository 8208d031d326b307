"""What the environment says about stores and caches."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from jiyue.config.delivery import read_object_store, read_purge
from jiyue.publishing.delivery.options import ObjectStoreOptions, PurgeMethod, PurgeOptions

pytestmark = pytest.mark.unit


def test_object_store_is_read_with_its_key_from_files(monkeypatch, tmp_path):
    assert read_object_store() is None
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.setenv("JIYUE_OUTPUT_URL", "s3://pages/city/?endpoint=https://s3.inner:9000/&region=cn-1")
    monkeypatch.setenv("JIYUE_OUTPUT_S3_KEY", "key")
    monkeypatch.setenv("JIYUE_OUTPUT_S3_SECRET_FILE", str(tmp_path / "secret"))
    found = read_object_store()
    assert found == ObjectStoreOptions("pages", "city", "https://s3.inner:9000", "cn-1", "key", "s3cret")
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "http://pages/x",
        "s3://pages/x",
        "s3:///x?endpoint=https://a",
        "s3://pages?endpoint=file:///etc",
        "s3://pages?endpoint=https://a&acl=public",
    ],
)
def test_address_that_names_no_object_store_stops_the_start(monkeypatch, url):
    monkeypatch.setenv("JIYUE_OUTPUT_URL", url)
    with pytest.raises(ImproperlyConfigured, match="JIYUE_OUTPUT_URL"):
        read_object_store()


def test_cache_is_read_with_its_token(monkeypatch):
    assert read_purge() is None
    monkeypatch.setenv("JIYUE_CDN_PURGE_URL", "https://cdn.example/{site}/purge")
    monkeypatch.setenv("JIYUE_CDN_PURGE_METHOD", "purge")
    monkeypatch.setenv("JIYUE_CDN_PURGE_TOKEN", "Bearer t0ken")
    found = read_purge()
    url = "https://cdn.example/{site}/purge"
    assert found == PurgeOptions(url, PurgeMethod.PURGE, "Authorization", "Bearer t0ken")
    assert "t0ken" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JIYUE_CDN_PURGE_URL", "ftp://cdn/x"),
        ("JIYUE_CDN_PURGE_URL", "https://{site}.cdn/x"),
        ("JIYUE_CDN_PURGE_URL", "https://cdn/{host}"),
        ("JIYUE_CDN_PURGE_URL", "https://u:p@cdn/x"),
        ("JIYUE_CDN_PURGE_URL", "https://[x/"),
        ("JIYUE_CDN_PURGE_HEADER", "X Token"),
        ("JIYUE_CDN_PURGE_TOKEN", "a\nHost: b"),
        ("JIYUE_CDN_PURGE_METHOD", "delete"),
    ],
)
def test_purge_address_or_token_that_could_lead_elsewhere_stops_the_start(monkeypatch, name, value):
    monkeypatch.setenv("JIYUE_CDN_PURGE_URL", "https://cdn.example/")
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match="JIYUE_CDN_PURGE"):
        read_purge()
