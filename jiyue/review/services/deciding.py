"""Deciding steps, and making official what a completed case pins."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock, outbox
from jiyue.core.acts import one_act
from jiyue.core.errors import DomainError
from jiyue.core.models import OutboxPriority
from jiyue.organizations.models import StaffAccount
from jiyue.review.announcements import (
    CASE_CLOSED,
    STEP_CLOSED,
    STEP_OPENED,
    CaseClosed,
    StepClosed,
    StepOpened,
)
from jiyue.review.authority import Barred, Warrant, find_warrant, read_barred
from jiyue.review.enums import CaseForm, CaseStatus, ReviewVerb, SecrecyResult, StepStatus
from jiyue.review.models import CaseItem, ReviewCase, ReviewStep
from jiyue.review.release_moments import is_held_for_later, release_case
from jiyue.review.reviewable import REVIEWABLES
from jiyue.review.sampling import get_reading
from jiyue.review.services.acting import OFFICE_WARRANT, act, close, lock_case
from jiyue.review.services.refusals import (
    AlreadyDecided,
    CaseHeld,
    ChecksMissing,
    NotTheReviewer,
    ReasonMissing,
    ReviewRefused,
    SelfApprovalForbidden,
    StateChanged,
    clean_opinion,
)
from jiyue.review.submission import Checks

RELEASE_TOPIC = "review.release"


def decision_blocker(step: ReviewStep, actor: StaffAccount) -> ReviewRefused | None:
    """Say why `actor` may not decide `step`, or None. Feeds the button, the API and the test."""
    return judge(step, actor).refusal


@dataclass(frozen=True)
class Judgement:
    """Whether somebody may decide a step.

    Attributes:
        refusal: Why not, or None.
        warrant: By what they may.
        barred: Persons who may not decide it.
    """

    refusal: ReviewRefused | None
    warrant: Warrant
    barred: frozenset[int] = frozenset()

    def barred_behind(self, actor: StaffAccount) -> frozenset[int]:
        """Who may not decide the next level, once `actor` has approved this one."""
        signed_for = self.warrant.on_behalf_of
        return self.barred | {actor.person_id} | ({signed_for.pk} if signed_for else frozenset())


def judge(step: ReviewStep, actor: StaffAccount) -> Judgement:
    """Whether `actor` may decide `step`, and by what."""
    if step.status != StepStatus.OPEN:
        refusal = AlreadyDecided(
            _("This step has been decided already."), fix=_("Reload the page to see the decision.")
        )
        return Judgement(refusal, OFFICE_WARRANT)
    barred = read_barred(step.case)
    warrant = find_warrant(actor, step, barred.all)
    return Judgement(_refusal(step, actor, barred, warrant), warrant or OFFICE_WARRANT, barred.all)


def _refusal(
    step: ReviewStep, actor: StaffAccount, barred: Barred, warrant: Warrant | None
) -> ReviewRefused | None:
    another = _("Another %(role)s of %(unit)s must decide.") % {
        "role": step.get_role_display(),
        "unit": step.unit.name,
    }
    if actor.person_id in barred.authors:
        return SelfApprovalForbidden(
            _("You wrote or changed this item yourself, so you can't decide on it."), fix=another
        )
    if warrant is None and find_warrant(actor, step) is None:
        return NotTheReviewer(
            _("This step is decided by the %(role)s of %(unit)s.")
            % {"role": step.get_role_display(), "unit": step.unit.name},
            fix=_("Please ask that person to decide."),
        )
    if actor.person_id in barred.approvers:
        return SelfApprovalForbidden(
            _("You approved this item on an earlier level; each level needs a different person."),
            fix=another,
        )
    if warrant is None:
        return SelfApprovalForbidden(
            _("Whoever you stand in for wrote this item or approved it already; so you can't decide either."),
            fix=another,
        )
    return None


def approval_blocker(step: ReviewStep) -> ReviewRefused | None:
    """Say why nobody can approve the step now, whoever it is; returning stays possible.

    Source: CQ (三), (十九) (REV-15, REV-16).
    """
    case = step.case
    referral = max(case.referrals.all(), key=lambda row: row.pk, default=None)
    if referral and referral.answered_at is None:
        return CaseHeld(
            _("The case is held: it waits for the answer of %(body)s.") % {"body": referral.referred_to},
            fix=_("Record the answer when it arrives, or return the item."),
        )
    if referral and not referral.may_be_public:
        return CaseHeld(
            _("%(body)s decided that this must not be public.") % {"body": referral.referred_to},
            fix=_("Return the item with this decision as the reason."),
        )
    if case.is_sensitive and not case.steps.filter(round=case.round, level__gt=step.level).exists():
        assessment = case.risk_assessments.filter(round=case.round).order_by("-pk").first()
        if assessment is None or not assessment.may_be_released:
            return CaseHeld(
                _("Sensitive information needs a risk assessment that allows the release."),
                fix=_("Record the risk assessment with the units that were asked, or return the item."),
            )
    return None


@one_act()
def approve(
    *, step_id: int, seen_digest: str, actor: StaffAccount, opinion: str = "", checks: Checks | None = None
) -> ReviewCase:
    """Approve one step; the last one releases everything the case pins.

    Args:
        step_id: The step to decide.
        seen_digest: Manifest digest of the state the reviewer looked at.
        actor: The deciding account.
        opinion: What the reviewer adds for the record.
        checks: Gates and secrecy opinion that the reviewer signs.

    Raises:
        AlreadyDecided, SelfApprovalForbidden, NotTheReviewer, StateChanged, OpinionTooLong.
        ChecksMissing: A gate isn't signed, the secrecy review is missing or doesn't allow it, or items
            of a batch drawn for the spot check weren't opened.
        CaseHeld: The case waits for an answer or for a risk assessment.
        DomainError: The room refuses to release a single item; nothing is decided then.

    Source: NT 15, 17; GL 七(一)4; GL 二(二)2 (REV-01, REV-02, REV-13, REV-14).
    """
    checks = checks or Checks()
    opinion = clean_opinion(opinion)
    step, judgement, following = _take(step_id, seen_digest, actor)
    blocker = approval_blocker(step)
    if blocker:
        raise blocker
    require_checks(step, checks)
    readings = require_sample(step, actor)
    case = step.case
    _decide(step, StepStatus.APPROVED)
    act(
        case,
        ReviewVerb.APPROVE,
        actor,
        opinion=opinion,
        step=step,
        warrant=judgement.warrant,
        record={**checks.as_json(), **readings},
    )
    STEP_CLOSED.announce(StepClosed(step, actor))
    if following:
        following.case = case
        following.status, following.opened_at = StepStatus.OPEN, clock.now()
        following.save(update_fields=["status", "opened_at"])
        STEP_OPENED.announce(StepOpened(following, barred=judgement.barred_behind(actor)))
        return case
    close(case, CaseStatus.APPROVED)
    CASE_CLOSED.announce(CaseClosed(case, actor))
    _release(case)
    return case


def _release(case: ReviewCase) -> None:
    """Single and joint items go out in this transaction; those of a batch one by one behind it.

    A case with a moment of its own goes out then.
    """
    if is_held_for_later(case):
        return
    if case.form == CaseForm.BATCH:
        for item_id in case.items.values_list("pk", flat=True):
            outbox.request(RELEASE_TOPIC, item_id, priority=OutboxPriority.BULK)
        return
    release_case(case)


def require_checks(step: ReviewStep, checks: Checks) -> None:
    """Refuse an approval whose checklist or secrecy review is incomplete.

    Raises:
        ChecksMissing: Names what is missing.

    Source: NT 17 (REV-13); GL 二(二)2, HT 一¶4, NB 15, CQ (三) (REV-14).
    """
    unsigned = [gate for gate in step.gates if gate not in checks.gates]
    if unsigned:
        raise ChecksMissing(
            _("%(count)d gates of the checklist aren't signed.") % {"count": len(unsigned)},
            fix=_("Tick each gate that the item passes, or return the item."),
            field="gates",
        )
    if not step.needs_secrecy_review:
        return
    secrecy = checks.secrecy
    if secrecy is None or not secrecy.basis.strip():
        raise ChecksMissing(
            _("The secrecy review is missing: its result and its basis."),
            fix=_("State the result and on what it rests."),
            field="secrecy_basis",
        )
    if secrecy.result != SecrecyResult.PUBLIC:
        raise ChecksMissing(
            _("By the secrecy review this can't be approved."),
            fix=_("Refer the case to the competent body, or return the item."),
            field="secrecy_result",
        )


def require_sample(step: ReviewStep, actor: StaffAccount) -> dict[str, list[int]]:
    """Refuse the approval of a batch whose spot check isn't finished; return it for the record.

    Raises:
        ChecksMissing: Items of the sample weren't opened.

    Source: product decision, ADR 8.
    """
    if not step.case.is_batch:
        return {}
    sample = get_reading(step, actor)
    if sample.unread:
        raise ChecksMissing(
            _("%(unread)d of the %(size)d items drawn for the spot check haven't been opened.")
            % {"unread": len(sample.unread), "size": len(sample.items)},
            fix=_("Open the items marked for the spot check, read them and decide then."),
            field="sample",
        )
    return {"sample": [item.pk for item in sample.items], "read_items": sorted(sample.read_ids)}


@one_act()
def return_case(
    *, step_id: int, seen_digest: str, actor: StaffAccount, reason: str, checks: Checks | None = None
) -> ReviewCase:
    """Send a case back to its authors with a reason.

    Raises:
        ReasonMissing, OpinionTooLong, AlreadyDecided, SelfApprovalForbidden, NotTheReviewer, StateChanged.

    Source: NT 14 (REV-32).
    """
    reason = clean_opinion(reason)
    if not reason:
        raise ReasonMissing(
            _("A reason is missing."),
            fix=_("Write what has to be changed, so that the clerk can do it."),
            field="opinion",
        )
    step, judgement, _following = _take(step_id, seen_digest, actor)
    case = step.case
    _decide(step, StepStatus.RETURNED)
    act(
        case,
        ReviewVerb.RETURN,
        actor,
        opinion=reason,
        step=step,
        warrant=judgement.warrant,
        record=(checks or Checks()).as_json(),
    )
    STEP_CLOSED.announce(StepClosed(step, actor))
    close(case, CaseStatus.RETURNED)
    CASE_CLOSED.announce(CaseClosed(case, actor))
    items = list(case.items.all())
    case.items.update(is_open=False)
    REVIEWABLES.get(case.subject_type).returned(items, case, reason)
    return case


def release_item(item: CaseItem, *, moment: datetime | None = None) -> None:
    """Make one item of a completed case official; doing it twice is harmless.

    Args:
        item: The item.
        moment: The server's time at which its case goes out, the same for all its items.

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
        item.released_at = moment or clock.now()
        taken = CaseItem.objects.filter(pk=item.pk, is_open=True, released_at=None).update(
            released_at=item.released_at, is_open=False
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


def _take(
    step_id: int, seen_digest: str, actor: StaffAccount
) -> tuple[ReviewStep, Judgement, ReviewStep | None]:
    """Lock the case of a step that `actor` may decide: of two at once the second sees the decision.

    Returns:
        The step, the judgement about it, and the step behind it.
    """
    case = lock_case(steps=step_id)
    steps = list(case.steps.select_related("unit"))
    step = next(one for one in steps if one.pk == step_id)
    step.case = case
    behind = (one for one in steps if one.round == case.round and one.level > step.level)
    judgement = judge(step, actor)
    if judgement.refusal:
        raise judgement.refusal
    if seen_digest != step.case.manifest_digest:
        raise StateChanged(
            _("The page you decided on doesn't show the state that is in review."),
            fix=_("Reload the page, read it again and decide then."),
        )
    return step, judgement, next(behind, None)


def _decide(step: ReviewStep, status: StepStatus) -> None:
    step.status, step.decided_at = status, clock.now()
    step.save(update_fields=["status", "decided_at"])
