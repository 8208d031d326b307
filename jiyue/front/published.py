"""What the public process knows about a page: only what its published file says."""

import html
import re
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from jiyue.front.sites import SiteRoute
from jiyue.front.static import OpenFile, open_published

MAX_PATH_CHARS = 500
_HEAD_BYTES = 16 * 1024  # title and tags stand before this
_ARTICLE_TITLE = re.compile(r'<meta name="ArticleTitle" content="([^"]*)"')
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
MAX_TITLE_CHARS = 300


def published_path(route: SiteRoute, address: str) -> str:
    """Return the site-relative path of a published page, or "" if the address names none.

    Args:
        route: The site asked.
        address: What a link or a form named, such as `/zwgk/202611/12.html`.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or len(parts.path) > MAX_PATH_CHARS:
        return ""
    return parts.path if _read_head(route, parts.path) is not None else ""


def page_title(route: SiteRoute, path: str) -> str:
    """Return the title of a published page; "" when it has none."""
    head = _read_head(route, path) or ""
    match = _ARTICLE_TITLE.search(head) or _TITLE.search(head)
    return html.unescape(match.group(1)).strip()[:MAX_TITLE_CHARS] if match else ""


def _read_head(route: SiteRoute, path: str) -> str | None:
    root = Path(settings.JIYUE_OUTPUT_DIR) / route.key
    found = open_published(root, path, accepts_gzip=False)
    if not isinstance(found, OpenFile):
        return None
    if not found.name.endswith(".html"):
        found.close()
        return None
    pieces = found.read()
    try:
        return next(pieces, b"")[:_HEAD_BYTES].decode("utf-8", "replace")
    finally:
        pieces.close()
