"""Opening and deciding cases.

Nobody holds a right to publish: a completed case releases what it pins.
Source: NT 15; NB 4, 14; GL 七(一)4 (REV-01, REV-02, REV-03, REV-32).
"""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, crypto, outbox
from jiyue.core.errors import DomainError
from jiyue.core.models import OutboxPriority
from jiyue.core.text import storable
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import has_role
from jiyue.policy.selectors import value
from jiyue.review.enums import CaseStatus, ReviewVerb, StepStatus
from jiyue.review.models import CaseAuthor, CaseItem, ReviewAction, ReviewCase, ReviewStep
from jiyue.review.reviewable import REVIEWABLES, Pin

RELEASE_TOPIC = "review.release"
MAX_OPINION_CHARS = 5_000  # a limit against abuse; forms may be stricter


class ReviewRefused(DomainError):
    """A decision or submission that the rules don't allow."""

    code = "review_refused"


class AlreadyInReview(ReviewRefused):
    code = "already_in_review"


class AlreadyDecided(ReviewRefused):
    code = "already_decided"


class SelfApprovalForbidden(ReviewRefused):
    code = "self_approval"


class NotTheReviewer(ReviewRefused):
    code = "not_the_reviewer"


class ReasonMissing(ReviewRefused):
    code = "reason_missing"


class OpinionTooLong(ReviewRefused):
    code = "opinion_too_long"


class StateChanged(ReviewRefused):
    code = "state_changed"


def manifest_digest(pins: Sequence[Pin]) -> str:
    """Return the SM3 digest that stands for a whole manifest."""
    return crypto.sm3_hex("".join(pin.digest for pin in pins).encode())


@transaction.atomic
def open_case(
    *,
    subject_type: str,
    pins: Sequence[Pin],
    unit: Organization,
    title: str,
    actor: StaffAccount,
    comment: str,
) -> ReviewCase:
    """Start the passage of pinned items through the unit's route.

    The submitter's level (the first role of the route) is fulfilled by the
    submission itself.

    Raises:
        NotTheReviewer: The actor doesn't hold the route's first role in the unit.
        AlreadyInReview: One of the subjects is in an open case.
        OpinionTooLong: The comment is over `MAX_OPINION_CHARS`.

    Source: NT 15 (REV-01).
    """
    route = value("review.route").items
    if not has_role(actor, StaffRole(route[0]), unit_id=unit.pk):
        raise NotTheReviewer(
            _("Only the %(role)s of %(unit)s may submit this.")
            % {"role": StaffRole(route[0]).label, "unit": unit.name},
            fix=_("Ask an entry clerk of that unit to submit it."),
        )
    comment = _clean_opinion(comment, field="comment")
    now = clock.now()
    case = ReviewCase.objects.create(
        subject_type=subject_type,
        unit=unit,
        title=storable(title)[:300],
        item_count=len(pins),
        manifest_digest=manifest_digest(pins),
        submitter=actor,
        opened_at=now,
    )
    try:
        with transaction.atomic():
            CaseItem.objects.bulk_create(
                CaseItem(
                    case=case,
                    position=position,
                    subject_type=subject_type,
                    subject_key=pin.subject_key,
                    pin=pin.pin,
                    title=pin.title[:300],
                    digest=pin.digest,
                )
                for position, pin in enumerate(pins, start=1)
            )
    except IntegrityError:
        raise AlreadyInReview(
            _("At least one of these items is in review already."),
            fix=_("Reload the list; items in review can't be submitted twice."),
        ) from None
    authors = frozenset({actor.person_id}).union(*(pin.author_ids for pin in pins))
    CaseAuthor.objects.bulk_create(CaseAuthor(case=case, person_id=person) for person in authors)
    steps = [ReviewStep(case=case, level=level, role=role) for level, role in enumerate(route[1:], start=2)]
    steps[0].status, steps[0].opened_at = StepStatus.OPEN, now
    ReviewStep.objects.bulk_create(steps)
    _act(case, None, ReviewVerb.SUBMIT, actor, comment)
    return case


def decision_blocker(step: ReviewStep, actor: StaffAccount) -> ReviewRefused | None:
    """Say why `actor` may not decide `step`, or None. Feeds the button, the API and the test."""
    case = step.case
    if step.status != StepStatus.OPEN:
        return AlreadyDecided(
            _("This step has been decided already."), fix=_("Reload the page to see the decision.")
        )
    if case.authors.filter(person_id=actor.person_id).exists():
        return SelfApprovalForbidden(
            _("You wrote or changed this item yourself, so you can't decide on it."),
            fix=_("Another %(role)s of %(unit)s must decide.")
            % {"role": step.get_role_display(), "unit": case.unit.name},
        )
    if not has_role(actor, StaffRole(step.role), unit_id=case.unit_id):
        return NotTheReviewer(
            _("This step is decided by the %(role)s of %(unit)s.")
            % {"role": step.get_role_display(), "unit": case.unit.name},
            fix=_("Please ask that person to decide."),
        )
    if case.actions.filter(verb=ReviewVerb.APPROVE, person_id=actor.person_id).exists():
        return SelfApprovalForbidden(
            _("You approved this item on an earlier level; each level needs a different person."),
            fix=_("Another %(role)s of %(unit)s must decide.")
            % {"role": step.get_role_display(), "unit": case.unit.name},
        )
    return None


@transaction.atomic
def approve(*, step_id: int, seen_digest: str, actor: StaffAccount, opinion: str = "") -> ReviewCase:
    """Approve one step; the last one releases everything the case pins.

    Args:
        step_id: The step to decide.
        seen_digest: Manifest digest of the state the reviewer looked at.
        actor: The deciding account.
        opinion: What the reviewer adds for the record.

    Raises:
        AlreadyDecided, SelfApprovalForbidden, NotTheReviewer, StateChanged, OpinionTooLong.
        DomainError: The room refuses to release a single item; nothing is decided then.

    Source: NT 15; GL 七(一)4 (REV-01, REV-02).
    """
    opinion = _clean_opinion(opinion)
    step = _take(step_id, seen_digest, actor, StepStatus.APPROVED)
    case = step.case
    _act(case, step, ReviewVerb.APPROVE, actor, opinion)
    following = case.steps.filter(level__gt=step.level).first()
    if following:
        following.status, following.opened_at = StepStatus.OPEN, clock.now()
        following.save(update_fields=["status", "opened_at"])
        return case
    _close(case, CaseStatus.APPROVED)
    if case.is_batch:
        for item_id in case.items.values_list("pk", flat=True):
            outbox.request(RELEASE_TOPIC, item_id, priority=OutboxPriority.BULK)
    else:
        release_item(case.items.get())
    return case


@transaction.atomic
def return_case(*, step_id: int, seen_digest: str, actor: StaffAccount, reason: str) -> ReviewCase:
    """Send a case back to its authors with a reason.

    Raises:
        ReasonMissing, OpinionTooLong, AlreadyDecided, SelfApprovalForbidden, NotTheReviewer, StateChanged.

    Source: NT 14 (REV-32).
    """
    reason = _clean_opinion(reason)
    if not reason:
        raise ReasonMissing(
            _("A reason is missing."),
            fix=_("Write what has to be changed, so that the clerk can do it."),
            field="opinion",
        )
    step = _take(step_id, seen_digest, actor, StepStatus.RETURNED)
    case = step.case
    _act(case, step, ReviewVerb.RETURN, actor, reason)
    _close(case, CaseStatus.RETURNED)
    items = list(case.items.all())
    case.items.update(is_open=False)
    REVIEWABLES.get(case.subject_type).returned(items, case, reason)
    return case


def release_item(item: CaseItem) -> None:
    """Make one item of a completed case official; doing it twice is harmless.

    Raises:
        ReviewRefused: The case isn't complete.
        DomainError: The room refuses to release the item as it is.
    """
    with transaction.atomic():
        case = item.case
        if case.status != CaseStatus.APPROVED:
            raise ReviewRefused(
                _("The review of this item isn't complete."), fix=_("Finish all levels first.")
            )
        taken = CaseItem.objects.filter(pk=item.pk, is_open=True, released_at=None).update(
            released_at=clock.now(), is_open=False
        )
        if taken:
            REVIEWABLES.get(case.subject_type).released(item, case)


@transaction.atomic
def hand_back_item(*, item: CaseItem, refusal: DomainError) -> None:
    """Return one item of a completed batch case that its room refuses to release.

    The rest of the batch goes out; the authors work on this one again.

    Source: NT 14 (REV-32: a returned item carries a reason).
    """
    reason = f"{refusal.message} {refusal.fix}".strip()
    taken = CaseItem.objects.filter(pk=item.pk, is_open=True, released_at=None).update(
        is_open=False, refusal=reason
    )
    if taken:
        REVIEWABLES.get(item.case.subject_type).returned([item], item.case, reason)


def _clean_opinion(text: str, *, field: str = "opinion") -> str:
    text = storable(text).strip()
    if len(text) > MAX_OPINION_CHARS:
        raise OpinionTooLong(
            _("This text has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(text), "limit": MAX_OPINION_CHARS},
            fix=_("Shorten it and send it again; nothing you typed is lost."),
            field=field,
        )
    return text


def _take(step_id: int, seen_digest: str, actor: StaffAccount, status: StepStatus) -> ReviewStep:
    """Decide a step under its row lock: of two at the same moment the second sees the decision."""
    steps = ReviewStep.objects.select_related("case__unit", "case__submitter").select_for_update(of=("self",))
    step = steps.get(pk=step_id)
    blocker = decision_blocker(step, actor)
    if blocker:
        raise blocker
    if seen_digest != step.case.manifest_digest:
        raise StateChanged(
            _("The page you decided on doesn't show the state that is in review."),
            fix=_("Reload the page, read it again and decide then."),
        )
    step.status, step.decided_at = status, clock.now()
    step.save(update_fields=["status", "decided_at"])
    return step


def _close(case: ReviewCase, status: CaseStatus) -> None:
    case.status, case.closed_at = status, clock.now()
    case.save(update_fields=["status", "closed_at"])


def _act(
    case: ReviewCase, step: ReviewStep | None, verb: ReviewVerb, actor: StaffAccount, opinion: str
) -> None:
    ReviewAction.objects.create(
        case=case,
        step=step,
        verb=verb,
        account=actor,
        person_id=actor.person_id,
        opinion=opinion,
        created_at=clock.now(),
    )
    audit.record(
        actor=actor.audit_actor(),
        verb=f"case.{verb}",
        subject_type="case",
        subject_id=case.pk,
        level=step.level if step else 1,
        opinion=opinion,
        manifest_digest=case.manifest_digest,
        item_count=case.item_count,
    )
