"""What a room says when it hands something to review, and what reviewers put on record."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jiyue.organizations.models import Organization, StaffAccount
from jiyue.review.enums import CaseForm, SecrecyResult, SortOfContent
from jiyue.review.reviewable import Pin


@dataclass(frozen=True)
class Handling:
    """What the submitter decides about the passage.

    Attributes:
        comment: Words to the reviewers.
        is_major: Major information by hand; rules may find it too (REV-04).
        is_urgent: Takes the urgent lane (REV-20); needs a reason.
        urgent_reason: Why.
        is_sensitive: Needs a risk assessment before release (REV-16).
        paper_ids: Signed papers on file that the case rests on (REV-08 to REV-10).
    """

    comment: str = ""
    is_major: bool = False
    is_urgent: bool = False
    urgent_reason: str = ""
    is_sensitive: bool = False
    paper_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Scope:
    """What routes and rules may ask about the content; opaque otherwise.

    Attributes:
        sort: What the content is about.
        site_keys: Sites it is meant for.
        is_for_other_units: It is meant for a site that isn't run for the unit itself (REV-06).
        is_for_portal: It is meant for a government portal (REV-05).
        text: Title and text, for the rules that find major information.
        categories: Subject categories, for the same rules.
    """

    sort: SortOfContent = SortOfContent.GENERAL
    site_keys: frozenset[str] = frozenset()
    is_for_other_units: bool = False
    is_for_portal: bool = False
    text: str = ""
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Submission:
    """One case to be opened."""

    subject_type: str
    pins: Sequence[Pin]
    unit: Organization
    title: str
    actor: StaffAccount
    form: CaseForm = CaseForm.SINGLE
    scope: Scope = field(default_factory=Scope)
    handling: Handling = field(default_factory=Handling)


@dataclass(frozen=True)
class SecrecyOpinion:
    """Result and basis of a secrecy review (REV-14)."""

    result: SecrecyResult
    basis: str


@dataclass(frozen=True)
class Checks:
    """What the reviewer signs with a decision.

    Attributes:
        gates: Gates of the checklist that the item passed (REV-13).
        secrecy: The secrecy opinion, where the level asks for one.
    """

    gates: frozenset[str] = frozenset()
    secrecy: SecrecyOpinion | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values for the record."""
        record: dict[str, Any] = {}
        if self.gates:
            record["gates"] = sorted(self.gates)
        if self.secrecy:
            record["secrecy"] = asdict(self.secrecy)
        return record
