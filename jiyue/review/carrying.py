"""What a reform of units carries along here: cases, open and closed, with whoever decides them next."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.organizations.carriers import CARRIERS, Handover
from jiyue.organizations.models import Organization
from jiyue.review.enums import CaseStatus
from jiyue.review.models import ReviewCase, ReviewStep


class Cases:
    """A case that waits for a reviewer of the old unit is decided by the same role in the new one.

    What was decided stays decided, by the persons who did; so nobody decides twice.
    """

    label: Promise = _("open review cases")

    def count(self, unit: Organization) -> int:
        """Open cases."""
        return ReviewCase.objects.filter(unit=unit, status=CaseStatus.OPEN).count()

    def carry(self, handover: Handover) -> int:
        """Move closed ones too: the successor's people see what happened to their items."""
        ReviewStep.objects.filter(unit=handover.predecessor).update(unit=handover.successor)
        return ReviewCase.objects.filter(unit=handover.predecessor).update(unit=handover.successor)


def register() -> None:
    """Enter this room's carrier."""
    CARRIERS.register("review.cases", _CASES)


_CASES = Cases()
