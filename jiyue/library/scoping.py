"""What review may know about items: their sort, their sites, and the text its rules look into."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from jiyue.library.content import ResourceContent
from jiyue.library.kinds import KINDS
from jiyue.library.richtext import html_to_text
from jiyue.organizations.models import Organization
from jiyue.review.enums import SortOfContent
from jiyue.review.submission import Scope
from jiyue.sites.enums import SiteType
from jiyue.sites.models import Site
from jiyue.sites.selectors import is_run_for


def sort_of(content: ResourceContent) -> SortOfContent:
    """What an item is about: as the clerk says, otherwise as its kind says."""
    return SortOfContent(content.sort) if content.sort else KINDS.get(content.kind).sort


def scope_of(contents: Sequence[ResourceContent], unit: Organization) -> Scope:
    """The scope of one case over the given states.

    A government document among them decides on the sort, otherwise the first
    one does: so a document is never taken for what accompanies it (REV-10).
    """
    channel_ids = {channel for content in contents for channel in content.channel_ids}
    sites = list(Site.objects.filter(channels__in=channel_ids).distinct())
    sorts = [sort_of(content) for content in contents]
    document = SortOfContent.GOVERNMENT_DOCUMENT
    return replace(
        _target(sites, unit),
        sort=document if document in sorts else sorts[0],
        text="\n".join(text_of(content) for content in contents),
        categories=frozenset(content.subject_category for content in contents) - {""},
    )


def targets_of(contents: Sequence[ResourceContent], unit: Organization) -> list[Scope]:
    """The scope of each state by itself, as far as routes ask: sort and sites, without text."""
    channel_ids = {channel for content in contents for channel in content.channel_ids}
    site_of = dict(Site.objects.filter(channels__in=channel_ids).values_list("channels__pk", "pk"))
    sites = {site.pk: site for site in Site.objects.filter(pk__in=set(site_of.values()))}
    targets: dict[frozenset[int], Scope] = {}
    found = []
    for content in contents:
        ids = frozenset(site_of[channel] for channel in content.channel_ids if channel in site_of)
        if ids not in targets:
            targets[ids] = _target([sites[pk] for pk in ids], unit)
        found.append(replace(targets[ids], sort=sort_of(content)))
    return found


def _target(sites: Iterable[Site], unit: Organization) -> Scope:
    sites = list(sites)
    return Scope(
        site_keys=frozenset(site.key for site in sites),
        is_for_other_units=any(not is_run_for(site, unit) for site in sites),
        is_for_portal=any(site.site_type == SiteType.PORTAL for site in sites),
    )


def text_of(content: ResourceContent) -> str:
    """Everything an item shows in words: what makes it major information may stand anywhere (REV-04)."""
    files = [text for file in content.attachments for text in (file.title, file.transcript)]
    return "\n".join(
        [
            content.title,
            content.summary,
            html_to_text(content.body_html),
            content.picture_caption,
            *content.keywords,
            *content.details.values(),
            *files,
        ]
    )
