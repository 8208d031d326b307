"""Rules about accounts, responsible persons, terminals, security and reminders."""

from django.utils.translation import gettext_lazy as _

from jiyue.policy.keys.definitions import Definition, Stricter, choice, names, number, term, terms

_OPTIONAL = {"optional": _("optional"), "required": _("required")}

PEOPLE_KEYS: dict[str, Definition] = {
    "account.idle": term(_("Time without signing in after which an account is disabled")),
    "account.idle_warnings": terms(_("Warnings before an idle account is disabled")),
    "account.eligibility": names(
        _("Who may hold an account"),
        "employment",
        {
            "permanent": _("permanent staff"),
            "other_staff": _("other staff of the unit"),
            "contractor": _("outsourced staff with a live contract"),
        },
        Stricter.LOWER,
        at_least=1,
    ),
    "account.opening_as_of_course": names(
        _("Units that receive accounts as a matter of course"),
        "unit kinds",
        {
            "government": _("government"),
            "department": _("department"),
            "township_subdistrict": _("township or subdistrict"),
        },
        Stricter.LOWER,
    ),
    "account.per_unit_split": choice(
        _("Entry account and review account"),
        {"rights_separated": _("rights separated"), "two_accounts": _("two accounts for each unit")},
    ),
    "account.auth_factors": number(_("Factors of signing in"), "factors", Stricter.HIGHER),
    "account.platform_identity": choice(_("Identity authentication of the platform"), _OPTIONAL),
    "account.password_change": terms(
        _("Change of password, at a random moment between"), note=_("The shortest and the longest time.")
    ),
    "account.password_history": number(
        _("Earlier passwords that may not come back"), "passwords", Stricter.HIGHER
    ),
    "account.lockout_failures": number(
        _("Failed sign-ins before an account is locked"), "failures", Stricter.LOWER
    ),
    "account.lockout_minutes": number(_("How long it stays locked"), "minutes", Stricter.HIGHER),
    "account.lockout_alarm": number(
        _("Failed sign-ins with one name, from all addresses, after which administrators are told"),
        "failures",
        Stricter.LOWER,
    ),
    "account.initial_password": term(_("How long an initial password is valid")),
    "account.session_idle": number(
        _("Minutes without use after which a sign-in ends"), "minutes", Stricter.LOWER
    ),
    "account.session_length": number(
        _("Minutes after which a sign-in ends in any case"), "minutes", Stricter.LOWER
    ),
    "account.concurrent_window": number(
        _("Minutes in which use at two places counts as use at the same time"), "minutes", Stricter.HIGHER
    ),
    "personnel.successor": term(_("Filing the successor of a responsible person")),
    "personnel.leaders_in_charge": number(
        _("Leaders in charge of one unit at a time"), "persons", Stricter.LOWER, is_zero_off=True
    ),
    "terminal.check_cycle": term(_("Interval of the security check of a terminal")),
    "security.log_retention": term(_("How long running logs are kept"), Stricter.HIGHER),
    "security.duty": term(_("Hours of each day that the duty roster covers"), Stricter.HIGHER),
    "security.scan": term(_("Interval of the full security scan")),
    "security.scan.backup": term(_("Interval of the backup")),
    "security.scan.restore_test": term(_("Interval of the test that a backup can be restored")),
    "security.scan.assessment": term(_("Interval of the security assessment")),
    "security.scan.drill": term(_("Interval of the emergency drill")),
    "reminder.lead": terms(_("Reminders before something is due")),
    "reminder.escalation": terms(
        _("Escalation after something was due"),
        note=_("One step for each: first whoever owes it, then the leaders, then the supervising unit."),
    ),
}
