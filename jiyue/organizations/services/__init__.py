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
from jiyue.organizations.services.roles import DutiesConflict, assign_role, duties_conflict_of
from jiyue.organizations.services.units import UnitRefused, create_unit, path_of

__all__ = [
    "AccountRefused",
    "DutiesConflict",
    "TwoPersonsNeeded",
    "UnitRefused",
    "assign_role",
    "close_account",
    "create_unit",
    "duties_conflict_of",
    "grant_refusal",
    "notify",
    "open_account",
    "path_of",
    "reactivate_account",
    "suspend_account",
]
