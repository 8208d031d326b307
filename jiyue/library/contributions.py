"""What contributors handed in and what of it went out, by unit and person (ORG-16; CQ (十八))."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from jiyue.library.models import Edition
from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.review.models import CaseItem

Key = tuple[str, str]  # unit and person


@dataclass(frozen=True)
class Contribution:
    """Counts of one person of one unit in a period.

    Attributes:
        submitted: Items handed to review, each once however often it was returned.
        adopted: Items of which a first public version was released.
        corrected: Further public versions of items that were public already.
    """

    unit: str
    person: str
    submitted: int
    adopted: int
    corrected: int


def count_contributions(unit_ids: Collection[int], *, since: datetime, until: datetime) -> list[Contribution]:
    """Submitted and adopted items by unit and submitter, the most adopted first; two queries.

    Args:
        unit_ids: Units whose items are counted.
        since: Start of the period, aware of its time zone.
        until: Its end, not included.

    Source: CQ (十八) (ORG-16).
    """
    handed_in = (
        CaseItem.objects.filter(
            subject_type=SUBJECT_TYPE,
            case__unit__in=unit_ids,
            case__opened_at__gte=since,
            case__opened_at__lt=until,
        )
        .order_by()
        .values_list("case__unit__name", "case__submitter__person__name", "subject_key")
        .distinct()
    )
    submitted: Counter[Key] = Counter((unit, person) for unit, person, _key in handed_in)
    released = (
        Edition.objects.filter(case__unit__in=unit_ids, published_at__gte=since, published_at__lt=until)
        .order_by()
        .values_list("case__unit__name", "case__submitter__person__name", "number")
    )
    adopted, corrected = _split(released)
    rows = [
        Contribution(*key, submitted[key], adopted[key], corrected[key])
        for key in submitted.keys() | adopted.keys() | corrected.keys()
    ]
    return sorted(rows, key=lambda row: (-row.adopted, -row.submitted, row.unit, row.person))


def _split(released: Iterable[tuple[str, str, int]]) -> tuple[Counter[Key], Counter[Key]]:
    """First public versions, and later ones."""
    first: Counter[Key] = Counter()
    later: Counter[Key] = Counter()
    for unit, person, number in released:
        (first if number == 1 else later)[unit, person] += 1
    return first, later
