"""Which addresses pages have, and which names may become files."""

import re
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError

PAGE_SIZE = 20  # items on a frozen list page
SHARD_SIZE = 1_000  # addresses in a sitemap shard: about 120 KB, written again with every publication

# First parts of addresses that belong to the platform itself.
RESERVED_NAMES = frozenset(
    {"assets", "media", "archive", "search", "correction", "comment", "views", "index", "feed"}
)
MAX_PATH_CHARS = 200

_SEGMENT = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*\.[a-z0-9]{1,8}\Z")
_DIGITS = re.compile(r"[0-9]+\Z")
_WINDOWS_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}
)


class UnsafePathError(ValueError):
    """A name that must not become a file."""


def check_path(path: str) -> str:
    """Return a site-relative file path unchanged if it is safe to write.

    Raises:
        UnsafePathError: Absolute, climbing, hidden, reserved, too long or with other
            characters than lower-case letters, digits, hyphen, underscore and dot.
    """
    *folders, name = path.split("/")
    is_safe = (
        len(path) <= MAX_PATH_CHARS
        and _FILE_NAME.match(name)
        and all(_SEGMENT.match(folder) for folder in folders)
        and not _WINDOWS_DEVICES.intersection([*folders, name.partition(".")[0]])
        and not name.endswith((".gz", ".new"))
    )
    if not is_safe:
        raise UnsafePathError(path)
    return path


def decoded_address(raw: bytes) -> str:
    """Text of an address without its percent signs; old sites wrote UTF-8 or GB18030 (GBK, GB2312).

    What is neither gets characters that no address has: it names nothing.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "surrogateescape")


def check_channel_path(path: str) -> str:
    """Return a channel's path unchanged if its pages can't meet other files.

    Raises:
        DomainError: The path is reserved, or a part of it is a bare number like
            the months and list pages below other channels.
    """
    segments = path.split("/")
    is_free = (
        segments[0] not in RESERVED_NAMES
        and all(_SEGMENT.match(segment) and not _DIGITS.match(segment) for segment in segments)
        and not _WINDOWS_DEVICES.intersection(segments)
    )
    if not is_free:
        raise DomainError(
            _("The channel address “%(path)s” can't be used for pages.") % {"path": path},
            fix=_("Use lower-case letters in every part of the address and no name of the platform itself."),
            code="channel_path_unusable",
            field="path",
        )
    return path


def detail_path(channel_path: str, placed_at: datetime, resource_id: int) -> str:
    """Path of a placement's page, by the month (Asia/Shanghai) in which it was first placed."""
    return f"{check_channel_path(channel_path)}/{timezone.localtime(placed_at):%Y%m}/{resource_id}.html"


def index_path(channel_path: str) -> str:
    """Path of a channel's newest list page."""
    return f"{channel_path}/index.html"


def list_path(channel_path: str, number: int) -> str:
    """Path of a frozen list page, counted from the oldest."""
    return f"{channel_path}/{number}.html"


def feed_path(channel_path: str) -> str:
    """Path of a channel's feed."""
    return f"{channel_path}/feed.xml"


def atom_path(channel_path: str) -> str:
    """Path of a channel's Atom feed."""
    return f"{channel_path}/atom.xml"


def sitemap_path(shard: int) -> str:
    """Path of a sitemap shard; shard 0 holds home and channels."""
    return f"sitemap-{shard}.xml"


def media_path(name: str) -> str:
    """Path of a media file on a site."""
    return f"media/{name}"


def list_page_of(sequence: int) -> int:
    """Number of the frozen page on which the `sequence`-th item of a channel belongs."""
    return (sequence - 1) // PAGE_SIZE + 1


def shard_of(site_sequence: int) -> int:
    """Number of the sitemap shard in which the `site_sequence`-th page of a site belongs."""
    return (site_sequence - 1) // SHARD_SIZE + 1
