"""What a reform of units carries along here: cases, open and closed, with whoever decides them next."""

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.organizations.carriers import CARRIERS, Handover
from jiyue.organizations.models import Organization
from jiyue.review.enums import CaseStatus
from jiyue.review.models import (
    ApproverOffice,
    DutyShift,
    MajorRule,
    PaperFiling,
    ReviewCase,
    ReviewDelegation,
    ReviewRoute,
    ReviewStep,
)


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


class Arrangements:
    """Offices, delegations, turns of duty, papers and major rules; routes get a version in the successor."""

    label: Promise = _("review routes, offices, delegations and duty")

    def count(self, unit: Organization) -> int:
        """Offices that the unit holds for others; what is its own may end with it."""
        return _running(ApproverOffice.objects.filter(unit=unit)).count()

    def carry(self, handover: Handover) -> int:
        """Hand over what still runs; a closed unit's history stays readable in the trail."""
        old, new = handover.predecessor, handover.successor
        moved = _running(ApproverOffice.objects.filter(unit=old)).update(unit=new)
        for office in _running(ApproverOffice.objects.filter(governed_unit=old)):
            if not _running(new.approver_offices.filter(office=office.office)).exists():
                moved += ApproverOffice.objects.filter(pk=office.pk).update(governed_unit=new)
        moved += ReviewDelegation.objects.filter(unit=old, ended_at=None).update(unit=new)
        moved += DutyShift.objects.filter(unit=old, cancelled_at=None).update(unit=new)
        moved += PaperFiling.objects.filter(unit=old).update(unit=new)
        kept = set(new.major_rules.filter(ended_at=None).values_list("sign", "text"))
        for rule in MajorRule.objects.filter(unit=old, ended_at=None):
            if (rule.sign, rule.text) not in kept:
                moved += MajorRule.objects.filter(pk=rule.pk).update(unit=new)
        return moved + self._carry_routes(handover)

    def _carry_routes(self, handover: Handover) -> int:
        """Versions are never changed: the successor gets copies of those in effect, unless it has its own."""
        newest: dict[str, ReviewRoute] = {}
        for row in ReviewRoute.objects.filter(unit=handover.predecessor).order_by("version"):
            newest[row.key] = row
        own = set(handover.successor.review_routes.values_list("key", flat=True))
        copies = [
            ReviewRoute(
                unit=handover.successor,
                key=key,
                version=1,
                spec_json=row.spec_json,
                effective_on=max(row.effective_on, handover.day),
                change_id=row.change_id,
                created_at=clock.now(),
            )
            for key, row in newest.items()
            if row.spec_json is not None and key not in own
        ]
        return len(ReviewRoute.objects.bulk_create(copies))


def _running(offices: QuerySet[ApproverOffice]) -> QuerySet[ApproverOffice]:
    return offices.filter(Q(ends_on=None) | Q(ends_on__gte=clock.today()))


def register() -> None:
    """Enter this room's carriers."""
    CARRIERS.register("review.cases", _CASES)
    CARRIERS.register("review.arrangements", _ARRANGEMENTS)


_CASES = Cases()
_ARRANGEMENTS = Arrangements()
