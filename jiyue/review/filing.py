"""Which office keeps the signed papers of which unit, and who may see and file them (HT 二(三)2-4)."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from jiyue.core import clock
from jiyue.core.audit import AuditActor
from jiyue.core.models import PrivateFile
from jiyue.organizations.enums import StaffRole, UnitStatus
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_role_pairs, get_unit_ids, in_subtrees
from jiyue.review.enums import CaseStatus, Office
from jiyue.review.models import ApproverOffice, CasePaper, PaperFiling
from jiyue.review.routing import RouteUnusable, find_office
from jiyue.review.selectors import list_visible_cases

FILING_ROLES = frozenset({StaffRole.REVIEW_LEAD, StaffRole.ENTRY_CLERK})


def may_file_for(account: StaffAccount, unit: Organization) -> Organization | None:
    """The portal office that keeps the unit's papers, if the account files there; otherwise None."""
    try:
        office = find_office(unit, Office.PORTAL)
    except RouteUnusable:
        return None
    return office if office.pk in get_unit_ids(account, FILING_ROLES) else None


def list_filing_offices(account: StaffAccount) -> QuerySet[Organization]:
    """Portal offices in which the account files papers."""
    held = _running_offices().values("unit_id")
    return Organization.objects.filter(pk__in=get_unit_ids(account, FILING_ROLES)).filter(pk__in=held)


def list_units_served(account: StaffAccount) -> list[Organization]:
    """Units whose papers the account files, in the order of the tree."""
    rows = list(_running_offices().select_related("governed_unit"))
    mine = get_unit_ids(account, FILING_ROLES)
    paths = [row.governed_unit.path for row in rows if row.unit_id in mine]
    units = Organization.objects.filter(in_subtrees(paths), status=UnitStatus.ACTIVE).order_by("path")
    return [unit for unit in units if _nearest(unit, rows).unit_id in mine]


def _running_offices() -> QuerySet[ApproverOffice]:
    today = clock.today()
    return ApproverOffice.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today), office=Office.PORTAL, starts_on__lte=today
    )


def _nearest(unit: Organization, rows: Iterable[ApproverOffice]) -> ApproverOffice:
    above = [row for row in rows if unit.path.startswith(row.governed_unit.path)]
    return max(above, key=lambda row: len(row.governed_unit.path))


def list_visible_papers(account: StaffAccount) -> QuerySet[PaperFiling]:
    """Papers of the units in which the account holds any role, and those its portal office filed.

    Source: NB 2-3 (ORG-04): a unit sees its own papers only.
    """
    own = {unit_id for unit_id, _role in get_role_pairs(account)}
    filed = get_unit_ids(account, FILING_ROLES)
    return (
        PaperFiling.objects.filter(Q(unit_id__in=own) | Q(filed_by_unit_id__in=filed))
        .select_related("unit", "filed_by_unit", "filed_by__person", "scan")
        .order_by("-pk")
    )


def list_free_papers(unit: Organization) -> QuerySet[PaperFiling]:
    """Papers of a unit on which no case in review or completed rests yet, newest first."""
    used = CasePaper.objects.filter(
        filing=OuterRef("pk"), case__status__in=(CaseStatus.OPEN, CaseStatus.APPROVED)
    )
    return PaperFiling.objects.filter(~Exists(used), unit=unit).order_by("-pk")


def may_open_paper(file: PrivateFile, actor: AuditActor) -> bool:
    """Whoever sees the paper opens its scan, and so does whoever sees a case that rests on it."""
    account = StaffAccount.objects.filter(pk=actor.account_id or 0).first()
    if account is None:
        return False
    papers = PaperFiling.objects.filter(scan=file)
    if list_visible_papers(account).filter(pk__in=papers.values("pk")).exists():
        return True
    cases = CasePaper.objects.filter(filing__in=papers).values("case_id")
    return list_visible_cases(account).filter(pk__in=cases).exists()
