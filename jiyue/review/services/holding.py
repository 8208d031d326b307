"""Holding a case: referral to whoever can decide, sensitive information, risk assessment.

Source: CQ (三), (十九) (REV-15, REV-16).
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.audit import AuditActor
from jiyue.core.files import PURPOSES, Purpose, store_file
from jiyue.core.models import PrivateFile
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.services.notices import notify
from jiyue.review import clocks
from jiyue.review.authority import Warrant
from jiyue.review.enums import ReviewVerb, StepStatus
from jiyue.review.models import Referral, ReviewCase, ReviewStep, RiskAssessment
from jiyue.review.selectors import list_visible_cases
from jiyue.review.services.acting import act, take_case
from jiyue.review.services.deciding import decision_blocker, judge
from jiyue.review.services.refusals import AlreadyDecided, NotTheReviewer, ReviewRefused, clean_opinion

ANSWER_PURPOSE = "review.referral_answer"
ASSESSMENT_PURPOSE = "review.risk_assessment"
NOTICE_TOPIC = "review"


class HoldingRefused(ReviewRefused):
    """A referral, an answer or an assessment that isn't possible or not complete."""

    code = "holding_refused"


@dataclass(frozen=True)
class UploadedFile:
    """A file that comes with an answer or an assessment."""

    data: bytes
    name: str


@dataclass(frozen=True)
class Answer:
    """What the body that was asked decided.

    Attributes:
        may_be_public: Its decision.
        text: Its words.
        number: Number of its letter.
        file: The letter itself.
    """

    may_be_public: bool
    text: str
    number: str
    file: UploadedFile | None = None


@dataclass(frozen=True)
class Assessment:
    """Result of a risk assessment.

    Attributes:
        risks: What could happen.
        coordinated_with: Units that were asked.
        measures: What is done against it.
        may_be_released: The conclusion.
        file: The record itself.
    """

    risks: str
    coordinated_with: str
    measures: str
    may_be_released: bool
    file: UploadedFile | None = None


def handling_blocker(case: ReviewCase, actor: StaffAccount) -> ReviewRefused | None:
    """Say why `actor` may not refer, mark or assess the case, or None: it takes who may decide now."""
    step = next((step for step in case.steps.all() if step.status == StepStatus.OPEN), None)
    if step is None:
        return AlreadyDecided(
            _("This case is closed already."), fix=_("Reload the page to see how it ended.")
        )
    step.case = case
    return decision_blocker(step, actor)


def referral_blocker(case: ReviewCase, actor: StaffAccount) -> ReviewRefused | None:
    """Say why `actor` can't refer the case now, or None."""
    return _referral_refusal(case) or handling_blocker(case, actor)


def _referral_refusal(case: ReviewCase) -> ReviewRefused | None:
    if _is_held(case):
        return HoldingRefused(
            _("The case waits for an answer already."), fix=_("Record that answer before you ask again.")
        )
    return None


def _is_held(case: ReviewCase) -> bool:
    return any(referral.answered_at is None for referral in case.referrals.all())


def answer_blocker(case: ReviewCase, actor: StaffAccount) -> ReviewRefused | None:
    """Say why `actor` can't record an answer now, or None."""
    return _answer_refusal(case) or handling_blocker(case, actor)


def _answer_refusal(case: ReviewCase) -> ReviewRefused | None:
    if not _is_held(case):
        return HoldingRefused(
            _("No question about this case is open."), fix=_("Reload the page to see the answer.")
        )
    return None


def marking_blocker(case: ReviewCase, actor: StaffAccount) -> ReviewRefused | None:
    """Say why `actor` can't mark the case as sensitive now, or None."""
    return _marking_refusal(case) or handling_blocker(case, actor)


def _marking_refusal(case: ReviewCase) -> ReviewRefused | None:
    if case.is_sensitive:
        return HoldingRefused(
            _("The case is marked as sensitive already."), fix=_("Record the risk assessment.")
        )
    return None


def assessment_blocker(case: ReviewCase, actor: StaffAccount) -> ReviewRefused | None:
    """Say why `actor` can't record a risk assessment now, or None."""
    return _assessment_refusal(case) or handling_blocker(case, actor)


def _assessment_refusal(case: ReviewCase) -> ReviewRefused | None:
    if not case.is_sensitive:
        return HoldingRefused(
            _("The case isn't marked as sensitive."), fix=_("Mark it first, with the reason.")
        )
    return None


@dataclass(frozen=True)
class HandlingDoors:
    """What somebody may do with a case beside deciding it, for a page that shows all the buttons."""

    may_refer: bool
    may_answer: bool
    may_mark: bool
    may_assess: bool


def read_doors(case: ReviewCase, actor: StaffAccount, *, may_decide: bool | None = None) -> HandlingDoors:
    """The answers of the four blockers above, with what they share asked once.

    Args:
        case: The case.
        actor: Who looks at it.
        may_decide: Whether they may decide its open step, where the page has asked already.
    """
    may = handling_blocker(case, actor) is None if may_decide is None else may_decide
    return HandlingDoors(
        may_refer=may and _referral_refusal(case) is None,
        may_answer=may and _answer_refusal(case) is None,
        may_mark=may and _marking_refusal(case) is None,
        may_assess=may and _assessment_refusal(case) is None,
    )


@transaction.atomic
def refer_case(
    *, case_id: int, referred_to: str, question: str, is_secrecy_authority: bool, actor: StaffAccount
) -> Referral:
    """Hold a case and ask whoever can decide whether its content may be public.

    Nobody can approve until the answer is recorded; the authors hear of it.

    Args:
        case_id: The case.
        referred_to: Competent department, or secrecy authority of the same level.
        question: What can't be decided here, and why.
        is_secrecy_authority: Whether the body is the secrecy authority.
        actor: Who could decide the open step now.

    Raises:
        AlreadyDecided, SelfApprovalForbidden, NotTheReviewer: The actor can't decide the case now.
        HoldingRefused: It waits already, or a part is missing.

    Source: CQ (三) (REV-15).
    """
    case, step, warrant = _take(case_id, actor, referral_blocker)
    referral = Referral.objects.create(
        case=case,
        referred_to=_needed(referred_to, "referred_to", _("The body you ask is missing."), limit=100),
        question=_needed(question, "question", _("The question is missing.")),
        is_secrecy_authority=is_secrecy_authority,
        opened_by=actor,
        opened_at=clock.now(),
    )
    record = {"referral": referral.pk, "referred_to": referral.referred_to}
    act(case, ReviewVerb.HOLD, actor, opinion=referral.question, step=step, warrant=warrant, record=record)
    clocks.hold(step, referral, actor.audit_actor())
    _tell_authors(
        case,
        gettext("Held: %(body)s was asked whether “%(title)s” may be public.")
        % {"body": referral.referred_to, "title": case.title},
        key=f"referral:{referral.pk}:opened",
    )
    return referral


@transaction.atomic
def record_answer(*, case_id: int, answer: Answer, actor: StaffAccount) -> Referral:
    """Write down what the body decided; the case goes on, or can only be returned.

    Raises:
        AlreadyDecided, SelfApprovalForbidden, NotTheReviewer: The actor can't decide the case now.
        HoldingRefused: No question is open, or a part is missing.
        FileRefused: The letter can't be stored.

    Source: CQ (三) (REV-15).
    """
    case, step, warrant = _take(case_id, actor, answer_blocker)
    referral = case.referrals.select_for_update().get(answered_at=None)
    referral.answer = _needed(answer.text, "answer", _("The answer is missing."))
    referral.answer_number = _needed(
        answer.number, "answer_number", _("The number of the answer is missing."), limit=60
    )
    referral.may_be_public = answer.may_be_public
    referral.answer_file = _store(answer.file, ANSWER_PURPOSE, case, actor, field="answer_file")
    referral.answered_by, referral.answered_at = actor, clock.now()
    referral.save()
    record = {
        "referral": referral.pk,
        "may_be_public": referral.may_be_public,
        "answer_number": referral.answer_number,
    }
    act(case, ReviewVerb.RESUME, actor, opinion=referral.answer, step=step, warrant=warrant, record=record)
    clocks.resume(step, referral, actor.audit_actor())
    outcome = (
        gettext("%(body)s: “%(title)s” may be public; the review goes on.")
        if answer.may_be_public
        else gettext("%(body)s: “%(title)s” must not be public; it will be returned.")
    )
    _tell_authors(
        case,
        outcome % {"body": referral.referred_to, "title": case.title},
        key=f"referral:{referral.pk}:answered",
    )
    return referral


@transaction.atomic
def mark_sensitive(*, case_id: int, reason: str, actor: StaffAccount) -> ReviewCase:
    """Mark a case as sensitive during its review, so that it needs a risk assessment; the mark stays.

    Raises:
        AlreadyDecided, SelfApprovalForbidden, NotTheReviewer: The actor can't decide the case now.
        HoldingRefused: It is marked already, or the reason is missing.

    Source: CQ (三), (十九) (REV-16).
    """
    case, step, warrant = _take(case_id, actor, marking_blocker)
    reason = _needed(reason, "reason", _("A reason is missing."))
    case.is_sensitive = True
    case.save(update_fields=["is_sensitive"])
    act(case, ReviewVerb.MARK, actor, opinion=reason, step=step, warrant=warrant)
    return case


@transaction.atomic
def record_risk_assessment(*, case_id: int, assessment: Assessment, actor: StaffAccount) -> RiskAssessment:
    """Write down the risk assessment of a sensitive case, for the present round of its review.

    Raises:
        AlreadyDecided, SelfApprovalForbidden, NotTheReviewer: The actor can't decide the case now.
        HoldingRefused: The case isn't sensitive, or a part is missing.
        FileRefused: The record can't be stored.

    Source: CQ (三), (十九) (REV-16).
    """
    case, step, warrant = _take(case_id, actor, assessment_blocker)
    measures = clean_opinion(assessment.measures, field="measures")
    if assessment.may_be_released and not measures:
        raise HoldingRefused(
            _("What is done against the risks is missing."),
            fix=_("Write what is done; where nothing helps, conclude that it must not be released."),
            field="measures",
        )
    found = RiskAssessment.objects.create(
        case=case,
        round=case.round,
        risks=_needed(assessment.risks, "risks", _("The risks are missing.")),
        coordinated_with=_needed(
            assessment.coordinated_with,
            "coordinated_with",
            _("The units that were asked are missing."),
            limit=300,
        ),
        measures=measures,
        may_be_released=assessment.may_be_released,
        file=_store(assessment.file, ASSESSMENT_PURPOSE, case, actor, field="file"),
        account=actor,
        created_at=clock.now(),
    )
    record = {"assessment": found.pk, "may_be_released": found.may_be_released}
    act(case, ReviewVerb.ASSESS, actor, opinion=found.risks, step=step, warrant=warrant, record=record)
    return found


def _take(
    case_id: int, actor: StaffAccount, blocker_of: Callable[[ReviewCase, StaffAccount], ReviewRefused | None]
) -> tuple[ReviewCase, ReviewStep, Warrant]:
    """Lock a case whose open step `actor` may decide."""
    case, step = take_case(case_id)
    blocker = blocker_of(case, actor)
    if blocker:
        raise blocker
    if step is not None:
        step.case = case
        judgement = judge(step, actor)
        if judgement.refusal is None:
            return case, step, judgement.warrant
    raise NotTheReviewer(_("This step is not yours."), fix=_("Reload the page."))


def _needed(text: str, field: str, missing: Promise, *, limit: int = 0) -> str:
    text = clean_opinion(text, field=field)
    if not text:
        raise HoldingRefused(missing, fix=_("Fill it in and send it again."), field=field)
    if limit and len(text) > limit:
        raise HoldingRefused(
            _("This text has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(text), "limit": limit},
            fix=_("Shorten it and send it again; nothing you typed is lost."),
            field=field,
        )
    return text


def _store(
    file: UploadedFile | None, purpose: str, case: ReviewCase, actor: StaffAccount, *, field: str
) -> PrivateFile | None:
    if file is None:
        return None
    return store_file(
        data=file.data,
        original_name=file.name,
        purpose=purpose,
        unit_id=case.unit_id,
        actor=actor.audit_actor(),
        field=field,
    )


def _tell_authors(case: ReviewCase, title: str, *, key: str) -> None:
    people = {*case.authors.values_list("person_id", flat=True), case.submitter.person_id}
    notify(person_ids=sorted(people), topic=NOTICE_TOPIC, title=title, key=key, path=f"/review/{case.pk}/")


def _may_open(file: PrivateFile, actor: AuditActor) -> bool:
    """Whoever sees the case opens what was handed in for it."""
    account = StaffAccount.objects.filter(pk=actor.account_id or 0).first()
    if account is None:
        return False
    held = Q(referrals__answer_file=file) | Q(risk_assessments__file=file)
    return list_visible_cases(account).filter(held).exists()


def register() -> None:
    """Enter the purposes of the files."""
    PURPOSES.register(ANSWER_PURPOSE, ANSWERS)
    PURPOSES.register(ASSESSMENT_PURPOSE, ASSESSMENTS)


ANSWERS = Purpose(_("answer to a referred case"), _may_open)
ASSESSMENTS = Purpose(_("record of a risk assessment"), _may_open)
