"""The side menu: our entries only, each shown to the roles that can use it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.library.permissions import WITHDRAWING_ROLES
from jiyue.organizations.enums import ADMINISTRATION_ROLES, EDITING_ROLES, OVERSIGHT_ROLES, StaffRole
from jiyue.publishing.integrity.services import INTEGRITY_ROLES
from jiyue.sites.keeping import KEEPER_ROLES


@dataclass(frozen=True)
class Entry:
    """One line of the menu.

    Attributes:
        url_name: Name of the list it opens, without the namespace.
        label: What people read.
        icon: Name in the icon sprite.
        roles: Who sees it; `None` for everybody.
        group: Key of the group it stands in; blank for the top of the menu.
    """

    url_name: str
    label: Promise
    icon: str
    roles: frozenset[StaffRole] | None = None
    group: str = ""


# Groups in the order of the menu: key → (label, icon).
GROUPS: dict[str, tuple[Promise, str]] = {
    "reuse": (_("Intake and reuse"), "folder-open-1"),
    "passage": (_("Passage of items"), "time"),
    "people": (_("Units and people"), "group"),
    "registers": (_("Registers"), "list-ul"),
    "rules": (_("Rules and calendar"), "clipboard-list"),
    "security": (_("Account security"), "lock"),
    "running": (_("Publishing and operation"), "cogs"),
    "oversight": (_("Oversight"), "view"),
}
_UNIT_MANAGERS = frozenset({StaffRole.PLATFORM_MANAGER})
_CO_REGULATION = frozenset({StaffRole.PLATFORM_MANAGER, StaffRole.CO_REGULATION_CONTACT})
_SITE_KEEPERS = KEEPER_ROLES | {StaffRole.PLATFORM_MANAGER}
ENTRIES = (
    Entry("workbench", _("Workbench"), "home"),
    Entry("obligation_list", _("To do"), "time"),
    Entry("notice_list", _("Messages"), "mail"),
    Entry("resource_list", _("Resource library"), "folder-open-1"),
    Entry("resource_create", _("Write an item"), "edit", EDITING_ROLES),
    Entry("import", _("Import documents"), "upload", EDITING_ROLES),
    Entry("case_list", _("Review"), "tasks"),
    Entry("capture", _("Take content in"), "link-external", EDITING_ROLES, "reuse"),
    Entry("quarantine_list", _("Quarantine"), "warning", None, "reuse"),
    Entry("pick_list", _("Picked items"), "check", None, "reuse"),
    Entry("library_use", _("Use of the library"), "view", None, "reuse"),
    Entry("correction_record_list", _("Corrections of published items"), "edit", None, "reuse"),
    Entry("contribution_list", _("Items handed in and adopted"), "list-ul", None, "reuse"),
    Entry("conformance", _("Library standards"), "clipboard-list", None, "reuse"),
    Entry("intake_client_list", _("Systems that hand items in"), "cogs", _UNIT_MANAGERS, "reuse"),
    Entry("paper_list", _("Signed papers"), "doc-full", None, "passage"),
    Entry("timeliness", _("Timeliness"), "calendar-check", None, "passage"),
    Entry("duty_week", _("Duty roster"), "calendar-alt", None, "passage"),
    Entry("delegation_list", _("Delegations"), "user", None, "passage"),
    Entry("change_list", _("Two-person changes"), "check"),
    Entry("report_list", _("Correction reports"), "warning"),
    Entry("comment_list", _("Comments"), "comment"),
    Entry("unit_list", _("Units"), "group", None, "people"),
    Entry("people_list", _("People"), "user", None, "people"),
    Entry("people_register", _("Responsible persons"), "list-ul", None, "people"),
    Entry("account_list", _("Accounts"), "key", None, "people"),
    Entry("application_list", _("Applications for accounts"), "doc-empty", None, "people"),
    Entry("filing_list", _("Changes of personnel"), "history", None, "people"),
    Entry("reform_list", _("Reforms of units"), "rotate", _UNIT_MANAGERS, "people"),
    Entry("sharing_list", _("Shared libraries"), "link", _UNIT_MANAGERS, "people"),
    Entry("site_report", _("Who answers for sites"), "site", _UNIT_MANAGERS, "people"),
    Entry("co_case_list", _("Cases with co-regulators"), "comment-add", _CO_REGULATION, "people"),
    Entry("rule_list", _("Rules in force"), "clipboard-list", None, "rules"),
    Entry("route_list", _("Review routes"), "tasks", None, "rules"),
    Entry("profile_list", _("Policy profiles"), "folder-inverse", None, "rules"),
    Entry("calendar", _("Working-day calendar"), "calendar", None, "rules"),
    Entry("calendar_calculator", _("Compute a date"), "calendar-check", None, "rules"),
    Entry("taxonomy_list", _("Vocabularies"), "list-ul", None, "rules"),
    Entry("source_list", _("Sources"), "link", None, "rules"),
    Entry("account_help_list", _("Sign-in help"), "key", ADMINISTRATION_ROLES, "security"),
    Entry("session_own", _("My sign-ins"), "desktop", None, "security"),
    Entry("flag_list", _("Unusual sign-ins"), "warning", ADMINISTRATION_ROLES, "security"),
    Entry("session_list", _("Who is signed in"), "user", ADMINISTRATION_ROLES, "security"),
    Entry("network_list", _("Safe networks"), "globe", ADMINISTRATION_ROLES, "security"),
    Entry("terminal_list", _("Terminals"), "desktop", ADMINISTRATION_ROLES, "security"),
    Entry("register_index", _("All registers"), "list-ul", None, "registers"),
    Entry("task_list", _("Content-provision tasks"), "clipboard-list", None, "registers"),
    Entry("publishing_queue", _("Publishing queue"), "upload", None, "running"),
    Entry("mourning", _("Days of mourning"), "calendar-alt", _SITE_KEEPERS, "running"),
    Entry("webarchive_list", _("Web archive"), "folder-inverse", _SITE_KEEPERS, "running"),
    Entry(
        "webarchive_captures",
        _("Pages of former sites"),
        "folder-open-inverse",
        _SITE_KEEPERS | WITHDRAWING_ROLES,
        "running",
    ),
    Entry("visits", _("Search engines and referrals"), "globe", _SITE_KEEPERS, "running"),
    Entry("operation_board", _("Operation"), "desktop", OVERSIGHT_ROLES, "running"),
    Entry("alarm_list", _("Alarms"), "warning", OVERSIGHT_ROLES, "running"),
    Entry("integrity", _("Integrity"), "lock", INTEGRITY_ROLES, "running"),
    Entry("backup_list", _("Backups"), "download", OVERSIGHT_ROLES, "running"),
    Entry("audit_list", _("Audit trail"), "history", OVERSIGHT_ROLES, "oversight"),
    Entry("outbox_board", _("Side effects"), "cogs", OVERSIGHT_ROLES, "oversight"),
    Entry("schedule_board", _("Scheduled jobs"), "calendar-alt", OVERSIGHT_ROLES, "oversight"),
    Entry("scan_board", _("Virus scan"), "lock-open", OVERSIGHT_ROLES, "oversight"),
)


def entries_for(roles: frozenset[str]) -> list[Entry]:
    """Entries that one of `roles` may open."""
    return [entry for entry in ENTRIES if entry.roles is None or entry.roles & roles]
