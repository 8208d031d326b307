"""What clerks do with items in quarantine: correct and accept, or refuse with a reason (LIB-14)."""

from dataclasses import replace

from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.library.content import ResourceContent
from jiyue.library.enums import AcquisitionMode
from jiyue.library.models import Resource
from jiyue.library.open_intake.enums import ItemState
from jiyue.library.open_intake.models import IntakeItem
from jiyue.library.open_intake.payload import Reading, read_item
from jiyue.library.open_intake.receiving import Door, door_of, store_attachments, take_over
from jiyue.library.open_intake.standards import get_standard
from jiyue.library.permissions import can_edit_in
from jiyue.library.services import create_resource
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_active_roles

MAX_REFUSAL_CHARS = 2_000  # a limit against abuse


class NotDecidable(DomainError):
    """An item in quarantine that can't be decided like this."""

    code = "not_decidable"


def list_items(account: StaffAccount) -> QuerySet[IntakeItem]:
    """Items that came in for the account's units, those in quarantine first, newest first."""
    units = get_active_roles().filter(person=account.person_id).values("unit_id")
    return (
        IntakeItem.objects.filter(unit__in=units)
        .select_related("client", "unit", "resource", "decided_by__person")
        .order_by("-received_at", "-pk")
    )


def reading_of(item: IntakeItem) -> Reading:
    """What was understood of an item, read again from its payload."""
    door = _door(item, item.account)
    return read_item(item.payload, standard=door.standard, kinds=door.kinds)


def _door(item: IntakeItem, actor: StaffAccount) -> Door:
    """The door it came through, with the deciding clerk instead of the keeper."""
    if item.client is not None:
        return replace(door_of(item.client), account=actor)
    return Door(
        unit=item.unit,
        account=actor,
        mode=AcquisitionMode(item.mode),
        standard=get_standard("gl-core"),
        kinds=(),
        channel_names={},
    )


def decision_blockers(item: IntakeItem, actor: StaffAccount) -> list[Promise]:
    """Why the actor can't decide on an item; empty when they can."""
    if not can_edit_in(actor, item.unit_id):
        return [_("Only an entry clerk of the unit decides on its quarantine.")]
    if item.state != ItemState.QUARANTINED:
        return [_("This item has been decided already, or was sent again.")]
    return []


def _take(item: IntakeItem, actor: StaffAccount) -> IntakeItem:
    rows = IntakeItem.objects.select_for_update(of=("self",)).select_related(
        "client__unit", "client__keeper", "unit", "resource", "account"
    )
    item = rows.get(pk=item.pk)
    reasons = decision_blockers(item, actor)
    if reasons:
        raise NotDecidable(" ".join(map(str, reasons)), fix=_("Reload the page to see its present state."))
    return item


@transaction.atomic
def accept_item(*, item: IntakeItem, content: ResourceContent, actor: StaffAccount) -> Resource:
    """Take a corrected item in as a draft, or as a new state of what it became before.

    Args:
        item: The item in quarantine.
        content: As the clerk corrected it; files that came with it are added.
        actor: Entry clerk of the unit.

    Raises:
        NotDecidable: Decided already, sent again, or another unit's.
        MediaRefused, NotYourUnit, ChannelNotOpen, TextTooLong, NotEditable, ModeDisabled: As for any item.

    Source: NB 20-21 (LIB-14); HT 一¶4 (LIB-13): it passes the full review like any other.
    """
    item = _take(item, actor)
    door = _door(item, actor)
    reading = reading_of(item)
    content = content.with_values(
        attachments=(*content.attachments, *store_attachments(reading.attachments, door))
    )
    resource = item.resource
    if resource is not None:
        take_over(content, resource, actor)
    else:
        resource = create_resource(
            unit=item.unit, content=content, actor=actor, acquisition_mode=AcquisitionMode(item.mode)
        )
    _decide(item, ItemState.ACCEPTED, actor, resource=resource)
    return resource


@transaction.atomic
def refuse_item(*, item: IntakeItem, reason: str, actor: StaffAccount) -> IntakeItem:
    """Refuse an item; its sender reads the reason.

    Raises:
        NotDecidable: Decided already, sent again, another unit's, or no reason.

    Source: NB 20-21 (LIB-14).
    """
    item = _take(item, actor)
    reason = storable(reason).strip()
    if not reason or len(reason) > MAX_REFUSAL_CHARS:
        raise NotDecidable(
            _("The reason is missing or longer than %(limit)d characters.") % {"limit": MAX_REFUSAL_CHARS},
            fix=_("Write what the sending system has to change."),
            field="reason",
        )
    return _decide(item, ItemState.REFUSED, actor, refusal=reason)


def _decide(
    item: IntakeItem,
    state: ItemState,
    actor: StaffAccount,
    *,
    resource: Resource | None = None,
    refusal: str = "",
) -> IntakeItem:
    item.state, item.refusal = state, refusal
    item.resource = resource or item.resource
    item.decided_by, item.decided_at = actor, clock.now()
    item.save(update_fields=["state", "refusal", "resource", "decided_by", "decided_at"])
    audit.record(
        actor=actor.audit_actor(),
        verb=f"intake.{state}",
        subject_type="intake_item",
        subject_id=item.pk,
        reason=refusal,
        title=item.title,
        ids=[resource.pk] if resource else [],
    )
    return item
