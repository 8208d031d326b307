"""Taking a case back, and changing what it pins while it is in review."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.text import storable
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import has_role
from jiyue.review.announcements import (
    CASE_CLOSED,
    STEP_CLOSED,
    STEP_OPENED,
    CaseClosed,
    StepClosed,
    StepOpened,
)
from jiyue.review.authority import is_on_duty
from jiyue.review.enums import CaseForm, CaseStatus, ReviewVerb, StepStatus
from jiyue.review.models import CaseAuthor, CaseItem, ReviewCase, ReviewStep
from jiyue.review.reviewable import REVIEWABLES, Pin
from jiyue.review.services.acting import act, close, repeat_steps, take_case
from jiyue.review.services.opening import BY_HAND, digest_of, route_of
from jiyue.review.services.refusals import (
    NotRecallable,
    NotTheReviewer,
    ReasonMissing,
    RouteChanged,
    clean_opinion,
)
from jiyue.review.submission import Handling, Scope


def recall_blocker(case: ReviewCase, actor: StaffAccount) -> NotRecallable | None:
    """Say why `actor` can't take the case back, or None."""
    if case.status != CaseStatus.OPEN:
        return NotRecallable(
            _("This case is closed, so it can't be taken back."),
            fix=_("Reload the page to see how it ended."),
        )
    if case.referrals.filter(answered_at=None).exists():
        return NotRecallable(
            _("The case is held until an answer is on record; it can't be taken back before."),
            fix=_("Wait for the answer, or ask the reviewer to return the item."),
        )
    is_allowed = may_submit(actor, case) and case.authors.filter(person_id=actor.person_id).exists()
    if not is_allowed:
        return NotRecallable(
            _("Only those who wrote or submitted the item and enter items for %(unit)s may take it back.")
            % {"unit": case.unit.name},
            fix=_("As a reviewer, return it with a reason."),
        )
    return None


def may_submit(actor: StaffAccount, case: ReviewCase) -> bool:
    """Whether the account could submit the case today: by the submitter's role, or on duty if urgent."""
    role = StaffRole(case.route_json["submitter_role"])
    return has_role(actor, role, unit_id=case.unit_id) or (
        case.is_urgent and is_on_duty(actor, role, case.unit)
    )


@transaction.atomic
def recall_case(*, case_id: int, actor: StaffAccount, reason: str) -> ReviewCase:
    """Take a case back before it is decided to the end; the items can be edited again.

    Raises:
        NotRecallable: The case is closed, or the actor isn't one of its authors.
        ReasonMissing, OpinionTooLong.

    Source: NT 14 (REV-03); product decision.
    """
    reason = clean_opinion(reason, field="reason")
    if not reason:
        raise ReasonMissing(
            _("A reason is missing."), fix=_("Write why you take the item back."), field="reason"
        )
    case, step = _take_open(case_id)
    blocker = recall_blocker(case, actor)
    if blocker:
        raise blocker
    _drop(step, actor)
    act(case, ReviewVerb.RECALL, actor, opinion=reason, step=step)
    close(case, CaseStatus.RECALLED)
    CASE_CLOSED.announce(CaseClosed(case, actor))
    items = list(case.items.all())
    case.items.update(is_open=False)
    REVIEWABLES.get(case.subject_type).returned(items, case, reason)
    return case


@transaction.atomic
def revise_case(
    *, item_id: int, pin: Pin, actor: StaffAccount, before: Scope, after: Scope, note: str = ""
) -> ReviewCase:
    """Replace a pinned state while its case is open; all approvals are void and the route starts again.

    Whoever changed the text is an author from now on and decides on nothing in
    this case. Route, offices and checklist stay those the case was opened with; a
    change by which the item would take another route is a matter for a new case.

    Args:
        item_id: The item of the case whose state changed.
        pin: The new state.
        actor: Who changed it.
        before: Scope of everything the case pinned so far.
        after: The same with the new state.
        note: Why, for the reviewers.

    Raises:
        NotRecallable: The case is closed, or a batch.
        RouteChanged: The new state is of another sort, or asks for other approvers or papers.
        NotTheReviewer: The actor doesn't enter items for the unit.
        OpinionTooLong: The note is too long.

    Source: GL 七(一)4; NT 15-16 (REV-01, REV-02, REV-05: what was approved is what goes out).
    """
    note = clean_opinion(note, field="note")
    case, step = _take_open(CaseItem.objects.values_list("case_id", flat=True).get(pk=item_id))
    if case.form == CaseForm.BATCH:
        raise NotRecallable(
            _("Items of a batch can't be changed while the batch is in review."),
            fix=_("Take the batch back, or ask the reviewer to return it."),
        )
    if not may_submit(actor, case):
        raise NotTheReviewer(
            _("Only those who enter items for %(unit)s change what is in review.") % {"unit": case.unit.name},
            fix=_("As a reviewer, return it with a reason."),
        )
    reasons = _require_same_route(case, before, after)
    item = case.items.get(pk=item_id)
    changed = {"item": item.pk, "from_pin": item.pin, "from_digest": item.digest, "to_pin": pin.pin}
    item.pin, item.digest, item.title = pin.pin, pin.digest, storable(pin.title)[:300]
    item.save(update_fields=["pin", "digest", "title"])
    people = pin.author_ids | {actor.person_id}
    known = set(case.authors.values_list("person_id", flat=True))
    CaseAuthor.objects.bulk_create(
        CaseAuthor(case=case, person_id=person) for person in sorted(people - known)
    )
    steps = _next_round(case, step, actor)
    digests = case.items.order_by("position").values_list("digest", flat=True)
    case.manifest_digest = digest_of(digests)
    case.title = item.title if case.form == CaseForm.SINGLE else case.title
    case.major_reasons = list(dict.fromkeys([*case.major_reasons, *reasons]))
    case.is_major = bool(case.major_reasons)
    case.save(update_fields=["round", "manifest_digest", "title", "major_reasons", "is_major"])
    act(case, ReviewVerb.REVISE, actor, opinion=note, record=changed)
    STEP_OPENED.announce(StepOpened(steps[0]))
    return case


def _require_same_route(case: ReviewCase, before: Scope, after: Scope) -> list[str]:
    """Refuse a change that leads to other approvers; return why the new state is major information.

    Both are asked as of today: a route that was set while the case waits concerns later cases only.
    """
    handling = Handling(is_major=BY_HAND in case.major_reasons)
    route, _reasons = route_of(case.unit, before, handling)
    wanted, reasons = route_of(case.unit, after, handling)
    if wanted == route and after.sort == before.sort:
        return reasons
    raise RouteChanged(
        _("With this change the item has to take another way through the review than the one it is on."),
        fix=_("Take the item back, change it and submit it again; nothing you typed is lost."),
    )


def _next_round(case: ReviewCase, step: ReviewStep, actor: StaffAccount) -> list[ReviewStep]:
    """Void the present round and lay the same levels out again."""
    _drop(step, actor)
    earlier = list(case.steps.filter(round=case.round).select_related("unit"))
    case.steps.filter(round=case.round).update(status=StepStatus.VOIDED)
    case.round += 1
    return repeat_steps(case, earlier)


def _take_open(case_id: int) -> tuple[ReviewCase, ReviewStep]:
    case, step = take_case(case_id)
    if step is None or case.status != CaseStatus.OPEN:
        raise NotRecallable(_("This case is closed already."), fix=_("Reload the page to see how it ended."))
    return case, step


def _drop(step: ReviewStep, actor: StaffAccount) -> None:
    step.status, step.decided_at = StepStatus.VOIDED, clock.now()
    step.save(update_fields=["status", "decided_at"])
    STEP_CLOSED.announce(StepClosed(step, actor))
