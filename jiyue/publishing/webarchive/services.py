"""Putting pages into the web archive and taking them out: one person proposes, another one decides.

Somebody who looks after the site proposes, a platform manager who governs it
confirms. Pages stay at their addresses and say 已归档 with the day.

Source: GL 三(二)3 (SITE-23).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import audit, clock, crypto, outbox, two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import OutboxPriority, TwoPersonChange
from jiyue.organizations.models import StaffAccount
from jiyue.publishing import topics
from jiyue.publishing.addresses import list_page_of
from jiyue.publishing.models import Placement, PublishedChannel
from jiyue.publishing.services import refresh_site
from jiyue.publishing.webarchive.enums import ArchiveScope
from jiyue.publishing.webarchive.models import ACTIVE, ArchiveMark
from jiyue.publishing.webarchive.selectors import get_archive_days, get_site_day
from jiyue.sites.keeping import keeper_refusal
from jiyue.sites.models import Channel, Site
from jiyue.sites.selectors import get_site_units, list_governed_sites

ARCHIVE_TOPIC = "publishing.archive"
UNARCHIVE_TOPIC = "publishing.unarchive"
MAX_PAGES = 200  # of one proposal; what is more is a channel
SHOWN_PAGES = 20  # of a proposal, for the person who decides


class ArchiveRefused(DomainError):
    """A decision about the web archive that can't be proposed or carried out."""

    code = "archive_refused"


@dataclass(frozen=True)
class Target:
    """What goes into the archive: a site, one of its channels, or some of its pages."""

    site: Site
    channel: Channel | None = None
    placement_ids: tuple[int, ...] = ()

    @property
    def scope(self) -> ArchiveScope:
        """How much it is."""
        if self.placement_ids:
            return ArchiveScope.PAGES
        return ArchiveScope.CHANNEL if self.channel else ArchiveScope.SITE

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "site": self.site.pk,
            "channel": self.channel.pk if self.channel else None,
            "placements": list(self.placement_ids),
        }

    @classmethod
    def from_change(cls, change: TwoPersonChange) -> "Target":
        """Read the target of a proposal."""
        data = change.payload
        site = Site.objects.get(pk=data["site"])
        channel = Channel.objects.get(pk=data["channel"], site=site) if data["channel"] else None
        return cls(site, channel, tuple(data["placements"]))


def target_refusal(target: Target) -> ArchiveRefused | None:
    """Say why something can't go into the archive now, or None. Feeds form, service and test.

    Source: GL 三(二)3 (SITE-23).
    """
    channels = [target.channel.pk] if target.channel else []
    days = get_archive_days(channel_ids=channels, placement_ids=target.placement_ids)
    if get_site_day(target.site.pk) or days.channels:
        return ArchiveRefused(
            _("This is in the web archive already."), fix=_("Look at the list of the web archive.")
        )
    return _pages_refusal(target, days.placements) if target.placement_ids else None


def _pages_refusal(target: Target, marked: Collection[int]) -> ArchiveRefused | None:
    if len(target.placement_ids) > MAX_PAGES:
        return ArchiveRefused(
            _("These are more than %(limit)d pages.") % {"limit": MAX_PAGES},
            fix=_("Archive the whole channel, or fewer pages at a time."),
            field="addresses",
        )
    live = Placement.objects.filter(site=target.site, is_live=True, pk__in=target.placement_ids)
    if live.count() != len(set(target.placement_ids)):
        return ArchiveRefused(
            _("Some of these pages aren't public on this site any more."),
            fix=_("Take them out of the list."),
            field="addresses",
        )
    if marked:
        return ArchiveRefused(
            _("%(count)d of these pages are in the web archive already.") % {"count": len(marked)},
            fix=_("Take them out of the list."),
            field="addresses",
        )
    return None


def find_pages(site: Site, addresses: Iterable[str]) -> tuple[int, ...]:
    """Live pages of a site by their addresses, with or without the site's own in front.

    Raises:
        ArchiveRefused: An address isn't that of a public page of the site.
    """
    base = site.base_url.rstrip("/")
    paths = list(dict.fromkeys(line.strip().removeprefix(base).lstrip("/") for line in addresses))
    paths = [path for path in paths if path]
    found = dict(
        Placement.objects.filter(site=site, is_live=True, path__in=paths[: MAX_PAGES + 1]).values_list(
            "path", "pk"
        )
    )
    unknown = [path for path in paths[: MAX_PAGES + 1] if path not in found]
    if unknown or not paths:
        named = unknown[0][:100] if unknown else ""
        raise ArchiveRefused(
            _("No public page of this site has the address “%(address)s”.") % {"address": named},
            fix=_("Write one address a line, as the browser shows it."),
            field="addresses",
        )
    return tuple(found[path] for path in paths if path in found)


@transaction.atomic
def propose_archiving(*, target: Target, reason: str, actor: StaffAccount) -> TwoPersonChange:
    """Ask that a site, a channel or pages go into the web archive; a platform manager decides.

    Raises:
        NotSiteKeeper: Others look after the site.
        ArchiveRefused: See `target_refusal`.
        ChangeRefused: See `two_person.propose`.

    Source: GL 三(二)3 (SITE-23).
    """
    if refusal := keeper_refusal(target.site, actor) or target_refusal(target):
        raise refusal
    name = target.channel.name if target.channel else target.site.name
    return two_person.propose(
        topic=ARCHIVE_TOPIC,
        subject_type="web_archive",
        subject_key=crypto.sm3_hex(crypto.canonical_json(target.as_json()))[:32],
        title=_("Web archive: %(scope)s, %(name)s") % {"scope": target.scope.label, "name": name},
        payload=target.as_json() | {"reason": reason.strip()},
        reason=reason,
        actor=actor.audit_actor(),
        unit_id=unit_of(target.site),
    )


@transaction.atomic
def propose_restoring(*, mark: ArchiveMark, reason: str, actor: StaffAccount) -> TwoPersonChange:
    """Ask that what a mark covers be taken out of the archive; a platform manager decides.

    Raises:
        NotSiteKeeper: Others look after the site.
        ArchiveRefused: It has been taken out already.
        ChangeRefused: See `two_person.propose`.
    """
    if refusal := keeper_refusal(mark.site, actor) or restoring_refusal(mark):
        raise refusal
    return two_person.propose(
        topic=UNARCHIVE_TOPIC,
        subject_type="archive_mark",
        subject_key=mark.pk,
        title=_("Out of the web archive: %(name)s") % {"name": name_of(mark)},
        payload={"mark": mark.pk},
        reason=reason,
        actor=actor.audit_actor(),
        unit_id=unit_of(mark.site),
    )


def restoring_refusal(mark: ArchiveMark) -> ArchiveRefused | None:
    """Say why a mark can't be ended, or None. Feeds the button, the service and the test."""
    if mark.ended_on is not None:
        return ArchiveRefused(_("This was taken out of the archive already."), fix=_("Reload the page."))
    return None


def name_of(mark: ArchiveMark) -> str:
    """What a mark covers, in a few words."""
    if mark.placement is not None:
        return mark.placement.shown_title
    return mark.channel.name if mark.channel is not None else mark.site.name


def unit_of(site: Site) -> int | None:
    """Unit that a proposal about a site belongs to: its first sponsor."""
    return next((unit.pk for unit in get_site_units(site.pk).sponsors), None)


def decider_refusal(site_id: int, actor: AuditActor) -> ArchiveRefused | None:
    """Say why somebody may not decide about a site's web archive, or None."""
    account = StaffAccount.objects.filter(pk=actor.account_id or 0).first()
    if account is not None and list_governed_sites(account).filter(pk=site_id).exists():
        return None
    return ArchiveRefused(
        _("Only a platform manager who governs this site decides."), fix=_("Ask a platform manager.")
    )


class ArchiveTopic:
    """Into the web archive."""

    label: Promise = gettext_lazy("Web archive")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Platform managers of the site see and decide it."""
        return decider_refusal(int(change.payload["site"]), actor)

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """Site, channel, pages."""
        target = Target.from_change(change)
        rows = [(_("Site"), "", target.site.name), (_("Scope"), "", str(target.scope.label))]
        if target.channel:
            rows.append((_("Channel"), "", target.channel.name))
        pages = Placement.objects.filter(pk__in=target.placement_ids[:SHOWN_PAGES])
        rows += [(_("Page"), "", f"{page.shown_title} /{page.path}") for page in pages.order_by("pk")]
        if len(target.placement_ids) > SHOWN_PAGES:
            rows.append((_("Pages"), "", str(len(target.placement_ids))))
        return rows

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Mark everything with today's date and have the pages say so.

        Raises:
            ArchiveRefused: It doesn't fit any more.
        """
        target = Target.from_change(change)
        Site.objects.select_for_update(of=("self",)).get(pk=target.site.pk)
        if refusal := target_refusal(target):
            raise refusal
        fixed = {"site": target.site, "archived_on": clock.today(), "reason": change.reason, "change": change}
        marks = [ArchiveMark(**fixed, channel_id=one) for one in _unmarked_channels(target)]
        marks += [ArchiveMark(**fixed, placement_id=one) for one in target.placement_ids]
        ArchiveMark.objects.bulk_create(marks or [ArchiveMark(**fixed)])
        _show(target)
        _record("webarchive.archived", target, change, actor)


class RestoringTopic:
    """Out of the web archive."""

    label: Promise = gettext_lazy("Out of the web archive")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Platform managers of the site see and decide it."""
        site_id = ArchiveMark.objects.values_list("site_id", flat=True).get(pk=change.payload["mark"])
        return decider_refusal(site_id, actor)

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """What was archived, and when."""
        mark = _mark_of(change)
        return [
            (_("Site"), mark.site.name, ""),
            (_("Archived"), name_of(mark), ""),
            (_("Archived on"), mark.archived_on.isoformat(), ""),
        ]

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """End the mark and have the pages lose it.

        Raises:
            ArchiveRefused: It has been taken out already.
        """
        mark = _mark_of(change)
        ended = ArchiveMark.objects.filter(ACTIVE, pk=mark.pk)
        if not ended.update(ended_on=clock.today(), end_change=change):
            raise restoring_refusal(_mark_of(change)) or ArchiveRefused(_("The mark is gone."))
        pages = (mark.placement_id,) if mark.placement_id else ()
        target = Target(mark.site, mark.channel, pages)
        _show(target)
        _record("webarchive.restored", target, change, actor)


def _mark_of(change: TwoPersonChange) -> ArchiveMark:
    rows = ArchiveMark.objects.select_related("site", "channel", "placement__resource")
    return rows.get(pk=change.payload["mark"])


def _unmarked_channels(target: Target) -> list[int]:
    """The channel and all below it that have no mark of their own yet."""
    if target.channel is None:
        return []
    found = list(_with_descendants(target.channel))
    marked = ArchiveMark.objects.filter(ACTIVE, channel__in=found).values_list("channel_id", flat=True)
    return [pk for pk in found if pk not in set(marked)]


def _with_descendants(channel: Channel) -> Iterable[int]:
    level = [channel.pk]
    while level:
        yield from level
        level = list(Channel.objects.filter(parent__in=level).order_by("pk").values_list("pk", flat=True))


def _show(target: Target) -> None:
    """Have every page written again that says something else now; addresses stay."""
    if target.placement_ids:
        for pk in target.placement_ids:
            outbox.request(topics.PLACEMENT, pk, priority=OutboxPriority.URGENT)
        return
    if target.channel is None:
        refresh_site(site_id=target.site.pk)  # a new frame: every page follows
        return
    channels = list(_with_descendants(target.channel))
    for channel_id in channels:
        outbox.request(topics.CHANNEL, channel_id, priority=OutboxPriority.URGENT)
    counters = PublishedChannel.objects.filter(channel__in=channels, last_sequence__gt=0)
    for channel_id, last in counters.values_list("channel_id", "last_sequence"):
        for first in reversed(range(1, list_page_of(last) + 1, topics.STRETCH_PAGES)):
            outbox.request(topics.ARCHIVE, topics.pair(channel_id, first), priority=OutboxPriority.BULK)


def _record(verb: str, target: Target, change: TwoPersonChange, actor: AuditActor) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        subject_type="site",
        subject_id=target.site.pk,
        scope=target.scope.value,
        channel=target.channel.pk if target.channel else None,
        pages=list(target.placement_ids),
        reason=change.reason,
        change=change.pk,
    )
