"""Taking an item down everywhere (LIB-16)."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.library.announcements import RESOURCE_WITHDRAWN, ResourceWithdrawn
from jiyue.library.enums import ResourceStatus, WithdrawalReason
from jiyue.library.models import LiveEdition, Resource, Withdrawal
from jiyue.library.permissions import NotYourUnit, can_withdraw
from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.organizations.models import StaffAccount
from jiyue.review.models import CaseItem
from jiyue.review.services import take_case_of


class NotWithdrawable(DomainError):
    code = "not_withdrawable"


@transaction.atomic
def withdraw_resource(
    *, resource: Resource, reason_type: WithdrawalReason, reason: str, actor: StaffAccount
) -> Withdrawal:
    """Remove an item from every site in one action, keeping the trace.

    Pages, list entries, feeds and search hits go with the outbox rows that the
    listeners write in this transaction; they overtake everything else.

    Raises:
        NotYourUnit: Only the unit's leaders may withdraw.
        NotWithdrawable: The item isn't public, or the reason is missing.

    Source: GL 八(二)2; NT 23.
    """
    take_case_of(
        SUBJECT_TYPE, resource.pk
    )  # a planned release of it may be cancelled: the case is locked first
    resource = Resource.objects.select_for_update(of=("self",)).select_related("unit").get(pk=resource.pk)
    if not can_withdraw(actor, resource):
        raise NotYourUnit(
            _("Only a leader of %(unit)s may withdraw this item.") % {"unit": resource.unit.name},
            fix=_("Please ask the leader in charge."),
        )
    reason = storable(reason).strip()
    if not reason:
        raise NotWithdrawable(
            _("The explanation is missing."), fix=_("Write why the item is taken down."), field="reason"
        )
    live = LiveEdition.objects.select_related("edition").filter(resource=resource).first()
    if live is None:
        raise NotWithdrawable(
            _("This item isn't public any more."), fix=_("Reload the page to see its present state.")
        )
    withdrawal = Withdrawal.objects.create(
        resource=resource,
        edition=live.edition,
        reason_type=reason_type,
        reason=reason,
        account=actor,
        person_id=actor.person_id,
        withdrawn_at=clock.now(),
    )
    live.delete()
    if not CaseItem.objects.filter(
        subject_type=SUBJECT_TYPE, subject_key=str(resource.pk), is_open=True
    ).exists():
        Resource.objects.filter(pk=resource.pk).update(status=ResourceStatus.WITHDRAWN)
    audit.record(
        actor=actor.audit_actor(),
        verb="resource.withdrawn",
        subject_type="resource",
        subject_id=resource.pk,
        edition=withdrawal.edition_id,
        reason_type=reason_type,
        reason=reason,
    )
    RESOURCE_WITHDRAWN.announce(ResourceWithdrawn(resource, withdrawal))
    return withdrawal
