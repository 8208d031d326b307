"""Clocks and notices of the passage: every open level is owed, an urgent one is told at once.

Source: CQ (四); HT 二(二)1-2; GL 四(一) (REV-20: no level is skipped, each is notified);
GL 八(二)2 (REV-31: at any hour); CQ (三) (REV-15: the answer to a referral).
"""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext, gettext_lazy

from jiyue.core import clock
from jiyue.core.audit import AuditActor
from jiyue.core.schedule import JOBS, Job
from jiyue.obligations.kinds import KINDS, ObligationKind
from jiyue.obligations.services import Owed, lapse, open_obligation, satisfy
from jiyue.organizations.enums import REVIEWING_ROLES, StaffRole
from jiyue.organizations.selectors import get_active_roles, get_line_upward
from jiyue.organizations.services.notices import notify
from jiyue.review.announcements import STEP_CLOSED, STEP_OPENED, StepClosed, StepOpened
from jiyue.review.authority import list_deciders
from jiyue.review.enums import StepStatus
from jiyue.review.models import Referral, ReviewStep

STEP, URGENT_STEP, REFERRAL = "review.step", "review.step.urgent", "review.referral"
STEP_SUBJECT, REFERRAL_SUBJECT = "review_step", "referral"
NOTICE_TOPIC = "review.urgent"
WATCH_EVERY = timedelta(minutes=5)  # whoever comes on duty meanwhile hears of open urgent steps
HELPING_ROLES = (StaffRole.LEADER_IN_CHARGE, StaffRole.COORDINATOR, StaffRole.PLATFORM_MANAGER)


def step_kind(step: ReviewStep) -> str:
    """Kind of the clock of a step."""
    return URGENT_STEP if step.case.is_urgent else STEP


def start_step(fact: StepOpened) -> None:
    """Start the clock of a level; an urgent one is told to everybody who may decide it, at once."""
    step = fact.step
    _open_step_clock(step, step.case.submitter.audit_actor(), fact.barred, is_new=True)
    if step.case.is_urgent:
        tell_deciders(step)


def stop_step(fact: StepClosed) -> None:
    """Stop the clock of a level, and the one of a question that stayed open."""
    step, actor = fact.step, fact.actor.audit_actor()
    kind, key = step_kind(step), str(step.pk)
    if step.status in (StepStatus.APPROVED, StepStatus.RETURNED):
        satisfy(kind=kind, subject_type=STEP_SUBJECT, subject_key=key, actor=actor)
    else:
        reason = gettext("The case was taken back or changed.")
        lapse(kind=kind, subject_type=STEP_SUBJECT, subject_key=key, reason=reason, actor=actor)
    is_over = step.status != StepStatus.APPROVED
    for referral in step.case.referrals.filter(answered_at=None) if is_over else ():
        lapse(
            kind=REFERRAL,
            subject_type=REFERRAL_SUBJECT,
            subject_key=str(referral.pk),
            reason=gettext("The case was returned, taken back or changed."),
            actor=actor,
        )


def hold(step: ReviewStep, referral: Referral, actor: AuditActor) -> None:
    """While another body is asked, its answer is owed and not the decision."""
    lapse(
        kind=step_kind(step),
        subject_type=STEP_SUBJECT,
        subject_key=str(step.pk),
        reason=gettext("Held: %(body)s was asked.") % {"body": referral.referred_to},
        actor=actor,
    )
    owed = Owed(
        kind=REFERRAL,
        subject_type=REFERRAL_SUBJECT,
        subject_key=str(referral.pk),
        title=gettext("Get the answer of %(body)s about “%(title)s”")
        % {"body": referral.referred_to, "title": step.case.title},
        unit=step.unit,
        path=_path(step),
    )
    open_obligation(owed=owed, opened_at=referral.opened_at, actor=actor)


def resume(step: ReviewStep, referral: Referral, actor: AuditActor) -> None:
    """The answer is there: the level is owed again, with a full term."""
    satisfy(kind=REFERRAL, subject_type=REFERRAL_SUBJECT, subject_key=str(referral.pk), actor=actor)
    _open_step_clock(step, actor)
    if step.case.is_urgent:
        tell_deciders(step)


def tell_deciders(step: ReviewStep) -> int:
    """Tell everybody who may decide an urgent step now; a person hears of a step once.

    Where nobody can decide it, those who can change that are told instead.

    Returns:
        How many people were asked for.
    """
    case, people = step.case, {account.person_id for account in list_deciders(step)}
    title = gettext("Urgent: “%(title)s” waits for your decision")
    key = f"review.urgent:{step.pk}"
    if not people:
        line = [step.unit, *get_line_upward(step.unit)]
        helpers = get_active_roles().filter(unit__in=line, role__in=HELPING_ROLES)
        people = set(helpers.values_list("person_id", flat=True))
        title = gettext("Urgent: nobody can decide “%(title)s” now; name a delegate or put somebody on duty")
        key += ":stuck"
    return notify(
        person_ids=sorted(people),
        topic=NOTICE_TOPIC,
        title=title % {"title": case.title},
        body=case.urgent_reason,
        key=key,
        path=_path(step),
    )


def watch_urgent_steps() -> Iterator[int]:
    """Tell those who came on duty, or were made a delegate, since an urgent step opened."""
    steps = ReviewStep.objects.filter(status=StepStatus.OPEN, case__is_urgent=True)
    for step in steps.select_related("case", "unit").order_by("pk"):
        yield tell_deciders(step)


def _open_step_clock(
    step: ReviewStep, actor: AuditActor, barred: frozenset[int] | None = None, *, is_new: bool = False
) -> None:
    deciders = {account.person_id for account in list_deciders(step, barred)}
    owed = Owed(
        kind=step_kind(step),
        subject_type=STEP_SUBJECT,
        subject_key=str(step.pk),
        title=gettext("Decide on “%(title)s”") % {"title": step.case.title},
        unit=step.unit,
        person_id=deciders.pop() if len(deciders) == 1 else None,
        path=_path(step),
    )
    open_obligation(owed=owed, opened_at=clock.now(), actor=actor, is_new_subject=is_new)


def _path(step: ReviewStep) -> str:
    return f"/review/{step.case_id}/"


def register() -> None:
    """Enter kinds of clocks, listeners and the job, once."""
    KINDS.register(STEP, STEP_KIND)
    KINDS.register(URGENT_STEP, URGENT_KIND)
    KINDS.register(REFERRAL, REFERRAL_KIND)
    STEP_OPENED.listen(start_step)
    STEP_CLOSED.listen(stop_step)
    JOBS.register("review.urgent_steps", WATCH)


STEP_KIND = ObligationKind(
    label=gettext_lazy("Decide one level of review"),
    clause="NT 15; HT 二(二)1",
    term_key="review.step_term",
    handlers=REVIEWING_ROLES,
)
URGENT_KIND = ObligationKind(
    label=gettext_lazy("Decide one level of review, urgent"),
    clause="CQ (四); GL 八(二)2",
    term_key="review.step_term.urgent",
    handlers=REVIEWING_ROLES,
)
REFERRAL_KIND = ObligationKind(
    label=gettext_lazy("Get the answer to a referred case"),
    clause="CQ (三)",
    term_key="review.referral_term",
    handlers=REVIEWING_ROLES,
)
WATCH = Job(watch_urgent_steps, every=WATCH_EVERY)
