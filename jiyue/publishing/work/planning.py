"""Release at the second: an approved case goes out at its moment, all its items in one transaction.

The moment is planned with the submission, so the reviewers see it. It never
replaces the review: a case that isn't fully approved at its moment goes out with
its last approval. The publication time is the server's, as always (REV-29).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, outbox, steady_clock
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.library.announcements import ResourceWithdrawn
from jiyue.library.permissions import WITHDRAWING_ROLES, can_edit_in
from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_unit_ids
from jiyue.organizations.services.notices import notify
from jiyue.publishing.work.enums import PlanState
from jiyue.publishing.work.models import PlannedRelease
from jiyue.review.announcements import CaseClosed
from jiyue.review.enums import CaseStatus, StepStatus
from jiyue.review.models import CaseItem, ReviewCase
from jiyue.review.release_moments import release_case
from jiyue.review.services import ReviewRefused, hand_back_item
from jiyue.review.services.acting import lock_case

RELEASE_TOPIC = "release.planned"  # case id
NOTICE_TOPIC = "release.planned"
MAX_TOGETHER = 200  # items released in one transaction: about a second
MAX_DAYS_AHEAD = 366
UNSTEADY_WAIT_SECONDS = 5
REASON_CHARS = 500  # column width


class PlanRefused(DomainError):
    """A release can't be planned, moved or cancelled like this."""

    code = "plan_refused"


def planning_refusal(case: ReviewCase, actor: StaffAccount) -> PlanRefused | None:
    """Say why `actor` can't plan, move or cancel the moment of a case now, or None.

    Until the first approval it is the unit's clerks and leaders; afterwards the
    reviewers have approved with this moment, and only the leaders change it.
    """
    if case.subject_type != SUBJECT_TYPE or case.status not in (CaseStatus.OPEN, CaseStatus.APPROVED):
        return PlanRefused(_("This case is over."), fix=_("Load the page again."))
    if case.status == CaseStatus.APPROVED and not _active(case.pk).exists():
        return PlanRefused(
            _("This case has gone out already."), fix=_("Withdraw the item if it must not be public.")
        )
    if case.unit_id in get_unit_ids(actor, WITHDRAWING_ROLES):
        return None
    steps = case.steps.all()
    is_begun = any(step.round == case.round and step.status == StepStatus.APPROVED for step in steps)
    if not can_edit_in(actor, case.unit_id) or is_begun or case.status != CaseStatus.OPEN:
        return PlanRefused(
            _("The moment of release is changed by a leader of %(unit)s.") % {"unit": case.unit.name},
            fix=_("Please ask the leader in charge."),
        )
    return None


@transaction.atomic
def plan_release(
    *, case_id: int, release_at: datetime, actor: StaffAccount, reason: str = ""
) -> PlannedRelease:
    """Plan the second at which a case goes out, or move it; the same moment again changes nothing.

    Args:
        case_id: The case, in review or approved and waiting for its moment.
        release_at: To the second, in the future.
        actor: The clerk who submits; a leader of the unit afterwards.
        reason: Why it is moved; needed when a moment was planned before.

    Raises:
        PlanRefused: Nothing is changed.

    Source: HT 附件(单项否决7) (REV-29: the time shown stays the server's); product decision.
    """
    case = _take(case_id, actor)
    now, release_at = clock.now(), release_at.replace(microsecond=0)
    reason = storable(reason).strip()[:REASON_CHARS]
    if not now < release_at <= now + timedelta(days=MAX_DAYS_AHEAD):
        raise PlanRefused(
            _("The moment of release must be in the future, and within a year."),
            fix=_("Choose a later moment, or leave it empty: then the item goes out with the last approval."),
            field="release_at",
        )
    if case.item_count > MAX_TOGETHER:
        raise PlanRefused(
            _("At most %(limit)d items go out together at one moment.") % {"limit": MAX_TOGETHER},
            fix=_("Submit fewer items, or leave the moment empty: then they go out one after the other."),
            field="release_at",
        )
    before = PlannedRelease.objects.filter(case=case).first()
    planned = before if before is not None and before.state == PlanState.PLANNED else None
    if planned is not None and planned.release_at == release_at:
        return planned
    if planned is not None and not reason:
        raise PlanRefused(
            _("The reason for this change is missing."),
            fix=_("Write why the moment is changed."),
            field="reason",
        )
    plan, _is_new = PlannedRelease.objects.update_or_create(
        case=case,
        defaults={
            "release_at": release_at,
            "state": PlanState.PLANNED,
            "planned_by": actor,
            "planned_at": now,
            "ended_at": None,
            "note": "",
        },
    )
    _record(
        plan,
        "release.moved" if before else "release.planned",
        actor.audit_actor(),
        release_at=release_at.isoformat(),
        before=before.release_at.isoformat() if before else None,
        reason=reason,
    )
    if case.status == CaseStatus.APPROVED:
        _ask(plan)
    return plan


@transaction.atomic
def cancel_release(*, case_id: int, reason: str, actor: StaffAccount) -> PlannedRelease:
    """Take a planned moment back.

    A case in review then goes out with its last approval. One that is approved
    already goes back to its authors with the reason: nothing becomes public.

    Raises:
        PlanRefused: Nothing is planned, the reason is missing, or the actor may not.
    """
    case = _take(case_id, actor)
    plan = _active(case.pk).select_for_update().first()
    reason = storable(reason).strip()[:REASON_CHARS]
    if plan is None:
        raise PlanRefused(_("No release is planned for this case."), fix=_("Load the page again."))
    if not reason:
        raise PlanRefused(
            _("The reason for this change is missing."),
            fix=_("Write why the release is cancelled."),
            field="reason",
        )
    _cancel(plan, reason, actor.audit_actor())
    if case.status == CaseStatus.APPROVED:
        _hand_back(case, PlanRefused(_("The planned release was cancelled."), fix=reason))
    return plan


def hold_for_plan(case: ReviewCase) -> bool:
    """Whether a completed case waits for its moment; asked by review in the last approval's transaction."""
    plan = _active(case.pk).first()
    if plan is None:
        return False
    _ask(plan)
    return True


@outbox.handles(RELEASE_TOPIC)
def release_planned(keys: Sequence[str]) -> None:
    """Release the cases whose moment has come; the others wait on."""
    for key in keys:
        if not steady_clock.WATCH.is_steady():
            later = clock.now() + timedelta(seconds=UNSTEADY_WAIT_SECONDS)
            outbox.request(RELEASE_TOPIC, key, not_before=later)
            continue
        try:
            _release_when_due(int(key))
        except ReviewRefused:
            raise
        except DomainError as refusal:
            _give_up(int(key), refusal)


@transaction.atomic
def _release_when_due(case_id: int) -> None:
    case = lock_case(pk=case_id)
    plan = _active(case_id).select_for_update().first()
    if plan is None or case.status != CaseStatus.APPROVED:
        return
    if plan.release_at > clock.now():
        _ask(plan)
        return
    release_case(case)
    plan.state, plan.ended_at = PlanState.RELEASED, clock.now()
    plan.save(update_fields=["state", "ended_at"])
    _record(plan, "release.carried_out", audit.PLATFORM, release_at=plan.release_at.isoformat())


@transaction.atomic
def _give_up(case_id: int, refusal: DomainError) -> None:
    """Give a case back whose items, or one of them, can't go out: together or not at all."""
    case = lock_case(pk=case_id)
    plan = _active(case_id).select_for_update().first()
    if plan is None:
        return
    _cancel(plan, str(refusal.message)[:REASON_CHARS], audit.PLATFORM)
    _hand_back(case, refusal)


def end_plan(fact: CaseClosed) -> None:
    """A case that was returned or taken back has no moment any more; a new submission plans a new one."""
    if fact.case.status != CaseStatus.APPROVED:
        plan = _active(fact.case.pk).first()
        if plan is not None:
            _cancel(plan, gettext("The case was returned or taken back."), fact.actor.audit_actor())


def cancel_for_withdrawal(fact: ResourceWithdrawn) -> None:
    """A withdrawal ends the planned release of an approved change: it would bring the item back.

    Source: GL 八(二)2; NT 23 (LIB-16).
    """
    items = CaseItem.objects.filter(
        subject_type=SUBJECT_TYPE, subject_key=str(fact.resource.pk), is_open=True
    )
    for item in items.select_related("case").filter(case__status=CaseStatus.APPROVED):
        plan = _active(item.case_id).first()
        if plan is not None:
            reason = gettext("“%(title)s” was withdrawn.") % {"title": fact.resource.title}
            _cancel(plan, reason, fact.withdrawal.account.audit_actor())
            _hand_back(item.case, PlanRefused(_("The planned release was cancelled."), fix=reason))


def ask_for_forgotten() -> int:
    """Ask again for every approved case that waits for its moment; return how many.

    Costs nothing where the row is there: it is joined. Done every minute, so
    that no lost row and no change of the clock lets a release be forgotten.
    """
    waiting = PlannedRelease.objects.filter(state=PlanState.PLANNED, case__status=CaseStatus.APPROVED)
    count = 0
    for plan in waiting:
        _ask(plan)
        count += 1
    return count


def _active(case_id: int) -> QuerySet[PlannedRelease]:
    return PlannedRelease.objects.filter(case=case_id, state=PlanState.PLANNED)


def _take(case_id: int, actor: StaffAccount) -> ReviewCase:
    case = lock_case(pk=case_id)
    refusal = planning_refusal(case, actor)
    if refusal:
        raise refusal
    return case


def _ask(plan: PlannedRelease) -> None:
    outbox.request(RELEASE_TOPIC, plan.pk, not_before=plan.release_at)


def _cancel(plan: PlannedRelease, reason: str, actor: audit.AuditActor) -> None:
    plan.state, plan.ended_at, plan.note = PlanState.CANCELLED, clock.now(), reason
    plan.save(update_fields=["state", "ended_at", "note"])
    _record(plan, "release.cancelled", actor, release_at=plan.release_at.isoformat(), reason=reason)


def _hand_back(case: ReviewCase, refusal: DomainError) -> None:
    for item in case.items.filter(is_open=True).order_by("position"):
        item.case = case
        hand_back_item(item=item, refusal=refusal)
    people = {*case.authors.values_list("person_id", flat=True), case.submitter.person_id}
    notify(
        person_ids=sorted(people),
        topic=NOTICE_TOPIC,
        title=gettext("“%(title)s” didn't go out as planned") % {"title": case.title},
        body=f"{refusal.message} {refusal.fix}".strip(),
        key=f"release:{case.pk}:{clock.now().isoformat()}",
        path=f"/review/{case.pk}/",
    )


def _record(plan: PlannedRelease, verb: str, actor: audit.AuditActor, **details: object) -> None:
    audit.record(actor=actor, verb=verb, subject_type="case", subject_id=plan.pk, **details)
