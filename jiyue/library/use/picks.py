"""Picking items into other channels: one person proposes, the unit's review lead confirms (LIB-10).

A pick is a reference: the channel shows whatever edition of the item is live.
What nobody has reviewed has no live edition, so it can't be picked.
"""

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError, Text
from jiyue.core.text import storable
from jiyue.library.announcements import ResourceWithdrawn
from jiyue.library.models import LiveEdition, Resource
from jiyue.library.selectors import get_live_edition, get_readable_unit_ids
from jiyue.library.use.announcements import PICKS_CHANGED, PicksChanged
from jiyue.library.use.enums import ACTIVE_PICKS, OfferStatus, PickStatus, UseWay
from jiyue.library.use.models import Offer, Pick
from jiyue.library.use.recording import record_use
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_active_roles, has_role
from jiyue.organizations.services import notify
from jiyue.sites.models import Channel
from jiyue.sites.selectors import is_run_for, list_open_channels

MAX_WORDS_CHARS = 2_000  # of a reason or an opinion: a limit against abuse


class PickRefused(DomainError):
    """A pick that the rules don't allow."""

    code = "pick_refused"


def list_pick_channels(unit: Organization) -> list[Channel]:
    """Channels into which the unit's editors may pick: open to the unit, on a site run for it.

    Source: GL 八(二)3 (LIB-10): a column editor picks within his permission.
    """
    channels = list_open_channels([unit.pk])
    runs = {site: is_run_for(site, unit) for site in {channel.site for channel in channels}}
    return [channel for channel in channels if runs[channel.site]]


def list_pickable(account: StaffAccount, channel: Channel) -> QuerySet[LiveEdition]:
    """Public items of readable units, and those offered to the channel; what is shown there is left out."""
    offered = Offer.objects.filter(channel=channel).values("resource_id")
    active = Pick.objects.filter(channel=channel, status__in=ACTIVE_PICKS).values("resource_id")
    readable = Q(resource__unit__in=get_readable_unit_ids(account)) | Q(resource__in=offered)
    return (
        LiveEdition.objects.filter(readable)
        .exclude(resource__in=active)
        .select_related("edition", "resource__unit")
        .order_by("-first_published_at", "-pk")
    )


def pick_blockers(
    *, resource_id: int, channel: Channel, unit: Organization, actor: StaffAccount
) -> list[Promise]:
    """Why the actor can't pick an item into a channel now; empty when it can be picked.

    Source: GL 五(三)2 (LIB-10): items awaiting review can be neither published nor shared.
    """
    if not has_role(actor, StaffRole.ENTRY_CLERK, unit_id=unit.pk):
        return [_("Only an entry clerk of the unit picks items for its channels.")]
    if channel not in list_pick_channels(unit):
        return [_("This channel isn't open to the unit, or its site belongs to another unit.")]
    pickable = list_pickable(actor, channel).filter(resource_id=resource_id).first()
    if pickable is None:
        return [_("This item isn't public, isn't shared with the unit, or was picked already.")]
    if channel.pk in pickable.edition.content.channel_ids:
        return [_("This item stands in the channel already: its own unit placed it there.")]
    return []


@transaction.atomic
def propose_pick(
    *, resource_id: int, channel: Channel, unit: Organization, actor: StaffAccount, reason: str = ""
) -> Pick:
    """Ask the unit's review lead to let an item into one of the unit's channels.

    Raises:
        PickRefused: Not public, not readable, not the unit's channel, or picked already.

    Source: GL 五(三)2; GL 八(二)3; NT 20; NB 14 (LIB-10).
    """
    reason = _words(reason)
    locked = Resource.objects.select_for_update(of=("self",)).filter(pk=resource_id).first()
    reasons = pick_blockers(resource_id=resource_id, channel=channel, unit=unit, actor=actor)
    if reasons or locked is None:
        raise PickRefused(" ".join(map(str, reasons)), fix=_("Choose another item or another channel."))
    try:
        with transaction.atomic():
            pick = Pick.objects.create(
                resource=locked,
                channel=channel,
                unit=unit,
                reason=reason,
                picked_by=actor,
                picked_person_id=actor.person_id,
                picked_at=clock.now(),
            )
    except IntegrityError:
        raise PickRefused(
            _("Somebody picked this item for the channel a moment ago."), fix=_("Reload the page.")
        ) from None
    Offer.objects.filter(resource=locked, channel=channel, status=OfferStatus.OPEN).update(
        status=OfferStatus.PICKED, answered_by=actor, answered_at=clock.now()
    )
    _record(pick, "pick.proposed", actor, reason)
    leads = get_active_roles().filter(unit=unit, role=StaffRole.REVIEW_LEAD)
    notify(
        person_ids=leads.values_list("person_id", flat=True),
        topic="pick.proposed",
        title=gettext("An item is to be shown in %(channel)s: %(title)s")
        % {"channel": channel.name, "title": locked.title},
        key=f"pick.proposed:{pick.pk}",
        body=reason,
        path="/picks/",
    )
    return pick


def decision_blockers(pick: Pick, actor: StaffAccount) -> list[Promise]:
    """Why the actor can't decide on a pick; empty when they can."""
    if pick.status != PickStatus.PROPOSED:
        return [_("This pick has been decided already.")]
    if not has_role(actor, StaffRole.REVIEW_LEAD, unit_id=pick.unit_id):
        return [_("Only a review lead of the picking unit decides.")]
    if pick.picked_person_id == actor.person_id:
        return [_("You picked this item yourself; another person must decide.")]
    return []


@transaction.atomic
def confirm_pick(*, pick: Pick, actor: StaffAccount, opinion: str = "") -> Pick:
    """Let the item into the channel; publishing places it in this transaction.

    Raises:
        PickRefused: Decided already, not the unit's review lead, the same person, not public any
            more, or the channel isn't open to the unit any more.

    Source: GL 八(二)3 (LIB-10).
    """
    pick = _take(pick, actor)
    edition = get_live_edition(pick.resource_id)
    if edition is None:
        raise PickRefused(
            _("This item isn't public any more."), fix=_("Refuse the pick, or wait for its correction.")
        )
    if pick.channel not in list_pick_channels(pick.unit):
        raise PickRefused(_("The channel isn't open to the unit any more."), fix=_("Refuse the pick."))
    _decide(pick, PickStatus.CONFIRMED, actor, _words(opinion))
    record_use(
        resource_id=pick.resource_id,
        edition_id=edition.pk,
        way=UseWay.PICKED,
        channel=pick.channel,
        unit=pick.unit,
        account=actor,
    )
    _record(pick, "pick.confirmed", actor, pick.opinion)
    PICKS_CHANGED.announce(PicksChanged(pick.resource_id))
    return pick


@transaction.atomic
def refuse_pick(*, pick: Pick, actor: StaffAccount, opinion: str) -> Pick:
    """Keep the item out of the channel, with a reason.

    Raises:
        PickRefused: Decided already, not the unit's review lead, the same person, or no reason.
    """
    pick = _take(pick, actor)
    _decide(pick, PickStatus.REFUSED, actor, _words(opinion, is_needed=True))
    _record(pick, "pick.refused", actor, pick.opinion)
    return pick


def ending_blockers(pick: Pick, actor: StaffAccount) -> list[Promise]:
    """Why the actor can't take a pick out; empty when they can."""
    if pick.status not in ACTIVE_PICKS:
        return [_("This item isn't picked any more.")]
    roles = (StaffRole.ENTRY_CLERK, StaffRole.REVIEW_LEAD)
    if not any(has_role(actor, role, unit_id=pick.unit_id) for role in roles):
        return [_("Only entry clerks and review leads of the picking unit take it out.")]
    return []


@transaction.atomic
def end_pick(*, pick: Pick, actor: StaffAccount, reason: str) -> Pick:
    """Take a picked item out of the channel, or take a proposal back.

    Raises:
        PickRefused: Ended already, another unit's, or no reason.
    """
    pick = _locked(pick)
    _refuse(ending_blockers(pick, actor))
    was_shown = pick.status == PickStatus.CONFIRMED
    pick.status = PickStatus.ENDED if was_shown else PickStatus.TAKEN_BACK
    pick.ended_by, pick.ended_at = actor, clock.now()
    pick.end_reason = _words(reason, is_needed=True)
    pick.save()
    _record(pick, "pick.ended", actor, pick.end_reason)
    if was_shown:
        record_use(
            resource_id=pick.resource_id,
            edition_id=None,
            way=UseWay.UNPICKED,
            channel=pick.channel,
            unit=pick.unit,
            account=actor,
        )
        PICKS_CHANGED.announce(PicksChanged(pick.resource_id))
    return pick


def end_withdrawn(fact: ResourceWithdrawn) -> None:
    """A withdrawn item leaves every picked channel for good: should it come back, columns decide anew.

    Source: GL 八(二)2; NT 23 (LIB-16).
    """
    now = clock.now()
    picks = Pick.objects.filter(resource=fact.resource, status__in=ACTIVE_PICKS)
    ended = list(picks.values_list("pk", flat=True))
    Pick.objects.filter(pk__in=ended).update(
        status=PickStatus.ENDED,
        ended_by=fact.withdrawal.account,
        ended_at=now,
        end_reason=gettext("The item was withdrawn by its own unit."),
    )
    Offer.objects.filter(resource=fact.resource).exclude(status=OfferStatus.ENDED).update(
        status=OfferStatus.ENDED, answered_at=now
    )
    audit.record_many(
        actor=audit.PLATFORM,
        verb="pick.ended",
        facts=[audit.Fact("pick", pk, {"reason": "withdrawn"}) for pk in ended],
    )


def get_picked_channel_ids(resource_id: int) -> frozenset[int]:
    """Channels into which the item was picked and confirmed: publishing shows it there too."""
    picks = Pick.objects.filter(resource_id=resource_id, status=PickStatus.CONFIRMED)
    return frozenset(picks.values_list("channel_id", flat=True))


def list_picks(account: StaffAccount) -> QuerySet[Pick]:
    """Picks of the account's units, newest first."""
    units = get_active_roles().filter(person=account.person_id).values("unit_id")
    return (
        Pick.objects.filter(unit__in=units)
        .select_related("resource__unit", "channel__site", "unit", "picked_by__person", "decided_by__person")
        .order_by("-picked_at", "-pk")
    )


def _locked(pick: Pick) -> Pick:
    rows = Pick.objects.select_for_update(of=("self",)).select_related("channel__site", "unit")
    return rows.get(pk=pick.pk)


def _take(pick: Pick, actor: StaffAccount) -> Pick:
    Resource.objects.select_for_update(of=("self",)).get(pk=pick.resource_id)
    pick = _locked(pick)
    _refuse(decision_blockers(pick, actor))
    return pick


def _refuse(reasons: list[Promise]) -> None:
    if reasons:
        raise PickRefused(" ".join(map(str, reasons)), fix=_("Reload the page to see its present state."))


def _decide(pick: Pick, status: PickStatus, actor: StaffAccount, opinion: str) -> None:
    pick.status, pick.opinion = status, opinion
    pick.decided_by, pick.decided_person_id, pick.decided_at = actor, actor.person_id, clock.now()
    pick.save()


def _words(text: str, *, is_needed: bool = False) -> str:
    text = storable(text).strip()
    if is_needed and not text:
        raise PickRefused(_("A reason is missing."), fix=_("Write why."), field="reason")
    if len(text) > MAX_WORDS_CHARS:
        message: Text = _("This text has %(length)d characters; at most %(limit)d are possible.") % {
            "length": len(text),
            "limit": MAX_WORDS_CHARS,
        }
        raise PickRefused(
            message, fix=_("Shorten it and send it again; nothing you typed is lost."), field="reason"
        )
    return text


def _record(pick: Pick, verb: str, actor: StaffAccount, reason: str) -> None:
    audit.record(
        actor=actor.audit_actor(),
        verb=verb,
        subject_type="pick",
        subject_id=pick.pk,
        resource=pick.resource_id,
        channel=pick.channel_id,
        unit=pick.unit_id,
        reason=reason,
    )
