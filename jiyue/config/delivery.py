"""Reads where published files lie and which cache stands in front of them."""

import os
import re
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

from jiyue.config import env
from jiyue.publishing.delivery.options import ObjectStoreOptions, PurgeMethod, PurgeOptions, StoreAddress

_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}\Z")
_STORE_EXAMPLE = "s3://bucket/prefix?endpoint=https://host&region=name"


def read_object_store() -> ObjectStoreOptions | None:
    """Return the object store of `JIYUE_OUTPUT_URL`, None where files lie in the output folder."""
    place = read_store_address()
    if place is None:
        return None
    return ObjectStoreOptions(
        bucket=place.bucket,
        prefix=place.prefix,
        endpoint=place.endpoint,
        region=place.region,
        key=env.read_secret("JIYUE_OUTPUT_S3_KEY"),
        secret=env.read_secret("JIYUE_OUTPUT_S3_SECRET"),
    )


def read_store_address() -> StoreAddress | None:
    """Return where `JIYUE_OUTPUT_URL` says that published files lie, None for the output folder.

    It holds no secret: the public process may know it.
    """
    address = os.environ.get("JIYUE_OUTPUT_URL", "")
    if not address:
        return None
    url = urlsplit(address)
    options = dict(parse_qsl(url.query))
    is_whole = url.scheme == "s3" and bool(url.netloc) and _is_web(options.get("endpoint", ""))
    if not is_whole or options.keys() - {"endpoint", "region"}:
        raise ImproperlyConfigured(f"JIYUE_OUTPUT_URL must look like {_STORE_EXAMPLE}, not {address!r}.")
    return StoreAddress(
        bucket=url.netloc,
        prefix=url.path.strip("/"),
        endpoint=options["endpoint"].rstrip("/"),
        region=options.get("region", "us-east-1"),
    )


def read_purge() -> PurgeOptions | None:
    """Return the cache of `JIYUE_CDN_PURGE_URL`, None without one."""
    url = os.environ.get("JIYUE_CDN_PURGE_URL", "")
    if not url:
        return None
    if not _is_web(url) or "{" in urlsplit(url).netloc or "{" in url.replace("{site}", ""):
        raise ImproperlyConfigured(
            f"JIYUE_CDN_PURGE_URL must be an http(s) address, {{site}} only in its path, not {url!r}."
        )
    header = env.read_text("JIYUE_CDN_PURGE_HEADER", "Authorization")
    token = env.read_secret("JIYUE_CDN_PURGE_TOKEN", "")
    if not _HEADER.match(header) or not token.isprintable():
        raise ImproperlyConfigured("JIYUE_CDN_PURGE_HEADER and JIYUE_CDN_PURGE_TOKEN must fit into a header.")
    methods = {method.value: method for method in PurgeMethod}
    method = env.read_choice("JIYUE_CDN_PURGE_METHOD", methods, PurgeMethod.JSON.value)
    return PurgeOptions(url, method, header, token)


def _is_web(address: str) -> bool:
    try:
        url = urlsplit(address)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.username is None
    except ValueError:
        return False
