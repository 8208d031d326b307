"""Builds the same site with Hugo, the fastest generator of static sites, as a peer.

The layouts are our own theme: each page is rendered once per channel around
marks, and Hugo's expressions take the marks' places. So both sides write the
same pages, and whatever is the same in a channel is plain text in Hugo's
layout, which is as fast as Hugo can have it. Hugo gets the QR code for free
(one constant drawing) and numbers its list pages from the newest.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jiyue.publishing.pages import ChannelPage, DetailPage, HomePage, Link, ListItem, Section, SiteFrame
from jiyue.publishing.theme import render_detail, render_page

HOME_ITEMS = 6  # per section
FEED_ITEMS = 20
FASTEST = ("--noBuildLock", "--noTimes", "--noChmod")

# Marks survive escaping in text, attributes, addresses and JSON strings.
_TITLE, _URL, _SUMMARY, _SOURCE, _BODY = "MarkTitle", "/MarkAddress", "MarkSummary", "MarkSource", "MarkBody"
_OLDER, _NEWER, _OLDER_PAGE, _NEWER_PAGE = "/MarkOlder", "/MarkNewer", "/MarkOlderPage", "/MarkNewerPage"
_MOMENT = "2026-01-01 00:00"
_DATE = '.Date.Format "2006-01-02'
_EXPRESSIONS = {
    _BODY: "{{ .Content }}",
    _TITLE: "{{ .Title }}",
    _URL: "{{ .RelPermalink }}",
    _SUMMARY: "{{ .Params.summary }}",
    _SOURCE: "{{ .Params.source }}",
    "2026-01-01T00:00:00+08:00": f'{{{{ {_DATE}T15:04:05-07:00" }}}}',
    "2026-01-01T00:00+08:00": f'{{{{ {_DATE}T15:04-07:00" }}}}',
    _MOMENT: f'{{{{ {_DATE} 15:04" }}}}',
    "2026-01-01": f'{{{{ {_DATE}" }}}}',
}
_ITEM = re.compile(rf'<li><a href="{_URL}">.*?</li>\n?', re.DOTALL)
_FEED = """{{ printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
<rss version="2.0"><channel><title>{{ .Title }}</title><link>{{ .Permalink }}</link>
{{ range first FEED_ITEMS (cond .IsHome .Site.RegularPages .RegularPages) }}
<item><title>{{ .Title }}</title><link>{{ .Permalink }}</link>
<guid>{{ .Permalink }}</guid><pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}</pubDate>
<description>{{ .Params.summary }}</description></item>
{{ end }}</channel></rss>
""".replace("FEED_ITEMS", str(FEED_ITEMS))
_SITEMAP = """{{ printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{{ range .Site.RegularPages }}<url><loc>{{ .Permalink }}</loc>
<lastmod>{{ .Date.Format "2006-01-02" }}</lastmod></url>
{{ end }}</urlset>
"""


@dataclass(frozen=True, slots=True)
class HugoArticle:
    """One page of the peer's site; texts are plain, the body is HTML."""

    url: str  # site-relative, ".html" at the end
    title: str
    published_at: str  # "2026-11-21 09:30"
    source: str
    summary: str
    body_html: str


@dataclass(frozen=True, slots=True)
class HugoChannel:
    """One section of the peer's site."""

    slug: str
    name: str
    articles: Iterable[HugoArticle]

    @property
    def url(self) -> str:
        """Address of its first list page."""
        return f"/{self.slug}/"

    @property
    def breadcrumbs(self) -> tuple[Link, ...]:
        """Home first, this channel last."""
        return (Link("Home", "/"), Link(self.name, self.url, is_current=True))


def _with_expressions(html: str) -> str:
    for mark, expression in _EXPRESSIONS.items():
        html = html.replace(mark, expression)
    return html


def _looped(html: str, pages: Sequence[str]) -> str:
    """Put each sample item inside a loop over the Hugo pages given for it, in order."""
    remaining = iter(pages)
    return _ITEM.sub(lambda item: f"{{{{ range {next(remaining)} }}}}{item[0]}{{{{ end }}}}", html)


def _conditional(html: str, mark: str, page: str, element: str) -> str:
    """Show the `element` that links to `mark` only if the Hugo page exists."""
    pattern = re.compile(rf"<{element}(?:(?!<{element}\b).)*?{mark}\".*?</{element}>\n?", re.DOTALL)

    def replace(found: re.Match[str]) -> str:
        linked = found[0].replace(mark, "{{ .URL }}" if "Paginator" in page else "{{ .RelPermalink }}")
        return f"{{{{ with {page} }}}}{linked}{{{{ end }}}}"

    return pattern.sub(replace, html)


def _sample_item() -> ListItem:
    return ListItem(title=_TITLE, url=_URL, date=_MOMENT, summary=_SUMMARY)


def detail_layout(frame: SiteFrame, channel: HugoChannel, qr_svg: str) -> str:
    """Return our detail page of one channel as a layout of Hugo's."""
    page = DetailPage(
        frame=frame,
        public_id="1",
        url=_URL,
        canonical_url=frame.base_url + _URL,
        title=_TITLE,
        breadcrumbs=channel.breadcrumbs,
        source=_SOURCE,
        author="",
        published_at=_MOMENT,
        originally_published_on="",
        summary=_SUMMARY,
        body_html=_BODY,
        qr_svg=qr_svg,
        is_document=False,
        metadata=(),
        validity="",
        validity_label="",
        attachments=(),
        related=(),
        older=Link(_TITLE, _OLDER),
        newer=Link(_TITLE, _NEWER),
    )
    html = _conditional(render_detail(page), _OLDER, ".PrevInSection", "li")
    return _with_expressions(_conditional(html, _NEWER, ".NextInSection", "li"))


def list_layout(frame: SiteFrame, channel: HugoChannel, siblings: tuple[Link, ...]) -> str:
    """Return our list page of one channel as a layout of Hugo's."""
    page = ChannelPage(
        frame=frame,
        name=channel.name,
        url=channel.url,
        breadcrumbs=channel.breadcrumbs,
        siblings=siblings,
        items=(_sample_item(),),
        number=None,
        older_url=_OLDER_PAGE,
        newer_url=_NEWER_PAGE,
        feed_url=f"{channel.url}feed.xml",
    )
    html = _looped(render_page("channel.html", page), [".Paginator.Pages"])
    html = _conditional(html, _OLDER_PAGE, ".Paginator.Next", "a")
    return _with_expressions(_conditional(html, _NEWER_PAGE, ".Paginator.Prev", "a"))


def home_layout(frame: SiteFrame, channels: Sequence[HugoChannel]) -> str:
    """Return our home page as a layout of Hugo's."""
    sections = tuple(Section(channel.name, channel.url, (_sample_item(),)) for channel in channels)
    html = render_page("home.html", HomePage(frame=frame, lead=(), sections=sections))
    pages = [
        f'first {HOME_ITEMS} (where site.RegularPages "Section" "{channel.slug}")' for channel in channels
    ]
    return _with_expressions(_looped(html, pages))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_articles(folder: Path, channel: HugoChannel) -> int:
    folder.mkdir(parents=True)
    _write(folder / "_index.html", json.dumps({"title": channel.name}, ensure_ascii=False) + "\n")
    count = 0
    for count, article in enumerate(channel.articles, start=1):
        front = {
            "title": article.title,
            "date": article.published_at.replace(" ", "T") + ":00+08:00",
            "url": article.url,
            "source": article.source,
            "summary": article.summary,
        }
        text = f"{json.dumps(front, ensure_ascii=False)}\n{article.body_html}"
        (folder / f"{count}.html").write_text(text, encoding="utf-8")
    return count


def write_site(
    folder: Path, frame: SiteFrame, channels: Sequence[HugoChannel], *, qr_svg: str, page_size: int = 20
) -> int:
    """Write the sources of the site into an empty folder; return the number of articles.

    Args:
        folder: Where `hugo.json`, `content/` and `layouts/` go.
        frame: Header and footer, the same as ours.
        channels: Sections with their articles, consumed once.
        qr_svg: The drawing on every page.
        page_size: Items on a list page.
    """
    config = {
        "baseURL": frame.base_url + "/",
        "locale": frame.language,
        "security": {"allowContent": ["! ^text/org$"]},
        "title": frame.name,
        "timeZone": "Asia/Shanghai",
        "disableKinds": ["taxonomy", "term", "404", "robotstxt"],
        "disableHugoGeneratorInject": True,
        "pagination": {"pagerSize": page_size},
        "uglyURLs": False,
        "outputs": {"home": ["html", "rss"], "section": ["html", "rss"], "page": ["html"]},
        "outputFormats": {"rss": {"baseName": "feed"}},
        "buildFuture": True,
    }
    _write(folder / "hugo.json", json.dumps(config, ensure_ascii=False, indent=1))
    layouts = folder / "layouts"
    siblings = tuple(Link(channel.name, channel.url) for channel in channels)
    _write(layouts / "home.html", home_layout(frame, channels))
    _write(layouts / "rss.xml", _FEED)
    _write(layouts / "sitemap.xml", _SITEMAP)
    for channel in channels:
        _write(layouts / channel.slug / "single.html", detail_layout(frame, channel, qr_svg))
        _write(layouts / channel.slug / "list.html", list_layout(frame, channel, siblings))
    return sum(_write_articles(folder / "content" / channel.slug, channel) for channel in channels)


def build_command(folder: Path, output: Path) -> list[str]:
    """Return the command that builds the site of `write_site` into `output`."""
    return [_program(), "--source", str(folder), "--destination", str(output), *FASTEST]


def _program() -> str:
    """Return the Hugo binary itself, past the Python script that wraps it.

    Raises:
        FileNotFoundError: The package `hugo` is not installed.
    """
    for folder in map(Path, sys.path):
        for name in ("hugo", "hugo.exe"):
            binary = folder / "hugo" / "binaries" / name
            if binary.is_file():
                return str(binary)
    raise FileNotFoundError("Hugo is not installed: `make install-dev`")
