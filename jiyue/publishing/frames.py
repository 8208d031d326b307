"""What all pages of a site and of a channel have in common."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from urllib.parse import urlsplit

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.core import crypto
from jiyue.organizations.models import Organization
from jiyue.publishing.pages import Link, SiteFrame
from jiyue.publishing.theme import THEMES_DIR, SiteAssets, build_site_assets
from jiyue.publishing.webarchive.selectors import ArchiveDays, get_archive_days, get_site_day
from jiyue.sites.models import Channel, Site
from jiyue.sites.selectors import get_site_units, list_channels, list_sites

LANGUAGE = "zh-hans"  # pages are written in it whatever the process speaks
HTML_LANGUAGE = "zh-Hans"
VERSION_CHARS = 12


@dataclass(frozen=True)
class ChannelFrame:
    """What all pages of one channel share."""

    channel: Channel
    frame: SiteFrame  # with the channel marked in the menu
    url: str
    column_type: str
    breadcrumbs: tuple[Link, ...]
    siblings: tuple[Link, ...]
    child_ids: tuple[int, ...]
    archived_on: str = ""  # "2026-11-21" on a channel of the web archive


@dataclass(frozen=True)
class SitePages:
    """A site as its pages show it."""

    site: Site
    frame: SiteFrame
    assets: SiteAssets
    channels: "ChannelFrames"

    @cached_property
    def digest(self) -> str:
        """Changes whenever any page would look different with the same articles."""
        channels = [_channel_state(channel) for channel in self.channels.listed]
        return crypto.sm3_hex(
            crypto.canonical_json([asdict(self.frame), _theme_digest(self.site.theme), channels])
        )


def load_site_pages(site_id: int) -> SitePages:
    """Read a site, its units and channels as they are now.

    Raises:
        Site.DoesNotExist: There is no such site.
        DomainError: The theme is unknown or the accent colour can't be read on white.
    """
    site = list_sites().get(pk=site_id)
    channels = list(list_channels(site))
    assets = _build_assets(site.accent, site.theme, site.logo_svg, site.badge_svg)
    days = get_archive_days(channel_ids=[channel.pk for channel in channels])
    tree = _Tree(channels)
    frame = replace(_build_frame(site, assets.version, tree.menu), archived_on=get_site_day(site.pk))
    return SitePages(site, frame, assets, ChannelFrames(tree, frame, days))


def _channel_state(channel: Channel) -> list[object]:
    return [channel.pk, channel.parent_id, channel.path, channel.name, channel.home_position]


@lru_cache
def _theme_digest(theme: str) -> str:
    """Digest of a theme's templates: a new release of the theme is a new look."""
    digest = hashlib.sha256()
    for path in sorted((THEMES_DIR / theme / "templates").rglob("*.html")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=256)
def _build_assets(accent: str, theme: str, logo_svg: str, badge_svg: str) -> SiteAssets:
    """The theme's files and the site's own marks, under one version."""
    themed = build_site_assets(accent, theme=theme)
    files = dict(themed.files)
    for name, svg in (("logo.svg", logo_svg), ("badge.svg", badge_svg)):
        if svg:
            files[name] = svg.encode()
    marks = f"{themed.version} {logo_svg} {badge_svg}".encode()
    return SiteAssets(version=crypto.sm3_hex(marks)[:VERSION_CHARS], files=files)


def _build_frame(site: Site, version: str, menu: tuple[Link, ...]) -> SiteFrame:
    assets_url, units = f"/assets/{version}", get_site_units(site.pk)
    return SiteFrame(
        name=site.name,
        base_url=site.base_url.rstrip("/"),
        primary_domain=urlsplit(site.base_url).hostname or site.host,
        logo_url=f"{assets_url}/logo.svg" if site.logo_svg else "",
        accent=site.accent,
        language=HTML_LANGUAGE,
        menu=menu,
        sponsor=_names(units.sponsors),
        operator=_names(units.operators),
        contact=site.contact,
        identity_code=site.identity_code,
        icp_filing=site.icp_filing,
        psb_filing=site.psb_filing,
        official_badge_url=f"{assets_url}/badge.svg" if site.badge_svg else "",
        technical_supporter=site.technical_supporter,
        assets_url=assets_url,
        sitemap_url="/sitemap.html",
    )


def _names(units: Sequence[Organization]) -> str:
    """Names of units as one text: a site may have several sponsors (CQ 页脚)."""
    return _(", ").join(unit.name for unit in units)


def channel_url(channel: Channel) -> str:
    """Address of a channel's newest list page."""
    return f"/{channel.path}/"


class _Tree:
    """The channels of a site as its menu shows them."""

    def __init__(self, channels: Sequence[Channel]):
        self.by_id = {channel.pk: channel for channel in channels}
        self.below: dict[int | None, list[Channel]] = defaultdict(list)
        for channel in channels:
            self.below[channel.parent_id].append(channel)
        self._tops = self.below[None]
        self.menu = tuple(self._branch(top, frozenset()) for top in self._tops)

    def way_to(self, channel: Channel) -> list[Channel]:
        """The channel and those above it, the nearest first."""
        way: list[Channel] = []
        step: Channel | None = channel
        while step is not None and len(way) < len(self.by_id):
            way.append(step)
            step = self.by_id.get(step.parent_id) if step.parent_id else None
        return way

    def menu_of(self, channel: Channel) -> tuple[Link, ...]:
        """The menu with the channel and the one above it marked; other branches are shared."""
        marked = frozenset({channel.pk, channel.parent_id})
        own = self.way_to(channel)[-1]
        return tuple(
            self._branch(top, marked) if top is own else link
            for top, link in zip(self._tops, self.menu, strict=True)
        )

    def _branch(self, top: Channel, marked: frozenset[int | None]) -> Link:
        children = tuple(
            Link(child.name, channel_url(child), child.pk in marked) for child in self.below.get(top.pk, ())
        )
        return Link(top.name, channel_url(top), top.pk in marked, children)


class ChannelFrames(Mapping[int, ChannelFrame]):
    """The frames of a site's channels, each built when it is asked for: most steps need one of hundreds."""

    def __init__(self, tree: _Tree, frame: SiteFrame, days: ArchiveDays):
        self._tree = tree
        self._frame = frame
        self._days = days
        self._built: dict[int, ChannelFrame] = {}

    @property
    def listed(self) -> Collection[Channel]:
        """The channels themselves, in the order of the menu."""
        return self._tree.by_id.values()

    def __getitem__(self, channel_id: int) -> ChannelFrame:
        found = self._built.get(channel_id)
        if found is None:
            found = self._built[channel_id] = self._build(self._tree.by_id[channel_id])
        return found

    def __iter__(self) -> Iterator[int]:
        return iter(self._tree.by_id)

    def __len__(self) -> int:
        return len(self._tree.by_id)

    def _build(self, channel: Channel) -> ChannelFrame:
        children = self._tree.below.get(channel.pk, [])
        beside = self._tree.below.get(channel.parent_id, [])
        nearby = children or (beside if channel.parent_id else [])
        return ChannelFrame(
            channel=channel,
            frame=replace(self._frame, menu=self._tree.menu_of(channel)),
            url=channel_url(channel),
            column_type=channel.get_content_class_display(),
            breadcrumbs=_breadcrumbs(channel, self._tree),
            siblings=tuple(Link(other.name, channel_url(other), other.pk == channel.pk) for other in nearby),
            child_ids=tuple(child.pk for child in children),
            archived_on=self._days.of_channel(channel.pk),
        )


def _breadcrumbs(channel: Channel, tree: _Tree) -> tuple[Link, ...]:
    trail = [Link(step.name, channel_url(step), step.pk == channel.pk) for step in tree.way_to(channel)]
    return (Link(_("Home"), "/"), *reversed(trail))
