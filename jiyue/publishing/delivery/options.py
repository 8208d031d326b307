"""What the settings say about stores and caches; read in `jiyue.config.delivery`."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True)
class StoreAddress:
    """Where an object store keeps published files, without its key: what a proxy before it has to know.

    Attributes:
        bucket: Bucket of an S3-compatible service.
        prefix: Blank, or the part in front of every site's key, without slashes at its ends.
        endpoint: Address of the service.
        region: Its region.
    """

    bucket: str
    prefix: str
    endpoint: str
    region: str


@dataclass(frozen=True)
class ObjectStoreOptions:
    """Where published files lie when they don't lie in a folder.

    Attributes:
        bucket: Bucket of an S3-compatible service.
        prefix: Blank, or the part in front of every site's key, without slashes at its ends.
        endpoint: Address of the service.
        region: Its region.
        key: Name of the access key.
        secret: Its secret.
    """

    bucket: str
    prefix: str
    endpoint: str
    region: str
    key: str = field(repr=False)
    secret: str = field(repr=False)


class PurgeMethod(StrEnum):
    """How a cache is told to forget addresses."""

    JSON = "json"  # POST {"site": …, "host": …, "urls": […]} to the address
    PURGE = "purge"  # one PURGE request per address, with the site's own host name


@dataclass(frozen=True)
class PurgeOptions:
    """How to reach the cache or CDN in front of the sites.

    Attributes:
        url: Its address; `{site}` in the path stands for the site's key.
        method: What it understands.
        header: Name of the header that carries the token, e.g. `Authorization`.
        token: The header's whole value; blank where none is needed.
    """

    url: str
    method: PurgeMethod
    header: str
    token: str = field(repr=False)
