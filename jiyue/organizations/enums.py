from django.db import models
from django.utils.translation import gettext_lazy as _


class UnitLevel(models.TextChoices):
    """Administrative level (ORG-01)."""

    NATIONAL = "national", _("national")
    PROVINCE = "province", _("province")
    PREFECTURE_CITY = "prefecture_city", _("prefecture-level city")
    COUNTY_DISTRICT = "county_district", _("county or district")
    TOWNSHIP_SUBDISTRICT = "township_subdistrict", _("township or subdistrict")


class UnitKind(models.TextChoices):
    """Kind of body (ORG-01)."""

    GOVERNMENT = "government", _("government")
    DEPARTMENT = "department", _("department")
    DISPATCHED_OFFICE = "dispatched_office", _("dispatched office")
    PUBLIC_INSTITUTION = "public_institution", _("public institution")
    SUBORDINATE_UNIT = "subordinate_unit", _("subordinate unit")
    VERTICAL = "vertical", _("vertically managed unit")


class StaffRole(models.TextChoices):
    """What a person does for a unit."""

    ENTRY_CLERK = "entry_clerk", _("entry clerk")
    REVIEW_LEAD = "review_lead", _("review lead")
    LEADER_IN_CHARGE = "leader_in_charge", _("leader in charge")
    PRINCIPAL_LEADER = "principal_leader", _("principal leader")
    PLATFORM_MANAGER = "platform_manager", _("platform manager")
    INSPECTOR = "inspector", _("inspector")


EDITING_ROLES = frozenset({StaffRole.ENTRY_CLERK})
REVIEWING_ROLES = frozenset({StaffRole.REVIEW_LEAD, StaffRole.LEADER_IN_CHARGE, StaffRole.PRINCIPAL_LEADER})
ADMINISTRATION_ROLES = frozenset({StaffRole.PLATFORM_MANAGER})
# System administration, editing and reviewing exclude each other (REV-02).
EXCLUSIVE_DUTIES = (EDITING_ROLES, REVIEWING_ROLES, ADMINISTRATION_ROLES)
