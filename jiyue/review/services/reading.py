"""Recording which items of a batch a reviewer opened."""

from django.db import transaction

from jiyue.core import audit, clock
from jiyue.organizations.models import StaffAccount
from jiyue.review.models import CaseItem, ItemReading, ReviewStep
from jiyue.review.services.deciding import decision_blocker


@transaction.atomic
def record_item_read(*, step: ReviewStep, item: CaseItem, actor: StaffAccount) -> bool:
    """Record that somebody who may decide a step of a batch opened one of its items.

    Opening it twice, or without being the one who decides, leaves no record.

    Args:
        step: A step of the batch.
        item: The item that was opened.
        actor: Who opened it.

    Returns:
        Whether the reading was recorded now.

    Source: product decision, ADR 8 (REV-01: a batch passes the same review as its items).
    """
    case = step.case
    if not case.is_batch or item.case_id != case.pk or decision_blocker(step, actor):
        return False
    _reading, is_new = ItemReading.objects.get_or_create(
        step=step,
        item=item,
        person_id=actor.person_id,
        defaults={"account": actor, "created_at": clock.now()},
    )
    if is_new:
        audit.record(
            actor=actor.audit_actor(),
            verb="case.item_read",
            subject_type="case",
            subject_id=case.pk,
            level=step.level,
            round=step.round,
            item=item.pk,
            digest=item.digest,
        )
    return is_new
