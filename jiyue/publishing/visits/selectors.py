"""Inclusion and referrals of a site over time."""

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from django.db.models import Sum
from django.utils import timezone

from jiyue.publishing.models import Placement
from jiyue.publishing.visits.enums import SearchEngine
from jiyue.publishing.visits.models import InclusionCount, ReferralCount

SHOWN_MONTHS = 24
SHOWN_DAYS = 90
PERIODS_DAYS = (30, SHOWN_DAYS, 365)  # that a person may choose from
SHOWN_HOSTS = 20


@cache
def read_engine_hosts() -> Mapping[str, SearchEngine]:
    """Search engine by host name, from `engines.toml`."""
    with Path(__file__).with_name("engines.toml").open("rb") as file:
        table = tomllib.load(file)
    return {host: SearchEngine(engine) for engine, hosts in table.items() for host in hosts}


def engine_of(host: str) -> SearchEngine | None:
    """The search engine behind a host name or one below it; None for other websites.

    The longest known name wins: so.toutiao.com is one, toutiao.com is not.
    """
    known = read_engine_hosts()
    parts = host.split(".")
    names = (".".join(parts[place:]) for place in range(len(parts)))
    return next((known[name] for name in names if name in known), None)


def count_published(site_id: int, day: date) -> int:
    """Pages of items that a site shows today and had published by the end of a day, each item once."""
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    live = Placement.objects.filter(site=site_id, is_live=True, placed_at__lt=end)
    return live.values("resource_id").distinct().count()


def list_inclusions(site_id: int) -> list[InclusionCount]:
    """The newest `SHOWN_MONTHS` months of every engine, the newest first."""
    months = InclusionCount.objects.filter(site=site_id).order_by("-month").values("month").distinct()
    wanted = [row["month"] for row in months[:SHOWN_MONTHS]]
    rows = InclusionCount.objects.filter(site=site_id, month__in=wanted)
    return list(rows.select_related("recorded_by__person").order_by("-month", "engine"))


def percent(part: int, whole: int) -> str:
    """A share with one decimal; "" where there is no whole."""
    return f"{100 * part / whole:.1f}" if whole else ""


@dataclass(frozen=True)
class Referrals:
    """Readers sent by other websites in the last days.

    Attributes:
        days: Day with readers from search engines and from all other websites, oldest first.
        engines: Readers by engine, the most first.
        hosts: Readers by host that is no engine, the most first; "" gathers what isn't told apart.
    """

    days: tuple[tuple[date, int, int], ...]
    engines: tuple[tuple[SearchEngine, int], ...]
    hosts: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """All readers that were sent."""
        return self.from_engines + self.from_others

    @property
    def from_engines(self) -> int:
        """Readers that search engines sent."""
        return sum(engines for _day, engines, _others in self.days)

    @property
    def from_others(self) -> int:
        """Readers that other websites sent."""
        return sum(others for _day, _engines, others in self.days)


def get_referrals(site_id: int, until: date, days: int = SHOWN_DAYS) -> Referrals:
    """Add up the referrals of the days up to and including `until`."""
    first = until - timedelta(days=days - 1)
    rows = ReferralCount.objects.filter(site=site_id, day__gte=first, day__lte=until)
    sums = rows.values_list("day", "host").annotate(number=Sum("count"))
    engines: Counter[SearchEngine] = Counter()
    hosts: Counter[str] = Counter()
    by_day: dict[date, list[int]] = {first + timedelta(days=place): [0, 0] for place in range(days)}
    for day, host, number in sums:
        engine = engine_of(host)
        by_day[day][0 if engine else 1] += number
        if engine:
            engines[engine] += number
        else:
            hosts[host] += number
    return Referrals(
        days=tuple((day, engine_sum, other_sum) for day, (engine_sum, other_sum) in by_day.items()),
        engines=tuple(engines.most_common()),
        hosts=tuple(hosts.most_common(SHOWN_HOSTS)),
    )
