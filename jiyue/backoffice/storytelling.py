"""The history of an item or a case as a story: who did what, when, and how long each level took."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.enums import StaffRole
from jiyue.review.enums import ReviewVerb, StepStatus
from jiyue.review.models import ReviewAction, ReviewCase, ReviewStep
from jiyue.review.selectors import get_level_durations

_SENTENCES: dict[str, Promise] = {
    ReviewVerb.SUBMIT: _("%(person)s submitted it for review."),
    ReviewVerb.APPROVE: _("%(person)s approved it as %(role)s."),
    ReviewVerb.RETURN: _("%(person)s returned it as %(role)s."),
}


@dataclass(frozen=True)
class Event:
    """One act in a case."""

    action: ReviewAction
    sentence: str
    duration: timedelta | None


@dataclass(frozen=True)
class Chapter:
    """One case with its acts and, if open, the step that waits."""

    case: ReviewCase
    events: list[Event]
    waiting: ReviewStep | None


def tell(cases: Iterable[ReviewCase]) -> list[Chapter]:
    """Retell cases, each with its acts in order."""
    return [_chapter(case) for case in cases]


def last_return(story: Iterable[Chapter]) -> Event | None:
    """The newest act by which a reviewer sent the item back."""
    returns = [
        event for chapter in story for event in chapter.events if event.action.verb == ReviewVerb.RETURN
    ]
    return max(returns, key=lambda event: event.action.pk, default=None)


def _chapter(case: ReviewCase) -> Chapter:
    durations = {level.level: level.duration for level in get_level_durations(case)}
    events = [
        Event(action, _sentence(action), durations.get(action.step.level) if action.step else None)
        for action in case.actions.all()
    ]
    waiting = next((step for step in case.steps.all() if step.status == StepStatus.OPEN), None)
    return Chapter(case, events, waiting)


def _sentence(action: ReviewAction) -> str:
    role = StaffRole(action.step.role).label if action.step else ""
    return str(_SENTENCES[action.verb]) % {"person": action.person.name, "role": role}
