"""Rules about sites, channels, the library and what may be taken in."""

from django.utils.translation import gettext_lazy as _

from jiyue.policy.keys.definitions import Definition, Stricter, choice, names, number, term, text

SITE_KEYS: dict[str, Definition] = {
    "site.max_per_unit": number(_("Websites a unit may hold"), "sites", Stricter.LOWER),
    "site.department_site": choice(
        _("New websites of departments of the city"),
        {"as_needed": _("as needed, at most one"), "none": _("none are built or rebuilt")},
    ),
    "site.low_level_exception": choice(
        _("Own website of a township or a county department"),
        {
            "by_application": _("by application, for a special need"),
            "in_principle_none": _("in principle none"),
            "none": _("none"),
        },
    ),
    "site.subordinate_unit": choice(
        _("Own website of a subordinate unit"),
        {"allowed": _("allowed"), "in_principle_none": _("in principle none"), "none": _("none")},
    ),
    "site.domain_suffix": text(_("Ending of the English domain"), "suffix"),
    "site.identity_code_digits": number(_("Length of the site identity code"), "digits"),
    "site.final_approver": choice(
        _("Who approves opening, migration and temporary closing last"),
        {"province_office": _("office of the province or of the State Council department")},
        is_ordered=False,
    ),
    "site.offline_max_per_year": number(_("Temporary closings of a site"), "times", Stricter.LOWER),
    "site.offline_max_days": term(_("Longest temporary closing of a site")),
    "site.notice_min_days": term(_("How long notices of a migration stay"), Stricter.HIGHER),
    "channel.update.dynamic": term(_("Longest gap between updates, dynamic channels")),
    "channel.update.policy": term(_("Longest gap between updates, policy documents")),
    "channel.update.disclosure": term(_("Longest gap between updates, disclosure channels")),
    "channel.update.other": term(_("Longest gap between updates, other channels")),
    "channel.update.dynamic_quota": number(
        _("Items that a dynamic channel needs in each period"), "items", Stricter.HIGHER
    ),
    "channel.static_check": term(_("Interval of the check of static information")),
    "library.index_number_pattern": text(_("Pattern of index numbers"), "pattern"),
    "library.use_period": term(
        _("Period that the analysis of use looks at"), Stricter.NONE, note=_("Counted in average days.")
    ),
    "library.popular_picks": number(_("Picks from which a topic counts as much wanted"), "items"),
    "library.fed_by_others": number(
        _("Share of picked items from which a column is fed by others"), "percent"
    ),
    "intake.disabled_modes": names(
        _("Ways of taking content in that are switched off"),
        "acquisition modes",
        {
            "self_written": _("written here"),
            "web_capture": _("captured from the web"),
            "reported": _("reported by a unit"),
            "link": _("link to a website"),
            "interface": _("interface"),
            "file_import": _("imported file"),
        },
        Stricter.HIGHER,
    ),
    "intake.web_capture": choice(
        _("Content captured from the web"),
        {"allowed": _("allowed"), "draft_only": _("enters as a draft only"), "none": _("none")},
    ),
    "intake.unofficial_links": choice(
        _("Links to sources that are not official"),
        {"allowed": _("allowed"), "warned": _("allowed with a warning"), "forbidden": _("forbidden")},
    ),
}
