"""What a public page shows: plain frozen data, handed to the theme's templates.

The renderer builds these from editions, placements and sites; the templates of
a theme know nothing else. Every address is site-relative and starts with "/",
unless it leaves the site. Dates are ISO text (`2026-11-21` or
`2026-11-21 09:30`); a theme formats them.
"""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Link:
    """A named address; `children` only in menus."""

    name: str
    url: str
    is_current: bool = False
    children: tuple["Link", ...] = ()


@dataclass(frozen=True, slots=True)
class SiteFrame:
    """Header and footer of every page of one site (PUB-12, PUB-13)."""

    name: str
    base_url: str  # canonical scheme and host, no trailing slash
    primary_domain: str
    logo_url: str
    accent: str  # "#rrggbb", checked for contrast against white
    language: str  # "zh-Hans"
    menu: tuple[Link, ...]
    sponsor: str
    operator: str
    contact: str
    identity_code: str
    icp_filing: str
    psb_filing: str
    official_badge_url: str
    technical_supporter: str
    assets_url: str  # where the theme's static files lie, content-versioned
    search_url: str = "/search/"
    correction_url: str = "/correction/"
    comment_url: str = "/comment/"
    sitemap_url: str = "/sitemap.xml"
    feed_url: str = "/feed.xml"
    atom_url: str = "/atom.xml"
    archived_on: str = ""  # the whole site is in the web archive since then (SITE-23)
    mourning_url: str = "/mourning.css"  # empty but for days of mourning; every page links it
    trusted_domains: tuple[str, ...] = ("gov.cn",)  # left without a leaving prompt (PUB-18)


@dataclass(frozen=True, slots=True)
class ListItem:
    """One line in a list of items."""

    title: str
    url: str
    date: str
    summary: str = ""
    image_url: str = ""
    image_alt: str = ""
    validity: str = ""  # label shown only when the document is not in force
    archived_on: str = ""  # "2026-11-21" on a page of the web archive (SITE-23)


@dataclass(frozen=True, slots=True)
class Section:
    """A channel's newest items on the home page."""

    name: str
    url: str
    items: tuple[ListItem, ...]


@dataclass(frozen=True, slots=True)
class HomePage:
    frame: SiteFrame
    lead: tuple[ListItem, ...]  # newest items with a picture, at most five
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class ChannelPage:
    """`index.html` (newest) or a frozen page `<n>.html`, counted from the oldest."""

    frame: SiteFrame
    name: str
    url: str
    breadcrumbs: tuple[Link, ...]  # home first, this channel last
    siblings: tuple[Link, ...]  # channels beside or below this one
    items: tuple[ListItem, ...]
    number: int | None  # None on index.html
    older_url: str
    newer_url: str
    feed_url: str
    column_type: str = ""  # PUB-23 tags; the theme falls back on the channel's name
    description: str = ""
    keywords: tuple[str, ...] = ()
    atom_url: str = ""
    archived_on: str = ""  # the whole channel is in the web archive (SITE-23)


@dataclass(frozen=True, slots=True)
class MetadataRow:
    """One line of a document's metadata panel (PUB-14)."""

    label: str
    value: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class RelationRow:
    """What another document does to this one, or this one to another (LIB-07)."""

    label: str  # such as "Repealed by"
    title: str
    url: str  # "" when the other one isn't public anywhere
    date: str  # from when it holds
    is_mark: bool = False  # it changes the validity of the document shown


@dataclass(frozen=True, slots=True)
class Recording:
    """A video or sound recording that the page plays when the reader starts it (REV-23)."""

    title: str
    url: str
    content_type: str
    is_video: bool
    captions_url: str = ""
    poster_url: str = ""
    transcript: tuple[str, ...] = ()  # paragraphs


@dataclass(frozen=True, slots=True)
class DetailPage:
    """One placed edition (PUB-14)."""

    frame: SiteFrame
    public_id: str
    url: str
    canonical_url: str  # absolute
    title: str
    breadcrumbs: tuple[Link, ...]
    source: str
    author: str
    published_at: str  # server time of publication, "2026-11-21 09:30"
    originally_published_on: str  # imported history only, shown as such
    summary: str
    body_html: str  # clean, from the edition
    qr_svg: str  # inline SVG of the canonical address
    is_document: bool  # documents show the metadata panel and the validity mark
    metadata: tuple[MetadataRow, ...]
    validity: str  # "valid" | "amended" | "repealed" | "lapsed" | ""
    validity_label: str
    attachments: tuple[Link, ...]
    related: tuple[ListItem, ...]
    older: Link | None
    newer: Link | None
    column_type: str = ""  # PUB-23 tag; the theme falls back on the channel's name
    details: tuple[MetadataRow, ...] = ()  # fields of the kind's own (LIB-06)
    portrait: Link | None = None  # picture of a kind that is about one: its description and address
    relations: tuple[RelationRow, ...] = ()
    recordings: tuple[Recording, ...] = ()
    changed_at: str = ""  # release of the edition shown; "" = as published
    schema_type: str = "Article"  # of schema.org
    image_url: str = ""
    archived_on: str = ""  # "2026-11-21" on a page of the web archive (SITE-23)


@dataclass(frozen=True, slots=True)
class CapturedPageView:
    """A page of a former site in the web archive (SITE-23)."""

    frame: SiteFrame
    title: str
    url: str
    canonical_url: str  # absolute
    body_html: str  # clean
    original_address: str
    captured_on: str
    archived_on: str
    breadcrumbs: tuple[Link, ...]  # home first, this page last


@dataclass(frozen=True, slots=True)
class SitemapPage:
    """The site map for people: the whole menu on one page (PUB-13)."""

    frame: SiteFrame


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One result; `Markup` holds escaped text with `<mark>` around the words found."""

    title: Markup
    url: str
    excerpt: Markup
    date: str
    channel: str = ""
    document_number: str = ""
    validity: str = ""  # label shown only when the document is not in force
    archived_on: str = ""


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """One way to narrow the document repository: its values with their numbers of documents."""

    name: str
    label: str
    values: tuple[tuple[Link, str], ...]
    clear_url: str = ""  # where a value is chosen: the same page without it


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Results of one query; `query` is empty before anything was asked."""

    frame: SiteFrame
    query: str
    items: tuple[SearchHit, ...]
    total_text: str  # such as "约 1,200 条结果"
    took_text: str  # such as "用时 0.02 秒"
    notices: tuple[str, ...] = ()  # how the words were understood, such as "only the first 200 characters…"
    pages: tuple[Link, ...] = ()  # numbered result pages, the current one marked
    older_url: str = ""  # next page of results
    newer_url: str = ""  # previous page of results
    is_repository: bool = False  # the document repository: narrowed step by step, words optional (LIB-08)
    filters: tuple["SearchFilter", ...] = ()


@dataclass(frozen=True, slots=True)
class FormOption:
    """One choice of a select or radio field."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a public form; `kind` is a key of the theme's field macros."""

    name: str
    label: str
    kind: str = "text"  # text | textarea | email | tel | url | select | radio
    value: str = ""
    hint: str = ""
    errors: tuple[str, ...] = ()
    is_required: bool = False
    max_length: int | None = None
    autocomplete: str = ""
    options: tuple[FormOption, ...] = ()


@dataclass(frozen=True, slots=True)
class FormPage:
    """The correction or comment form (PUB-13, PUB-14)."""

    frame: SiteFrame
    kind: str  # "correction" | "comment"
    title: str
    intro: str
    action_url: str
    page_url: str  # the page it is about; "" when about the whole site
    page_title: str
    fields: tuple[FormField, ...]
    csrf_token: str
    submission_id: str  # UUID; a second sending of the same form is the same submission
    submit_label: str
    errors: tuple[str, ...] = ()  # errors of no single field


@dataclass(frozen=True, slots=True)
class MessagePage:
    """A page that says one thing: received, not found, out of order."""

    frame: SiteFrame
    title: str
    text: str
    what_to_do: str = ""
    query_code: str = ""  # shown once after a submission
    back_url: str = "/"
