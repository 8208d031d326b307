"""What the record of use says: counts, items nobody uses, columns fed by others, suggestions (LIB-11).

The suggestions are plain rules over counts; every threshold is a policy value,
so that a place can say what "much" means there.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.library.models import LiveEdition, Resource
from jiyue.library.use.enums import PickStatus, UseWay
from jiyue.library.use.models import ChannelTopics, Pick, UseRecord
from jiyue.organizations.models import Organization
from jiyue.policy.selectors import Rules, read_rules
from jiyue.sites.models import Channel
from jiyue.sites.selectors import list_open_channels

TOP_ROWS = 20  # of each list
_SHOWN = (UseWay.PLACED, UseWay.PICKED)


@dataclass(frozen=True)
class Suggestion:
    """One thing worth considering.

    Attributes:
        text: What, with the figures behind it.
        channel: The column it is about, if any.
    """

    text: Promise | str
    channel: Channel | None = None


@dataclass(frozen=True)
class ChannelUse:
    """How a column was filled in the period."""

    channel: Channel
    placed: int
    picked: int

    @property
    def picked_percent(self) -> int:
        """Share of picked items, in percent."""
        total = self.placed + self.picked
        return self.picked * 100 // total if total else 0


@dataclass(frozen=True)
class Analysis:
    """Use of one unit's library, and of its columns, in the period the policy names."""

    unit: Organization
    since: datetime
    ways: Sequence[tuple[str, int]]
    items: Sequence[tuple[Resource, int]]
    users: Sequence[tuple[Organization, int]]
    channels: Sequence[ChannelUse]
    unused: Sequence[Resource]
    unused_count: int
    topics: Sequence[tuple[str, int]]
    suggestions: Sequence[Suggestion]


def analyse(unit: Organization) -> Analysis:
    """Look at the use of a unit's items and columns.

    Source: GL 八(二)3 (LIB-11).
    """
    rules = read_rules(unit)
    since = clock.now() - timedelta(days=int(rules.value("library.use_period").term.average_days))
    uses = UseRecord.objects.filter(resource__unit=unit, used_at__gte=since)
    unused = _list_unused(unit, since)
    channels = _channel_uses(unit, since)
    topics = _picked_topics(since)
    return Analysis(
        unit=unit,
        since=since,
        ways=_count_ways(uses),
        items=_most_used(uses),
        users=_users(uses, unit),
        channels=channels,
        unused=list(unused[:TOP_ROWS]),
        unused_count=unused.count(),
        topics=topics,
        suggestions=_suggest(channels, topics, unused.count(), rules),
    )


def _count_ways(uses: QuerySet[UseRecord]) -> list[tuple[str, int]]:
    found = dict(uses.values_list("way").annotate(number=Count("pk")))
    return [(str(way.label), found.get(way.value, 0)) for way in UseWay]


def _most_used(uses: QuerySet[UseRecord]) -> list[tuple[Resource, int]]:
    rows = uses.exclude(way=UseWay.UNPICKED).values_list("resource_id").annotate(number=Count("pk"))
    top = list(rows.order_by("-number", "resource_id")[:TOP_ROWS])
    resources = Resource.objects.in_bulk([pk for pk, _number in top])
    return [(resources[pk], number) for pk, number in top]


def _users(uses: QuerySet[UseRecord], unit: Organization) -> list[tuple[Organization, int]]:
    rows = uses.filter(unit__isnull=False).exclude(unit=unit).values_list("unit_id")
    top = list(rows.annotate(number=Count("pk")).order_by("-number", "unit_id")[:TOP_ROWS])
    units = Organization.objects.in_bulk([pk for pk, _number in top])
    return [(units[pk], number) for pk, number in top]


def _channel_uses(unit: Organization, since: datetime) -> list[ChannelUse]:
    channels = list(list_open_channels([unit.pk]))
    rows = UseRecord.objects.filter(channel__in=channels, used_at__gte=since, way__in=_SHOWN)
    counts = {
        (channel_id, way): number
        for channel_id, way, number in rows.values_list("channel_id", "way").annotate(number=Count("pk"))
    }
    return [
        ChannelUse(
            channel, counts.get((channel.pk, UseWay.PLACED), 0), counts.get((channel.pk, UseWay.PICKED), 0)
        )
        for channel in channels
    ]


def _list_unused(unit: Organization, since: datetime) -> QuerySet[Resource]:
    """Public items older than the period that nobody but their own columns used in it."""
    used = UseRecord.objects.filter(used_at__gte=since).exclude(way=UseWay.PLACED).values("resource_id")
    live = LiveEdition.objects.filter(first_published_at__lt=since).values("resource_id")
    return Resource.objects.filter(unit=unit, pk__in=live).exclude(pk__in=used).order_by("pk")


def _picked_topics(since: datetime) -> list[tuple[str, int]]:
    """Subject categories and keywords of what was picked, the most wanted first."""
    picks = Pick.objects.filter(status=PickStatus.CONFIRMED, decided_at__gte=since)
    wanted: Counter[str] = Counter()
    lives = LiveEdition.objects.filter(resource__in=picks.values("resource_id")).select_related("edition")
    for live in lives.iterator(chunk_size=200):
        content = live.edition.content
        wanted.update({content.subject_category, *content.keywords} - {""})
    return wanted.most_common(TOP_ROWS)


def _suggest(
    channels: Sequence[ChannelUse], topics: Sequence[tuple[str, int]], unused: int, rules: Rules
) -> list[Suggestion]:
    share = rules.value("library.fed_by_others").number
    popular = rules.value("library.popular_picks").number
    found = []
    for use in channels:
        if not use.placed and not use.picked:
            found.append(
                Suggestion(
                    _("Nothing new stood in this column: fill it, merge it with another one or close it."),
                    use.channel,
                )
            )
        elif use.picked_percent >= share:
            found.append(
                Suggestion(
                    _("%(share)d %% of what is new here was picked from others: agree on a joint column.")
                    % {"share": use.picked_percent},
                    use.channel,
                )
            )
    covered = {term for each in ChannelTopics.objects.all() for term in (*each.subjects, *each.keywords)}
    for topic, number in topics:
        if number >= popular and topic not in covered:
            found.append(
                Suggestion(
                    _("“%(topic)s” was picked %(number)d times, but no column is about it: think of a topic.")
                    % {"topic": topic, "number": number}
                )
            )
    if unused:
        found.append(
            Suggestion(
                _("%(number)d public items weren't used by anybody else: look whether they can be archived.")
                % {"number": unused}
            )
        )
    return found
