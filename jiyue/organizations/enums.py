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


class UnitStatus(models.TextChoices):
    """Whether a unit still exists; a closed one keeps its history."""

    ACTIVE = "active", _("active")
    CLOSED = "closed", _("closed")


class ReformKind(models.TextChoices):
    """What a reform of units does (机构改革)."""

    MERGE = "merge", _("merging")
    SPLIT = "split", _("splitting")


class StaffRole(models.TextChoices):
    """What a person does for a unit: the roles with rights, then those of the register alone (ORG-05)."""

    ENTRY_CLERK = "entry_clerk", _("entry clerk")
    REVIEW_LEAD = "review_lead", _("review lead")
    LEADER_IN_CHARGE = "leader_in_charge", _("leader in charge")
    PRINCIPAL_LEADER = "principal_leader", _("principal leader")
    PLATFORM_MANAGER = "platform_manager", _("platform manager")
    ACCOUNT_MANAGER = "account_manager", _("account manager")
    INSPECTOR = "inspector", _("inspector")
    COORDINATOR = "coordinator", _("content coordinator")
    CO_REGULATION_CONTACT = "co_regulation_contact", _("contact of a co-regulator")
    GENERAL_OWNER = "general_owner", _("site general owner")
    SECURITY_OWNER = "security_owner", _("security owner")
    INFORMATION_OFFICER = "information_officer", _("information officer")
    CONTENT_EDITOR = "content_editor", _("content editor")
    TECHNICAL_OPERATOR = "technical_operator", _("technical operations person")
    QUALITY_MANAGER = "quality_manager", _("quality manager")
    HOME_PAGE_EDITOR = "home_page_editor", _("home-page editor")
    NEW_MEDIA_KEEPER = "new_media_keeper", _("new-media account keeper")
    MAILBOX_HANDLER = "mailbox_handler", _("leader-mailbox handler")
    DISCLOSURE_HANDLER = "disclosure_handler", _("disclosure-request handler")


EDITING_ROLES = frozenset({StaffRole.ENTRY_CLERK})
REVIEWING_ROLES = frozenset({StaffRole.REVIEW_LEAD, StaffRole.LEADER_IN_CHARGE, StaffRole.PRINCIPAL_LEADER})
# Both administer the subtree of the unit in which the role is held (ORG-04).
ADMINISTRATION_ROLES = frozenset({StaffRole.PLATFORM_MANAGER, StaffRole.ACCOUNT_MANAGER})
OVERSIGHT_ROLES = frozenset({StaffRole.PLATFORM_MANAGER, StaffRole.INSPECTOR})
# System administration, editing and reviewing exclude each other (REV-02).
EXCLUSIVE_DUTIES = (EDITING_ROLES, REVIEWING_ROLES, ADMINISTRATION_ROLES)


class Employment(models.TextChoices):
    """How a person is employed; who may hold an account is a profile rule (ORG-09)."""

    PERMANENT = "permanent", _("permanent staff")
    OTHER_STAFF = "other_staff", _("other staff of the unit")
    CONTRACTOR = "contractor", _("outsourced staff")


class AccountStatus(models.TextChoices):
    """Where an account stands; only an active one can sign in."""

    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    DISABLED = "disabled", _("disabled for not being used")
    CLOSED = "closed", _("closed")


class ApplicationStatus(models.TextChoices):
    """Where an application for an account stands (ORG-10)."""

    WAITING = "waiting", _("waits for approval")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
