"""Items that fit several columns are offered to them at release (LIB-10).

A column says what it is about: subject categories (a category or the beginning
of its path) and keywords. An item fits when its subject category lies under one
of them, or when a keyword is among its own or stands in its title. The words
that fit are kept with the offer, so that everybody sees why.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.text import storable
from jiyue.library.announcements import EditionReleased
from jiyue.library.content import ResourceContent
from jiyue.library.use.enums import ACTIVE_PICKS, OfferStatus
from jiyue.library.use.models import ChannelTopics, Offer, Pick
from jiyue.library.use.picks import PickRefused, list_pick_channels
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import has_role
from jiyue.sites.models import Channel

MAX_TERMS = 50  # of one column: a limit against abuse
MAX_TERM_CHARS = 100
_SEPARATORS = ("\\", "/")


def find_matches(topics: ChannelTopics, content: ResourceContent) -> list[str]:
    """Terms of a column that fit an item, subjects first."""
    subject = content.subject_category
    subjects = [
        term
        for term in topics.subjects
        if subject == term or any(subject.startswith(term + separator) for separator in _SEPARATORS)
    ]
    keywords = [term for term in topics.keywords if term in content.keywords or term in content.title]
    return subjects + keywords


def offer_edition(fact: EditionReleased) -> None:
    """Offer a released item to the columns it fits, in the releasing transaction.

    Columns in which it stands or was picked, and those that answered before, aren't asked.

    Source: GL 五(三)2; GL 八(二)3 (LIB-10).
    """
    edition, content = fact.edition, fact.edition.content
    asked = Offer.objects.filter(resource=edition.resource_id).exclude(status=OfferStatus.ENDED)
    picked = Pick.objects.filter(resource=edition.resource_id, status__in=ACTIVE_PICKS)
    columns = (
        ChannelTopics.objects.exclude(channel__in=content.channel_ids)
        .exclude(channel__in=asked.values("channel_id"))
        .exclude(channel__in=picked.values("channel_id"))
    )
    found = {topics.channel_id: find_matches(topics, content) for topics in columns}
    now = clock.now()
    for channel_id, matches in found.items():
        if matches:
            Offer.objects.update_or_create(
                resource_id=edition.resource_id,
                channel_id=channel_id,
                defaults={
                    "edition": edition,
                    "matches": matches,
                    "status": OfferStatus.OPEN,
                    "offered_at": now,
                    "answered_by": None,
                    "answered_at": None,
                },
            )


def list_offers(unit: Organization) -> QuerySet[Offer]:
    """Open offers to the channels into which the unit may pick, newest first."""
    return (
        Offer.objects.filter(
            channel__in=[channel.pk for channel in list_pick_channels(unit)],
            status=OfferStatus.OPEN,
            resource__live__isnull=False,
        )
        .select_related("resource__live__edition", "resource__unit", "channel__site")
        .order_by("-offered_at", "-pk")
    )


@transaction.atomic
def decline_offer(*, offer: Offer, unit: Organization, actor: StaffAccount) -> None:
    """Answer that an item isn't wanted in a column; it can still be picked later.

    Raises:
        PickRefused: Not an entry clerk of the unit, not its channel, or answered already.
    """
    _require_column_editor(offer.channel, unit, actor)
    changed = Offer.objects.filter(pk=offer.pk, status=OfferStatus.OPEN).update(
        status=OfferStatus.DECLINED, answered_by=actor, answered_at=clock.now()
    )
    if not changed:
        raise PickRefused(_("This offer has been answered already."), fix=_("Reload the page."))
    audit.record(
        actor=actor.audit_actor(),
        verb="offer.declined",
        subject_type="resource",
        subject_id=offer.resource_id,
        channel=offer.channel_id,
    )


@transaction.atomic
def set_topics(
    *,
    channel: Channel,
    unit: Organization,
    subjects: Sequence[str],
    keywords: Sequence[str],
    actor: StaffAccount,
) -> ChannelTopics:
    """Say what a column is about; what is released from now on is offered by it.

    Raises:
        PickRefused: Not an entry clerk of the unit, not its channel, or too many terms.

    Source: GL 八(二)3 (LIB-10).
    """
    _require_column_editor(channel, unit, actor)
    values = {"subjects": _terms(subjects), "keywords": _terms(keywords)}
    topics, _is_new = ChannelTopics.objects.update_or_create(
        channel=channel, defaults={**values, "set_by": actor, "set_at": clock.now()}
    )
    audit.record(
        actor=actor.audit_actor(),
        verb="channel.topics_set",
        subject_type="channel",
        subject_id=channel.pk,
        **values,
    )
    return topics


def _terms(terms: Sequence[str]) -> list[str]:
    cleaned = list(dict.fromkeys(text for term in terms if (text := storable(term).strip())))
    if len(cleaned) > MAX_TERMS or any(len(term) > MAX_TERM_CHARS for term in cleaned):
        raise PickRefused(
            _("At most %(count)d terms of at most %(limit)d characters are possible.")
            % {"count": MAX_TERMS, "limit": MAX_TERM_CHARS},
            fix=_("Shorten the list; one term a line."),
        )
    return cleaned


def _require_column_editor(channel: Channel, unit: Organization, actor: StaffAccount) -> None:
    if not has_role(actor, StaffRole.ENTRY_CLERK, unit_id=unit.pk) or channel not in list_pick_channels(unit):
        raise PickRefused(
            _("Only an entry clerk of the unit that runs the site does this for its channels."),
            fix=_("Choose one of your own channels."),
        )
