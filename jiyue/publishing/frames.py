"""What all pages of a site and of a channel have in common."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from jiyue.core import crypto
from jiyue.organizations.models import Organization
from jiyue.publishing.pages import Link, SiteFrame
from jiyue.publishing.theme import THEMES_DIR, SiteAssets, build_site_assets
from jiyue.publishing.webarchive.selectors import get_archive_days, get_site_day
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
    """A site as its pages show it.

    Attributes:
        digest: Changes whenever any page would look different with the same articles.
    """

    site: Site
    frame: SiteFrame
    assets: SiteAssets
    channels: dict[int, ChannelFrame]
    digest: str


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
    frame = replace(_build_frame(site, assets.version, _menu(channels)), archived_on=get_site_day(site.pk))
    frames = {
        channel.pk: replace(_channel_frame(channel, channels, frame), archived_on=days.of_channel(channel.pk))
        for channel in channels
    }
    state = crypto.canonical_json(
        [asdict(frame), _theme_digest(site.theme), [_channel_state(channel) for channel in channels]]
    )
    return SitePages(site, frame, assets, frames, crypto.sm3_hex(state))


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


def _menu(channels: Sequence[Channel], current: Channel | None = None) -> tuple[Link, ...]:
    marked = {current.pk, current.parent_id} if current else set()

    def link(channel: Channel, children: tuple[Link, ...] = ()) -> Link:
        return Link(channel.name, channel_url(channel), channel.pk in marked, children)

    return tuple(
        link(channel, tuple(link(child) for child in channels if child.parent_id == channel.pk))
        for channel in channels
        if channel.parent_id is None
    )


def _channel_frame(channel: Channel, channels: Sequence[Channel], frame: SiteFrame) -> ChannelFrame:
    children = [other for other in channels if other.parent_id == channel.pk]
    beside = [other for other in channels if other.parent_id == channel.parent_id]
    nearby = children or (beside if channel.parent_id else [])
    return ChannelFrame(
        channel=channel,
        frame=replace(frame, menu=_menu(channels, channel)),
        url=channel_url(channel),
        column_type=channel.get_content_class_display(),
        breadcrumbs=_breadcrumbs(channel, channels),
        siblings=tuple(Link(other.name, channel_url(other), other.pk == channel.pk) for other in nearby),
        child_ids=tuple(child.pk for child in children),
    )


def _breadcrumbs(channel: Channel, channels: Sequence[Channel]) -> tuple[Link, ...]:
    by_id = {other.pk: other for other in channels}
    trail: list[Link] = []
    step: Channel | None = channel
    while step is not None and len(trail) < len(channels):
        trail.append(Link(step.name, channel_url(step), step.pk == channel.pk))
        step = by_id.get(step.parent_id) if step.parent_id else None
    return (Link(_("Home"), "/"), *reversed(trail))
