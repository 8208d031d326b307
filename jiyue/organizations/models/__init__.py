"""Units, people, their roles and their accounts."""

from jiyue.organizations.models.accounts import AccountApplication, IdleExplanation, StaffAccount
from jiyue.organizations.models.notices import StaffNotice
from jiyue.organizations.models.people import Person, PersonnelChangeFiling, UnitRole
from jiyue.organizations.models.units import (
    Organization,
    ProfileAssignment,
    SharingGrant,
    UnitReform,
    UnitSuccession,
)

__all__ = [
    "AccountApplication",
    "IdleExplanation",
    "Organization",
    "Person",
    "PersonnelChangeFiling",
    "ProfileAssignment",
    "SharingGrant",
    "StaffAccount",
    "StaffNotice",
    "UnitReform",
    "UnitRole",
    "UnitSuccession",
]
