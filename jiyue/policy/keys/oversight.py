"""Rules about inspection, assessment and reports."""

from django.utils.translation import gettext_lazy as _

from jiyue.policy.keys.definitions import (
    Definition,
    Stricter,
    choice,
    day_of_year,
    names,
    number,
    numbers,
    term,
)

OVERSIGHT_KEYS: dict[str, Definition] = {
    "inspect.cycle": choice(
        _("Cycle of inspections"),
        {
            "yearly": _("yearly"),
            "irregular": _("irregular"),
            "quarterly": _("quarterly"),
            "monthly_and_quarterly": _("monthly and quarterly"),
        },
    ),
    "inspect.sample": number(_("Share of the sites that is inspected"), "percent", Stricter.HIGHER),
    "inspect.patrol": term(_("Interval of the patrol")),
    "assess.bulletin": choice(
        _("Bulletins"),
        {
            "when_unqualified": _("for unqualified units"),
            "after_serious_sampling": _("after a sampling with serious problems"),
            "quarterly": _("quarterly"),
            "monthly": _("monthly"),
            "monthly_and_quarterly": _("monthly and quarterly"),
        },
    ),
    "assess.annual": choice(_("Yearly evaluation"), {"no": _("no"), "yes": _("yes")}),
    "assess.base": number(_("Points at the start"), "points"),
    "assess.pass": number(_("Pass mark"), "points", Stricter.HIGHER),
    "assess.groups": numbers(
        _("Points of organization, updating, accuracy, services, interaction"), "points"
    ),
    "assess.deduct.organization": numbers(
        _("Deduction: no leader or information officer; no rules"), "points"
    ),
    "assess.deduct.dynamic": numbers(
        _("Deduction in dynamic channels: each missing item; each late update"), "points"
    ),
    "assess.deduct.policy": number(
        _("Deduction: policy documents updated late, each case"), "points", Stricter.HIGHER
    ),
    "assess.deduct.disclosure": number(
        _("Deduction: disclosure channels updated late, each case"), "points", Stricter.HIGHER
    ),
    "assess.deduct.accuracy": number(
        _("Deduction: each broken link or wrong character"), "points", Stricter.HIGHER
    ),
    "assess.deduct.service": number(_("Deduction: each error in a service item"), "points", Stricter.HIGHER),
    "assess.deduct.interaction": numbers(
        _("Deduction: letter without an answer; each late answer"), "points"
    ),
    "assess.bonus": numbers(_("Bonus: used by the national, provincial, city portal"), "points"),
    "assess.veto": names(
        _("Findings that alone make the result unqualified"),
        "indicators",
        {
            "serious_misstatement": _("serious misstatement"),
            "serious_wrong_characters": _("serious wrong characters"),
            "sensitive_words": _("sensitive words"),
            "state_secrets": _("leak of state secrets"),
            "illegal_content": _("reactionary, violent or pornographic content or links to it"),
            "security_accident": _("security attack not handled, with a serious accident"),
            "falsification": _("falsification, such as forged dates"),
            "negative_opinion": _("serious negative public opinion"),
        },
        Stricter.HIGHER,
    ),
    "report.annual_due": day_of_year(_("Annual website report")),
    "report.supervision_due": day_of_year(_("Annual supervision report")),
    "report.disclosure_due": day_of_year(_("Yearly disclosure report of a department")),
    "report.disclosure_due.government": day_of_year(_("Yearly disclosure report of a government")),
}
