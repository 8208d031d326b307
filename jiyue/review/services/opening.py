"""Opening a case: the route is found, frozen, and its first level opened."""

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock, crypto
from jiyue.core.text import storable
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import has_role
from jiyue.policy.selectors import read_rules
from jiyue.review.announcements import STEP_OPENED, StepOpened
from jiyue.review.authority import is_on_duty
from jiyue.review.enums import CaseForm, CaseStatus, PaperKind, ReviewVerb, SortOfContent
from jiyue.review.major import find_major_reasons, list_major_rules
from jiyue.review.models import (
    CaseAuthor,
    CaseItem,
    CasePaper,
    PaperFiling,
    Referral,
    ReviewAction,
    ReviewCase,
)
from jiyue.review.reviewable import Pin
from jiyue.review.routing import Route, find_route
from jiyue.review.services.acting import act, lay_out_steps
from jiyue.review.services.refusals import (
    AlreadyInReview,
    NotTheReviewer,
    PaperMissing,
    ReasonMissing,
    ReviewRefused,
    clean_opinion,
)
from jiyue.review.submission import Handling, Scope, Submission

BY_HAND = "by hand"  # stored among the reasons why an item is major


def manifest_digest(pins: Sequence[Pin]) -> str:
    """Return the SM3 digest that stands for a whole manifest."""
    return digest_of(pin.digest for pin in pins)


def digest_of(digests: Iterable[str]) -> str:
    """Return the SM3 digest over the digests of a manifest's items, in their order."""
    return crypto.sm3_hex("".join(digests).encode())


def route_of(unit: Organization, scope: Scope, handling: Handling) -> tuple[Route, list[str]]:
    """The route a submission takes now, and why it is major information."""
    reasons = find_major_reasons(scope, list_major_rules(unit))
    if handling.is_major:
        reasons.insert(0, BY_HAND)
    return find_route(unit, scope, read_rules(unit), is_major=bool(reasons)), reasons


@transaction.atomic
def open_case(submission: Submission) -> ReviewCase:
    """Start the passage of pinned items through the unit's route.

    The submitter's level (the first one) is fulfilled by the submission itself.

    Raises:
        NotTheReviewer: The actor doesn't hold the submitter's role in the unit.
        AlreadyInReview: One of the subjects is in an open case.
        PaperMissing: The route asks for a signed paper that isn't named.
        RouteUnusable: No unit holds an office of the route.
        ReviewRefused: By a decision on record one of the pinned states must not be public.
        ReasonMissing: Urgent without a reason.
        OpinionTooLong: The comment is too long.

    Source: NT 15-16; HT 二(三) (REV-01, REV-04, REV-05, REV-07 to REV-11).
    """
    unit, actor, handling = submission.unit, submission.actor, submission.handling
    comment = clean_opinion(handling.comment, field="comment")
    route, reasons = route_of(unit, submission.scope, handling)
    _require_submitter(submission, route)
    _require_reason(handling)
    _require_joint(submission, route)
    papers = _require_papers(submission, route)
    is_marked = _is_marked_sensitive(submission)
    case = ReviewCase.objects.create(
        subject_type=submission.subject_type,
        unit=unit,
        title=storable(submission.title)[:300],
        item_count=len(submission.pins),
        manifest_digest=manifest_digest(submission.pins),
        form=submission.form,
        sort=submission.scope.sort,
        route_key=route.key,
        route_json=route.as_json(),
        is_major=bool(reasons),
        major_reasons=reasons,
        is_urgent=handling.is_urgent,
        urgent_reason=storable(handling.urgent_reason).strip()[:300],
        is_sensitive=handling.is_sensitive or is_marked,
        submitter=actor,
        opened_at=clock.now(),
    )
    _pin_items(case, submission.pins)
    authors = frozenset({actor.person_id}).union(*(pin.author_ids for pin in submission.pins))
    CaseAuthor.objects.bulk_create(CaseAuthor(case=case, person_id=person) for person in authors)
    CasePaper.objects.bulk_create(CasePaper(case=case, filing=paper) for paper in papers)
    steps = lay_out_steps(case, route, read_rules(unit))
    act(case, ReviewVerb.SUBMIT, actor, opinion=comment, record={"route": route.key})
    STEP_OPENED.announce(StepOpened(steps[0], barred=authors))
    return case


def _require_submitter(submission: Submission, route: Route) -> None:
    role, unit, actor = StaffRole(route.submitter_role), submission.unit, submission.actor
    if has_role(actor, role, unit_id=unit.pk):
        return
    if submission.handling.is_urgent and is_on_duty(actor, role, unit):
        return
    raise NotTheReviewer(
        _("Only the %(role)s of %(unit)s may submit this.") % {"role": role.label, "unit": unit.name},
        fix=_("Ask an entry clerk of that unit to submit it."),
    )


def _require_reason(handling: Handling) -> None:
    if handling.is_urgent and not handling.urgent_reason.strip():
        raise ReasonMissing(
            _("The reason for the urgent lane is missing."),
            fix=_("Write in one sentence why this can't wait."),
            field="urgent_reason",
        )


def _require_joint(submission: Submission, route: Route) -> None:
    is_document = submission.scope.sort == SortOfContent.GOVERNMENT_DOCUMENT
    if route.with_interpretation and is_document and submission.form != CaseForm.JOINT:
        raise ReviewRefused(
            _("A government document passes review only together with its interpretation (%(clause)s).")
            % {"clause": route.clause},
            fix=_("Write the interpretation, name the document in it, and submit both together."),
            code="interpretation_missing",
        )


def _require_papers(submission: Submission, route: Route) -> list[PaperFiling]:
    """The papers named, if they are the unit's own and cover what the route asks for."""
    wanted = set(submission.handling.paper_ids)
    papers = list(PaperFiling.objects.filter(pk__in=wanted, unit=submission.unit)) if wanted else []
    if len(papers) < len(wanted):
        raise PaperMissing(
            _("A paper that was named isn't on file for %(unit)s.") % {"unit": submission.unit.name},
            fix=_("Choose from the papers listed for your unit."),
            field="papers",
        )
    if papers:
        _require_unused(papers, submission)
    missing = [kind for kind in route.papers if kind not in {paper.kind for paper in papers}]
    if missing:
        raise PaperMissing(
            _("This route needs a signed paper on file: %(papers)s (%(clause)s).")
            % {
                "papers": ", ".join(str(PaperKind(kind).label) for kind in missing),
                "clause": route.clause,
            },
            fix=_("Have it signed, let the portal office file the scan with its number, and choose it here."),
            field="papers",
        )
    return papers


def _is_marked_sensitive(submission: Submission) -> bool:
    """What earlier cases left behind: a reviewer's mark stays, and so does a decision on the same words.

    Raises:
        ReviewRefused: The body that was asked decided that exactly this state must not be public.

    Source: CQ (三), (十九) (REV-15, REV-16).
    """
    pins = {pin.subject_key: pin for pin in submission.pins}
    marks = ReviewAction.objects.filter(case=OuterRef("case"), verb=ReviewVerb.MARK)
    answers = Referral.objects.filter(case=OuterRef("case"), may_be_public=False)
    earlier = CaseItem.objects.filter(subject_type=submission.subject_type, subject_key__in=list(pins))
    burdened = earlier.annotate(
        is_marked=Exists(marks), forbidden_by=Subquery(answers.values("referred_to")[:1])
    ).filter(Q(is_marked=True) | Q(forbidden_by__isnull=False))
    found = list(burdened.values_list("subject_key", "digest", "is_marked", "forbidden_by"))
    for key, digest, _is_marked, body in found:
        if body and pins[key].digest == digest:
            raise ReviewRefused(
                _("%(body)s decided that “%(title)s” must not be public as it is.")
                % {"body": body, "title": pins[key].title},
                fix=_("Take out what must not be public, and submit it then."),
                code="must_not_be_public",
            )
    return any(is_marked for _key, _digest, is_marked, _body in found)


def _require_unused(papers: Sequence[PaperFiling], submission: Submission) -> None:
    """A signature stands for the items it was given for, not for the next ones (HT 二(三)2-4)."""
    earlier = CasePaper.objects.filter(
        filing__in=papers, case__status__in=(CaseStatus.OPEN, CaseStatus.APPROVED)
    ).exclude(
        case__items__subject_type=submission.subject_type,
        case__items__subject_key__in=[pin.subject_key for pin in submission.pins],
    )
    used = earlier.select_related("filing", "case").order_by("pk").first()
    if used:
        raise PaperMissing(
            _("The paper %(number)s was signed for “%(title)s” already.")
            % {"number": used.filing.filing_number, "title": used.case.title},
            fix=_("Have a paper of its own signed and filed for this item."),
            field="papers",
        )


def _pin_items(case: ReviewCase, pins: Sequence[Pin]) -> None:
    try:
        with transaction.atomic():
            CaseItem.objects.bulk_create(
                CaseItem(
                    case=case,
                    position=position,
                    subject_type=case.subject_type,
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
