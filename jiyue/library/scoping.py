"""What review may know about items: their sort, their sites, and the text its rules look into."""

from collections.abc import Sequence

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
    """The scope of one case over the given states; the first one decides on the sort."""
    channel_ids = {channel for content in contents for channel in content.channel_ids}
    sites = list(Site.objects.filter(channels__in=channel_ids).distinct())
    return Scope(
        sort=sort_of(contents[0]),
        site_keys=frozenset(site.key for site in sites),
        is_for_other_units=any(not is_run_for(site, unit) for site in sites),
        is_for_portal=any(site.site_type == SiteType.PORTAL for site in sites),
        text="\n".join(f"{content.title}\n{html_to_text(content.body_html)}" for content in contents),
        categories=frozenset(content.subject_category for content in contents) - {""},
    )
