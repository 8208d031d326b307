"""What a room hands to review, and what it gets back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from jiyue.core.registries import Registry
from jiyue.review.models import CaseItem, ReviewCase


@dataclass(frozen=True)
class Pin:
    """An immutable state of a subject, as review stores it.

    Attributes:
        subject_key: Identifier of the subject in its room.
        pin: Identifier of the immutable state.
        title: What lists show.
        digest: SM3 over the state.
        author_ids: Persons who wrote or changed it; none of them may decide.
    """

    subject_key: str
    pin: str
    title: str
    digest: str
    author_ids: frozenset[int]


class Reviewable(Protocol):
    """Callbacks of a room; each runs inside review's transaction."""

    def released(self, item: CaseItem, case: ReviewCase) -> None:
        """The case is complete: make the pinned state official."""

    def returned(self, items: Sequence[CaseItem], case: ReviewCase, reason: str) -> None:
        """The case came back: let the authors work on it again."""


REVIEWABLES: Registry[Reviewable] = Registry("reviewables")
