"""Adding up where readers come from, and entering how many pages search engines know.

Source: CQ (十一) (PUB-20).
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.visits.enums import SearchEngine
from jiyue.publishing.visits.models import InclusionCount, ReferralCount
from jiyue.publishing.visits.selectors import count_published
from jiyue.sites.keeping import keeper_refusal
from jiyue.sites.models import Site

MAX_HOSTS_A_DAY = 500  # per site; a flood of made-up names can't fill the table
OTHER_HOSTS = ""
MAX_PAGES = 100_000_000  # of one site in one index: a limit against slips of the keyboard
MAX_SOURCE_CHARS = 200  # as the field

_HOST = re.compile(r"(?=.{1,253}\Z)(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+\Z")


@transaction.atomic
def add_referrals(site_key: str, day: date, counts: Mapping[str, int]) -> None:
    """Add sums of readers by the host that sent them; joins the caller's transaction.

    Called twice it counts twice: whoever delivers the sums remembers which
    delivery it was (see `interaction.models.CountedSubmission`).

    Args:
        site_key: The site that was read.
        day: Asia/Shanghai.
        counts: Readers by host name. Names that can't be hosts, and those above
            `MAX_HOSTS_A_DAY` of a day, are added up under one row without a name.

    Raises:
        Site.DoesNotExist: There is no such site.

    Source: CQ (十一) (PUB-20).
    """
    site = Site.objects.get(key=site_key)
    sums: Counter[str] = Counter()
    for host, number in counts.items():
        if number > 0:
            sums[_clean_host(host)] += number
    known = set(ReferralCount.objects.filter(site=site, day=day).values_list("host", flat=True))
    room = max(0, MAX_HOSTS_A_DAY - len(known))
    new = [host for host, _number in sums.most_common() if host and host not in known]
    for host in new[room:]:
        sums[OTHER_HOSTS] += sums.pop(host)
    ReferralCount.objects.bulk_create(
        [ReferralCount(site=site, day=day, host=host) for host in sorted(sums)], ignore_conflicts=True
    )
    for host, number in sorted(sums.items()):
        ReferralCount.objects.filter(site=site, day=day, host=host).update(count=F("count") + number)


def _clean_host(host: str) -> str:
    host = host.strip().lower().rstrip(".")
    return host.removeprefix("www.") if _HOST.match(host) else OTHER_HOSTS


class InclusionRefused(DomainError):
    """A figure of a search engine that can't be entered."""

    code = "inclusion_refused"


@dataclass(frozen=True)
class InclusionEntry:
    """How many pages of a site a search engine had in its index.

    Attributes:
        engine: Which one.
        counted_on: Day on which somebody looked; its month is the one it counts for.
        indexed_pages: Pages in the index.
        source: Where the figure is from, such as the engine's tools for site owners.
    """

    engine: SearchEngine
    counted_on: date
    indexed_pages: int
    source: str


def entry_refusal(entry: InclusionEntry) -> InclusionRefused | None:
    """Say why a figure can't be entered, or None. Feeds the form, the import, the service and the test."""
    if entry.counted_on > clock.today():
        return InclusionRefused(
            _("The day of counting lies in the future."), fix=_("Correct the day."), field="counted_on"
        )
    if not 0 <= entry.indexed_pages <= MAX_PAGES:
        return InclusionRefused(
            _("The number of pages must be 0 to %(limit)s.") % {"limit": f"{MAX_PAGES:,}"},
            fix=_("Correct the number."),
            field="indexed_pages",
        )
    if not entry.source.strip() or len(entry.source) > MAX_SOURCE_CHARS:
        return InclusionRefused(
            _("The source is missing or longer than %(limit)d characters.") % {"limit": MAX_SOURCE_CHARS},
            fix=_("Say in a few words where the figure is from."),
            field="source",
        )
    return None


@transaction.atomic
def record_inclusion(*, site: Site, entry: InclusionEntry, actor: StaffAccount) -> InclusionCount:
    """Enter a figure; one of the same month and engine is replaced, and the trail keeps both.

    Raises:
        NotSiteKeeper: Others look after the site.
        InclusionRefused: See `entry_refusal`.

    Source: CQ (十一) (PUB-20).
    """
    if refusal := keeper_refusal(site, actor) or entry_refusal(entry):
        raise refusal
    Site.objects.select_for_update(of=("self",)).get(pk=site.pk)
    month = entry.counted_on.replace(day=1)
    same = InclusionCount.objects.filter(site=site, engine=entry.engine, month=month)
    before = same.values_list("indexed_pages", flat=True).first()
    row, _is_new = InclusionCount.objects.update_or_create(
        site=site,
        engine=entry.engine,
        month=month,
        defaults={
            "indexed_pages": entry.indexed_pages,
            "published_pages": count_published(site.pk, entry.counted_on),
            "counted_on": entry.counted_on,
            "source": storable(entry.source).strip(),
            "recorded_by": actor,
            "recorded_at": clock.now(),
        },
    )
    audit.record(
        actor=actor.audit_actor(),
        verb="inclusion.recorded",
        subject_type="site",
        subject_id=site.pk,
        engine=entry.engine.value,
        month=row.month.isoformat()[:7],
        before=before,
        after=entry.indexed_pages,
        source=row.source,
    )
    return row
