"""Adding up where readers come from.

Source: CQ (十一) (PUB-20).
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.db.models import F

from jiyue.publishing.visits.models import ReferralCount
from jiyue.sites.models import Site

MAX_HOSTS_A_DAY = 500  # per site; a flood of made-up names can't fill the table
OTHER_HOSTS = ""

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
