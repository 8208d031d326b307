"""Stages of handling of one item, and who is responsible for each (REV-12; CQ (三))."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.backoffice.storytelling import level_name
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition, Resource, ResourceRevision
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_active_roles
from jiyue.review.enums import CaseStatus, ReviewVerb, StepStatus
from jiyue.review.models import ReviewCase, ReviewStep


class Progress(StrEnum):
    """How far a stage is."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"


PROGRESS_WORDS: dict[Progress, Promise] = {
    Progress.DONE: gettext_lazy("done"),
    Progress.NOW: gettext_lazy("under way"),
    Progress.AHEAD: gettext_lazy("not yet reached"),
}


@dataclass(frozen=True)
class Stage:
    """One stage of handling.

    Attributes:
        who: Who is responsible: persons, or the office with its unit.
        at: When it was done; None where it isn't.
        note: What else is to be known about it.
    """

    label: Promise | str
    progress: Progress
    who: str
    at: datetime | None = None
    note: str = ""

    @property
    def words(self) -> Promise:
        """The progress in words."""
        return PROGRESS_WORDS[self.progress]


def stages_of_case(case: ReviewCase, pinned: ResourceRevision) -> list[Stage]:
    """Receive, screen, edit, each level of review, publish: for an item of a case.

    Args:
        case: With steps (and their units) and actions (and their persons) read.
        pinned: The state in review.
    """
    resource = pinned.resource
    return [
        *_before_review(resource, case, is_submitted=True),
        *_levels(case),
        _publication(resource, case),
    ]


def stages_of_resource(resource: Resource, case: ReviewCase | None) -> list[Stage]:
    """The same for an item, with its newest case if it has one."""
    is_in_case = case is not None and case.status in (CaseStatus.OPEN, CaseStatus.APPROVED)
    first = _before_review(resource, case, is_submitted=is_in_case)
    if case is None or not is_in_case:
        ahead = Stage(gettext_lazy("Review"), Progress.AHEAD, "")
        return [*first, ahead, Stage(gettext_lazy("Publication"), Progress.AHEAD, resource.unit.name)]
    return [*first, *_levels(case), _publication(resource, case)]


def _before_review(resource: Resource, case: ReviewCase | None, *, is_submitted: bool) -> list[Stage]:
    """Receipt by whoever entered it; screening by who took it up first; editing by who wrote on it."""
    revisions = list(
        ResourceRevision.objects.filter(resource=resource)
        .order_by("number")
        .values_list("person__name", "created_at")
    )
    writers = list(dict.fromkeys(name for name, _at in revisions))
    taken_up_by, taken_up_at = revisions[1] if resource.is_history and len(revisions) > 1 else revisions[0]
    is_screened = is_submitted or not resource.is_history or len(revisions) > 1
    unit = resource.unit
    submitter = case.submitter.person.name if case else ""
    return [
        Stage(
            gettext_lazy("Receiving"),
            Progress.DONE,
            _of(unit, [revisions[0][0]]),
            resource.created_at,
            str(resource.get_acquisition_mode_display()),
        ),
        Stage(
            gettext_lazy("Screening"),
            Progress.DONE if is_screened else Progress.NOW,
            _of(unit, [taken_up_by] if is_screened else []),
            taken_up_at if is_screened else None,
        ),
        Stage(
            gettext_lazy("Working on the text"),
            Progress.DONE if is_submitted else Progress.NOW,
            _of(unit, writers),
            case.opened_at if case and is_submitted else None,
            _("submitted by %(person)s") % {"person": submitter} if submitter and is_submitted else "",
        ),
    ]


def _levels(case: ReviewCase) -> list[Stage]:
    steps = [step for step in case.steps.all() if step.round == case.round]
    holders = _holders([step for step in steps if step.status != StepStatus.APPROVED])
    deciders = {
        action.step_id: action.person.name
        for action in case.actions.all()
        if action.verb == ReviewVerb.APPROVE and action.step_id
    }
    return [_level(step, deciders.get(step.pk), holders.get((step.unit_id, step.role), [])) for step in steps]


def _level(step: ReviewStep, decider: str | None, holders: list[str]) -> Stage:
    progress = {StepStatus.APPROVED: Progress.DONE, StepStatus.OPEN: Progress.NOW}
    label = _("Review: %(level)s") % {"level": level_name(step)}
    state = progress.get(StepStatus(step.status), Progress.AHEAD)
    return Stage(label, state, _of(step.unit, [decider] if decider else holders), step.decided_at)


def _holders(steps: Sequence[ReviewStep]) -> dict[tuple[int, str], list[str]]:
    """Names of those who hold the offices of the steps today."""
    if not steps:
        return {}
    roles = get_active_roles().filter(
        unit__in={step.unit_id for step in steps}, role__in={step.role for step in steps}
    )
    found: dict[tuple[int, str], list[str]] = {}
    for unit_id, role, name in roles.order_by("person__name").values_list("unit_id", "role", "person__name"):
        found.setdefault((unit_id, role), []).append(name)
    return found


def _publication(resource: Resource, case: ReviewCase) -> Stage:
    edition: Edition | None = None
    if case.status == CaseStatus.APPROVED:
        editions = Edition.objects.filter(case=case, resource=resource)
        edition = editions.only("published_at", "number").first()
    last = [step for step in case.steps.all() if step.round == case.round][-1:]
    unit = last[0].unit if last else case.unit
    if edition:
        is_out = resource.status != ResourceStatus.APPROVED
        return Stage(
            gettext_lazy("Publication"),
            Progress.DONE if is_out else Progress.NOW,
            _of(unit, [StaffRole(step.role).label for step in last]),
            edition.published_at,
            _("public version %(number)d") % {"number": edition.number},
        )
    return Stage(
        gettext_lazy("Publication"), Progress.AHEAD, _of(unit, [StaffRole(step.role).label for step in last])
    )


def _of(unit: Organization, names: Sequence[object]) -> str:
    name = unit.short_name or unit.name
    return f"{name} {'、'.join(str(one) for one in names)}".strip()
