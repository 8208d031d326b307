"""Facts of review that clocks, notices and higher rooms react to, inside the same transaction."""

from dataclasses import dataclass

from jiyue.core.registries import Announcement
from jiyue.organizations.models import StaffAccount
from jiyue.review.models import ReviewCase, ReviewStep


@dataclass(frozen=True)
class StepOpened:
    """A level may be decided from now on.

    Attributes:
        step: The level.
        barred: Persons who may not decide it, where the announcer knows them.
    """

    step: ReviewStep
    barred: frozenset[int] | None = None


@dataclass(frozen=True)
class StepClosed:
    """A level was decided, or fell away because the case was returned, taken back or changed."""

    step: ReviewStep
    actor: StaffAccount


@dataclass(frozen=True)
class CaseClosed:
    """A case came to its end: approved, returned or taken back."""

    case: ReviewCase
    actor: StaffAccount


STEP_OPENED: Announcement[StepOpened] = Announcement("review step opened")
STEP_CLOSED: Announcement[StepClosed] = Announcement("review step closed")
CASE_CLOSED: Announcement[CaseClosed] = Announcement("review case closed")
