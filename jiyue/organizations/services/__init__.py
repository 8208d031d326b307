"""Every change to units, people, roles and accounts."""

from jiyue.organizations.services.accounts import open_account
from jiyue.organizations.services.notices import notify
from jiyue.organizations.services.roles import DutiesConflict, assign_role, duties_conflict_of
from jiyue.organizations.services.units import UnitRefused, create_unit, path_of

__all__ = [
    "DutiesConflict",
    "UnitRefused",
    "assign_role",
    "create_unit",
    "duties_conflict_of",
    "notify",
    "open_account",
    "path_of",
]
