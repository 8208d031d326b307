"""Every change to units, people, roles and accounts."""

from jiyue.organizations.services.accounts import (
    AccountRefused,
    TwoPersonsNeeded,
    close_account,
    open_account,
    reactivate_account,
    suspend_account,
)
from jiyue.organizations.services.authority import grant_refusal
from jiyue.organizations.services.notices import notify
from jiyue.organizations.services.reforms import (
    ReformPlan,
    ReformRefused,
    list_approved_reforms,
    propose_reform,
    reform_refusal,
)
from jiyue.organizations.services.roles import DutiesConflict, assign_role, duties_conflict_of
from jiyue.organizations.services.sharing import SharingRefused, end_sharing, grant_sharing
from jiyue.organizations.services.units import (
    NotYourSubtree,
    UnitRefused,
    UnitValues,
    change_unit,
    close_unit,
    closing_blockers,
    create_unit,
    found_unit,
    path_of,
)

__all__ = [
    "AccountRefused",
    "DutiesConflict",
    "NotYourSubtree",
    "ReformPlan",
    "ReformRefused",
    "SharingRefused",
    "TwoPersonsNeeded",
    "UnitRefused",
    "UnitValues",
    "assign_role",
    "change_unit",
    "close_account",
    "close_unit",
    "closing_blockers",
    "create_unit",
    "duties_conflict_of",
    "end_sharing",
    "found_unit",
    "grant_refusal",
    "grant_sharing",
    "list_approved_reforms",
    "notify",
    "open_account",
    "path_of",
    "propose_reform",
    "reactivate_account",
    "reform_refusal",
    "suspend_account",
]
