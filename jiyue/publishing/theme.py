"""Turns page data into HTML and a site's style into files.

A theme is a folder under `themes/` with `templates/` (Jinja2, autoescaped)
and `static/`. Templates know nothing but the data of `pages.py`.

`detail.html` is spliced: the renderer renders it once per channel with
sentinels for `DetailHoles` and fills in the holes article by article. So
every hole is a finished, escaped string, and every condition that depends on
the article sits in a template under `fragments/`. `render_detail` is the
plain way and the reference for the splice.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, override
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.runtime import Macro
from markupsafe import Markup, escape

from jiyue.core.errors import DomainError
from jiyue.publishing.pages import DetailPage, Link, SiteFrame
from jiyue.publishing.structured_data import breadcrumbs_json_ld, detail_json_ld, home_json_ld
from jiyue.publishing.xml_text import UTC_OFFSET

THEMES_DIR = Path(__file__).parent / "themes"
DEFAULT_THEME = "plain"
MIN_CONTRAST = 4.5  # WCAG 2.1 AA for text, accent on white
DESCRIPTION_SOURCE_LENGTH = 1500  # characters of HTML looked at
DESCRIPTION_LENGTH = 120  # characters; search engines show about this many

_HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_TAG = re.compile(r"<[^>]*(?:>|\Z)")  # the last one may have been cut


class FramedPage(Protocol):
    """Any page of `pages.py`: it carries its site's header and footer."""

    @property
    def frame(self) -> SiteFrame: ...


@dataclass(frozen=True, slots=True)
class DetailChannel:
    """What all detail pages of one channel share beside the frame."""

    name: str
    url: str
    breadcrumbs: tuple[Link, ...]
    column_type: str


@dataclass(frozen=True, slots=True)
class DetailHoles:
    """The places of `detail.html` that differ per article, escaped and final.

    An empty fragment leaves valid HTML. Values named `*_attr` stand in
    quoted attributes, the others between tags.
    """

    title: Markup
    title_attr: Markup
    canonical_url: Markup
    page_query: Markup  # address of the page, for `?page=` in a link
    public_id: Markup
    description: Markup
    published_attr: Markup  # "2026-11-21 09:30"
    source_attr: Markup
    author_meta: Markup  # fragment, a `<meta>` or nothing
    image_meta: Markup  # fragment, a `<meta>` or nothing
    archived: Markup  # fragment
    published: Markup  # fragment
    metadata: Markup  # fragment
    details: Markup  # fragment
    body: Markup
    attachments: Markup  # fragment
    recordings: Markup  # fragment
    related: Markup  # fragment
    neighbours: Markup  # fragment
    qr_svg: Markup
    json_ld: Markup


@dataclass(frozen=True, slots=True)
class SiteAssets:
    """A site's static files by name, and the version that names their folder."""

    version: str
    files: dict[str, bytes]


@lru_cache
def get_environment(theme: str) -> Environment:
    """Return the Jinja2 environment of a theme.

    Raises:
        DomainError: No theme has this name.
    """
    folder = THEMES_DIR / theme / "templates"
    if theme not in list_themes():
        raise DomainError(
            gettext_lazy("There is no theme of this name."),
            fix=gettext_lazy("Choose one of the installed themes."),
            code="theme_unknown",
            field="theme",
        )
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(_FILTERS)
    environment.globals.update(breadcrumbs_json_ld=breadcrumbs_json_ld, home_json_ld=home_json_ld)
    return environment


def list_themes() -> tuple[str, ...]:
    """Return the names of the installed themes."""
    return tuple(sorted(folder.name for folder in THEMES_DIR.iterdir() if (folder / "templates").is_dir()))


def render_page(template: str, page: FramedPage, *, theme: str = DEFAULT_THEME) -> str:
    """Render a whole page other than a detail page.

    Args:
        template: File name, such as `home.html`.
        page: The dataclass of `pages.py` that the template shows.
        theme: Folder name of the theme.
    """
    return get_environment(theme).get_template(template).render(page=page, frame=page.frame)


def render_fragment(name: str, *, theme: str = DEFAULT_THEME, **context: object) -> Markup:
    """Call the macro `show` of `fragments/<name>.html`.

    An empty result means that there is nothing to show. Macros cost a tenth of
    a template's rendering; their labels are looked up once per language.

    Args:
        name: File name without its ending.
        theme: Folder name of the theme.
        context: Arguments of the macro.
    """
    return Markup(_fragment(name, theme, get_language())(**context))  # noqa: S704 - autoescaped by the macro


def render_detail(page: DetailPage, *, theme: str = DEFAULT_THEME) -> str:
    """Render one detail page the plain way: the reference for the splice."""
    return render_detail_frame(page.frame, detail_channel(page), detail_holes(page, theme=theme), theme=theme)


def render_detail_frame(
    frame: SiteFrame, channel: DetailChannel, hole: DetailHoles, *, theme: str = DEFAULT_THEME
) -> str:
    """Render `detail.html` around given holes, which may be sentinels."""
    template = get_environment(theme).get_template("detail.html")
    return template.render(frame=frame, channel=channel, hole=hole)


def detail_channel(page: DetailPage) -> DetailChannel:
    """Return the part of a detail page that belongs to its channel."""
    last = page.breadcrumbs[-1]
    return DetailChannel(
        name=last.name,
        url=last.url,
        breadcrumbs=page.breadcrumbs,
        column_type=page.column_type or last.name,
    )


def detail_holes(page: DetailPage, *, theme: str = DEFAULT_THEME) -> DetailHoles:
    """Return the strings that fill `detail.html` for one article.

    `body_html` and `qr_svg` are taken as they are: the edition's body was
    cleaned before review, the QR code is our own drawing.
    """
    return DetailHoles(
        title=escape(page.title),
        title_attr=escape(page.title),
        canonical_url=escape(page.canonical_url),
        page_query=escape(quote(page.url, safe="/")),
        public_id=escape(page.public_id),
        description=escape(describe(page)),
        published_attr=escape(page.published_at),
        source_attr=escape(page.source or page.frame.sponsor),
        author_meta=render_fragment("author_meta", theme=theme, page=page),
        image_meta=render_fragment("image_meta", theme=theme, page=page),
        archived=render_fragment("archived", theme=theme, page=page),
        published=render_fragment("published", theme=theme, page=page),
        metadata=render_fragment("metadata", theme=theme, page=page),
        details=render_fragment("details", theme=theme, page=page),
        body=Markup(page.body_html),  # noqa: S704 - cleaned before review
        attachments=render_fragment("attachments", theme=theme, page=page),
        recordings=render_fragment("recordings", theme=theme, page=page),
        related=render_fragment("related", theme=theme, page=page),
        neighbours=render_fragment("neighbours", theme=theme, page=page),
        qr_svg=Markup(page.qr_svg),  # noqa: S704 - drawn by us
        json_ld=detail_json_ld(page),
    )


def describe(page: DetailPage) -> str:
    """Return the description tag: the summary, else the start of the body, else the title."""
    text = page.summary or unescape(_TAG.sub(" ", page.body_html[:DESCRIPTION_SOURCE_LENGTH]))
    text = " ".join(text.split()) or page.title
    return text if len(text) <= DESCRIPTION_LENGTH else text[: DESCRIPTION_LENGTH - 1] + "…"


def contrast_with_white(colour: str) -> float:
    """Return the WCAG contrast ratio (1 to 21) of a `#rrggbb` colour on white.

    Raises:
        DomainError: Not a `#rrggbb` colour.
    """
    return 1.05 / (_luminance(_channels(colour)) + 0.05)


def render_site_css(accent: str) -> str:
    """Return the stylesheet that gives a site its accent colour and the tints of it.

    Args:
        accent: `#rrggbb`.

    Raises:
        DomainError: Not a colour, or too pale to be read on white.

    Source: 《政府网站发展指引》六（一） (accessible pages); ratio of WCAG 2.1 AA.
    """
    rgb = _channels(accent)
    if contrast_with_white(accent) < MIN_CONTRAST:
        raise DomainError(
            gettext_lazy("The accent colour is too pale: text in it can hardly be read on white."),
            fix=gettext_lazy("Choose a darker colour with a contrast of at least 4.5 to 1."),
            code="accent_contrast_too_low",
            field="accent",
        )
    colours = {
        "--accent": _hex(rgb),
        "--accent-strong": _hex(_mix(rgb, (0, 0, 0), 0.25)),
        "--accent-tint": _hex(_mix(rgb, (255, 255, 255), 0.93)),
        "--accent-line": _hex(_mix(rgb, (255, 255, 255), 0.78)),
    }
    return ":root {\n" + "".join(f"  {name}: {value};\n" for name, value in colours.items()) + "}\n"


def build_site_assets(accent: str, *, theme: str = DEFAULT_THEME) -> SiteAssets:
    """Return every static file of a site, `site.css` among them.

    The files go to `/assets/<version>/`; the version is a digest of all of
    them, so a changed file or colour gets a new address and browsers may keep
    a file for ever.

    Raises:
        DomainError: See `render_site_css`.
    """
    files = dict(_static_files(theme))
    files["site.css"] = render_site_css(accent).encode()
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return SiteAssets(version=digest.hexdigest()[:12], files=files)


@lru_cache
def _fragment(name: str, theme: str, language: str | None) -> Macro:
    template = get_environment(theme).get_template(f"fragments/{name}.html")
    with override(language):
        macro: Macro = template.make_module().show  # type: ignore[attr-defined]
    return macro


@lru_cache
def _static_files(theme: str) -> tuple[tuple[str, bytes], ...]:
    folder = THEMES_DIR / theme / "static"
    return tuple(
        (path.relative_to(folder).as_posix(), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )


def _channels(colour: str) -> tuple[int, int, int]:
    if not _HEX_COLOUR.match(colour):
        raise DomainError(
            gettext_lazy("The accent colour is not written as a colour."),
            fix=gettext_lazy("Write it as # and six hexadecimal digits, such as #0b5394."),
            code="accent_not_a_colour",
            field="accent",
        )
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(rgb: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _mix(rgb: tuple[int, int, int], other: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(rgb, other, strict=True))
    return red, green, blue


def _luminance(rgb: tuple[int, int, int]) -> float:
    def linear(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(value) for value in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def day(moment: str) -> str:
    """Cut an ISO moment to its date."""
    return moment[:10]


def iso(moment: str) -> str:
    """Write a moment for a `datetime` attribute."""
    return moment.replace(" ", "T", 1) + UTC_OFFSET if " " in moment else moment


def _query(url: str) -> str:
    """Escape an address for `?page=`."""
    return quote(url, safe="/")


_FILTERS: dict[str, Callable[[str], str]] = {"day": day, "iso": iso, "query": _query}
