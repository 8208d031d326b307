"""The stylesheet that turns a site grey: one file at one address, whatever the size of the site."""

from functools import lru_cache

from jiyue.core import outbox
from jiyue.core.models import OutboxPriority
from jiyue.publishing import topics
from jiyue.publishing.models import PublishedSite
from jiyue.publishing.theme import THEMES_DIR
from jiyue.sites.models import Site
from jiyue.sites.mourning import get_next_change, is_in_mourning

MOURNING_PATH = "mourning.css"
NEUTRAL = b"/* Empty but for days of mourning. */\n"


@lru_cache
def _grey(theme: str) -> bytes:
    return (THEMES_DIR / theme / MOURNING_PATH).read_bytes()


def mourning_stylesheet(site: Site) -> bytes:
    """The stylesheet as it is now."""
    return _grey(site.theme) if is_in_mourning(site.pk) else NEUTRAL


def follow_mourning(site_id: int) -> None:
    """Have the stylesheet written now and at the next change, in the caller's transaction."""
    if PublishedSite.objects.filter(site=site_id).exists():
        outbox.request(topics.MOURNING, site_id, priority=OutboxPriority.URGENT)


def await_next_change(site_id: int) -> None:
    """Ask for the stylesheet at the moment when it changes next, in the caller's transaction."""
    moment = get_next_change(site_id)
    if moment is not None:
        outbox.request(topics.MOURNING, site_id, priority=OutboxPriority.URGENT, not_before=moment)
