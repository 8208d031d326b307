"""The history of an item or a case as a story: who did what, when, and how long each level took."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiyue.organizations.enums import StaffRole
from jiyue.policy.keys import definition_of
from jiyue.review.enums import Authority, ReviewVerb, SecrecyResult, StepStatus
from jiyue.review.models import ReviewAction, ReviewCase, ReviewStep
from jiyue.review.selectors import get_level_durations

_SENTENCES: dict[str, Promise] = {
    ReviewVerb.SUBMIT: gettext_lazy("%(person)s submitted it for review."),
    ReviewVerb.APPROVE: gettext_lazy("%(person)s approved it as %(role)s."),
    ReviewVerb.RETURN: gettext_lazy("%(person)s returned it as %(role)s."),
    ReviewVerb.RECALL: gettext_lazy("%(person)s took it back."),
    ReviewVerb.REVISE: gettext_lazy("%(person)s changed the text; all approvals became void."),
    ReviewVerb.HOLD: gettext_lazy("%(person)s held it and referred it."),
    ReviewVerb.RESUME: gettext_lazy("%(person)s recorded the answer; the review goes on."),
    ReviewVerb.MARK: gettext_lazy("%(person)s marked it as sensitive."),
    ReviewVerb.ASSESS: gettext_lazy("%(person)s recorded a risk assessment."),
}
_WARRANTS: dict[str, Promise] = {
    Authority.DELEGATION: gettext_lazy("In the place of %(person)s, by delegation."),
    Authority.DUTY: gettext_lazy("On duty."),
}
_TIMED = frozenset({ReviewVerb.APPROVE, ReviewVerb.RETURN})


@dataclass(frozen=True)
class Event:
    """One act in a case.

    Attributes:
        notes: By what somebody decided, what was signed, what it rested on.
    """

    action: ReviewAction
    sentence: str
    duration: timedelta | None
    notes: tuple[str, ...] = ()


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
    """The newest act by which an item came back: returned by a reviewer, or taken back by an author."""
    returns = [
        event
        for chapter in story
        for event in chapter.events
        if event.action.verb in (ReviewVerb.RETURN, ReviewVerb.RECALL)
    ]
    return max(returns, key=lambda event: event.action.pk, default=None)


def level_name(step: ReviewStep) -> str:
    """What people call a level: as its route says, otherwise by the role."""
    return step.label or str(StaffRole(step.role).label)


def _chapter(case: ReviewCase) -> Chapter:
    durations = {(level.round, level.level): level.duration for level in get_level_durations(case)}
    events = [
        Event(action, _sentence(action), _duration(action, durations), tuple(_notes(action)))
        for action in case.actions.all()
    ]
    waiting = next((step for step in case.steps.all() if step.status == StepStatus.OPEN), None)
    return Chapter(case, events, waiting)


def _duration(action: ReviewAction, durations: dict[tuple[int, int], timedelta | None]) -> timedelta | None:
    if action.step is None or action.verb not in _TIMED:
        return None
    return durations.get((action.step.round, action.step.level))


def _sentence(action: ReviewAction) -> str:
    role = StaffRole(action.step.role).label if action.step else ""
    return str(_SENTENCES[action.verb]) % {"person": action.person.name, "role": role}


def _notes(action: ReviewAction) -> Iterator[str]:
    if action.authority in _WARRANTS:
        person = action.on_behalf_of.name if action.on_behalf_of else ""
        yield str(_WARRANTS[action.authority]) % {"person": person}
    record = action.record_json
    if record.get("gates"):
        words = definition_of("review.gates").choices
        names = _(", ").join(str(words.get(gate, gate)) for gate in record["gates"])
        yield _("Gates signed: %(gates)s.") % {"gates": names}
    if record.get("secrecy"):
        result = SecrecyResult(record["secrecy"]["result"]).label
        yield _("Secrecy review: %(result)s; basis: %(basis)s") % {
            "result": result,
            "basis": record["secrecy"]["basis"],
        }
    if record.get("read_items"):
        count = len(record["read_items"])
        yield ngettext(
            "%(count)d item of the batch was read.", "%(count)d items of the batch were read.", count
        ) % {"count": count}
