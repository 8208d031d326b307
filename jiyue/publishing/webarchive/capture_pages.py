"""From a page of a former site to a clean body: the library's reader and cleaner, links led along.

Scripts, styles, forms, frames, event handlers and pictures from elsewhere don't
survive; see `library.richtext`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from jiyue.core import crypto
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.library.importing.decoding import decode
from jiyue.library.importing.formats.webpage import read_web_page
from jiyue.library.richtext import clean_html, html_to_text
from jiyue.library.richtext.guard import tame
from jiyue.library.richtext.model import TextBlock
from jiyue.library.richtext.writer import write_html
from jiyue.publishing.addresses import UnsafePathError, check_path
from jiyue.publishing.webarchive.capture_sources import key_of
from jiyue.publishing.webarchive.captured import FOLDER, address_of, file_path

PAGE_SUFFIXES = frozenset({"html", "htm", "shtml", "xhtml", "asp", "aspx", "jsp", "php", "do"})
MAX_TITLE_CHARS = 300
_OWN_FOLDERS = ("files/", "p/")  # below the archive
_MEDIA = "/media/archive/"  # the cleaner lets pictures of the media store pass

_SHOWN = re.compile(rf"/{file_path('')}([0-9a-z.]+)")


@dataclass(frozen=True)
class CleanPage:
    """What is left of a page."""

    title: str
    body_html: str
    text: str
    names: tuple[str, ...]  # of the files it shows


def is_page(key: str, data: bytes) -> bool:
    """Tell whether a file of the former site is a web page, by its name and its content."""
    suffix = key.partition("?")[0].rpartition(".")[2].lower()
    start = data[:1_000].lower().replace(b"\0", b"")
    return (suffix in PAGE_SUFFIXES or "." not in key.rpartition("/")[2] or "?" in key) and b"<" in start


def decoded(data: bytes) -> str | None:
    """Text of a page in any of the encodings Chinese sites have used, or None.

    The importer's reader tells UTF-8, UTF-16 and GB18030 (GBK, GB2312) apart by the bytes.
    """
    try:
        return decode(data)
    except DomainError:
        return None


def give_paths(keys: list[str]) -> dict[str, str]:
    """Path of every page by its key: the old one below the archive where it is safe and free.

    Others (queries, Chinese names, names that differ by case only) get a digest.
    """
    paths: dict[str, str] = {}
    taken: set[str] = set()
    for key in keys:
        path = _kept_path(key)
        if not path or path in taken:
            path = f"{FOLDER}/p/{crypto.sm3_hex(key.encode())[:32]}.html"
        taken.add(path)
        paths[key] = path
    return paths


def _kept_path(key: str) -> str:
    stem, dot, suffix = key.lower().rpartition(".")
    if not dot or suffix not in PAGE_SUFFIXES or stem.startswith(_OWN_FOLDERS):
        return ""
    try:
        return check_path(f"{FOLDER}/{stem}.html")
    except UnsafePathError:
        return ""


def is_clean(body_html: str) -> bool:
    """Tell whether a body is as the cleaner leaves it: cleaning it once more changes nothing.

    Raises:
        RichTextTooLarge: It is longer than a document can be.
    """
    return _with_own_files(clean_html(body_html.replace(f"/{file_path('')}", _MEDIA))) == body_html


def shown_names(body_html: str) -> frozenset[str]:
    """Names of the captured files that a body shows or links."""
    return frozenset(_SHOWN.findall(body_html))


def _with_own_files(body_html: str) -> str:
    return body_html.replace(_MEDIA, f"/{file_path('')}")


class PageCleaner:
    """Cleans the pages of one copy.

    Args:
        base_url: Scheme and host of the former site.
        paths: Paths of its captured pages by key.
        files: Names of its captured files by key.
    """

    def __init__(self, base_url: str, paths: Mapping[str, str], files: Mapping[str, str]):
        self._host = urlsplit(base_url).netloc.lower()
        self._paths = paths
        self._files = files
        self._names = frozenset(files.values())

    def clean(self, key: str, address: str, text: str) -> CleanPage:
        """Return a page's title, body and words.

        Raises:
            RichTextTooLarge: It is longer than a document can be.
        """
        tree = LexborHTMLParser(tame(text))
        page_url = quote(address, safe=":/?&=%#@+;,~!$'()*[]")
        for node in tree.css("img[src]"):
            name = self._files.get(self._key(page_url, node.attributes.get("src")) or "")
            node.attrs["src"] = f"{_MEDIA}{name}" if name else ""
        for node in tree.css("a[href]"):
            node.attrs["href"] = self._led(page_url, node.attributes.get("href") or "")
        title = storable(_title_of(text))
        draft = read_web_page(key, tree.html or "")
        first = draft.blocks[0] if draft.blocks else None
        if isinstance(first, TextBlock) and first.text.strip() == draft.title:
            draft.blocks.pop(0)  # the page shows the title above
        body = _with_own_files(clean_html(write_html(draft.blocks)))
        words = html_to_text(body)
        title = draft.title or title or words.strip().partition("\n")[0] or key
        names = self._names & shown_names(body)
        return CleanPage(title[:MAX_TITLE_CHARS], body, words, tuple(sorted(names)))

    def _key(self, page_url: str, link: str | None) -> str | None:
        """Key of what a link of a page leads to on the former site; None where it leads elsewhere."""
        try:
            absolute = urljoin(page_url, (link or "").strip())
            return key_of(absolute) if urlsplit(absolute).netloc.lower() == self._host else None
        except ValueError:
            return None

    def _led(self, page_url: str, link: str) -> str:
        key = self._key(page_url, link)
        if key is None:
            return link
        if key in self._paths:
            return address_of(self._paths[key])
        if key in self._files:
            return f"/{file_path(self._files[key])}"
        return urljoin(page_url, link.strip())


def _title_of(text: str) -> str:
    node = LexborHTMLParser(text[:60_000].partition("</head>")[0]).css_first("title")
    return " ".join((node.text() or "").split()) if node is not None else ""
