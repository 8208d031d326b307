"""The added content and secrecy review of reposts from other sources (GL 四(一)5, REV-27)."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.library.catalogue.models import AddedReview
from jiyue.library.models import Resource, ResourceRevision
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_unit_ids

REVIEWING_ROLES = frozenset({StaffRole.REVIEW_LEAD, StaffRole.LEADER_IN_CHARGE, StaffRole.PRINCIPAL_LEADER})
MAX_OPINION_CHARS = 1_000  # as the columns


class AddedReviewRefused(DomainError):
    """Somebody who may not review this item, or an opinion without words."""

    code = "added_review_refused"


def added_review_refusal(resource: Resource, actor: StaffAccount) -> AddedReviewRefused | None:
    """Say why `actor` may not review the item for its other source, or None.

    Source: GL 七(一)4 (nobody reviews his own item); GL 四(一)5.
    """
    if resource.unit_id not in get_unit_ids(actor, REVIEWING_ROLES):
        return AddedReviewRefused(
            _("Only a review lead or a leader of the unit may record this review."),
            fix=_("Ask one of them."),
        )
    if ResourceRevision.objects.filter(resource=resource, person=actor.person_id).exists():
        return AddedReviewRefused(
            _("You wrote on this item, so you can't review it."), fix=_("Ask somebody else.")
        )
    return None


@transaction.atomic
def record_added_review(
    *,
    resource: Resource,
    seen_digest: str,
    is_passed: bool,
    content_opinion: str,
    secrecy_basis: str,
    actor: StaffAccount,
) -> AddedReview:
    """Put the added content and secrecy review of the newest state on record.

    Args:
        resource: The reposted item.
        seen_digest: Digest of the state that was read.
        is_passed: Whether it may be reposted.
        content_opinion: What the content review found.
        secrecy_basis: What the secrecy review rests on.
        actor: The reviewer.

    Raises:
        AddedReviewRefused: Wrong person, an author, words missing, or another state meanwhile.

    Source: GL 四(一)5; GL 二(二)2 (REV-27, REV-14).
    """
    if refusal := added_review_refusal(resource, actor):
        raise refusal
    opinion, basis = storable(content_opinion).strip(), storable(secrecy_basis).strip()
    for name, text in (("content_opinion", opinion), ("secrecy_basis", basis)):
        if not text or len(text) > MAX_OPINION_CHARS:
            raise AddedReviewRefused(
                _("Both opinions are needed, each in at most %(limit)d characters.")
                % {"limit": MAX_OPINION_CHARS},
                fix=_("Write what you looked at and what you found."),
                field=name,
            )
    newest = resource.revisions.order_by("-number").values_list("digest", flat=True).first()
    if newest != seen_digest:
        raise AddedReviewRefused(
            _("The item was changed while you were reading."), fix=_("Reload the page and read it again.")
        )
    review = AddedReview.objects.create(
        resource=resource,
        digest=seen_digest,
        content_opinion=opinion,
        secrecy_basis=basis,
        is_passed=is_passed,
        account=actor,
        person_id=actor.person_id,
        reviewed_at=clock.now(),
    )
    audit.record(
        actor=actor.audit_actor(),
        verb="resource.added_review",
        subject_type="resource",
        subject_id=resource.pk,
        digest=seen_digest,
        passed=is_passed,
        opinion=opinion,
        basis=basis,
    )
    return review
