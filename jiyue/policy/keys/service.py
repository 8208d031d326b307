"""Rules about citizens' letters, corrections, disclosure requests, new media and exchange."""

from django.utils.translation import gettext_lazy as _

from jiyue.policy.keys.definitions import Definition, Stricter, choice, names, number, term

SERVICE_KEYS: dict[str, Definition] = {
    "message.reply": term(_("Answering a letter")),
    "message.email_check": term(_("Interval of the check of the e-mail box")),
    "message.comment_max_chars": number(_("Longest comment"), "characters"),
    "correction.forward": term(_("Forwarding a correction report to the responsible sponsor")),
    "correction.reply": term(_("Answering a correction report")),
    "correction.check": term(_("Interval of the check for correction reports")),
    "correction.max_chars": number(_("Longest correction report"), "characters"),
    "correction.unpublished_reasons": names(
        _("Reasons not to publish how a correction report was handled"),
        "reasons",
        {
            "untrue": _("untrue report"),
            "unsuitable": _("unsuitable for publication"),
            "like_cases": _("like special cases"),
        },
        Stricter.LOWER,
    ),
    "foi.reply": term(_("Answering a disclosure request")),
    "foi.extension": term(_("Extension of a disclosure request")),
    "newmedia.per_platform": number(
        _("New-media accounts of a unit on one platform"), "accounts", Stricter.LOWER
    ),
    "newmedia.review": term(_("Review of a new-media filing by the county office")),
    "newmedia.original": term(_("Period in which an original item is due")),
    "newmedia.original.quota": number(_("Original items in each period"), "items", Stricter.HIGHER),
    "newmedia.original.enforcement": choice(
        _("When no original item came"), {"warn": _("a warning"), "finding": _("a finding")}
    ),
    "newmedia.app_ipv6": choice(
        _("Support of IPv6 by apps"), {"optional": _("optional"), "required": _("required")}
    ),
    "exchange.approval_chain": names(
        _("Who agrees to a connection of data across platforms"),
        "steps",
        {
            "principal_leader": _("principal leader"),
            "county_office": _("county office"),
            "city_office": _("city office"),
            "evaluation": _("technical and security evaluation"),
        },
        Stricter.HIGHER,
    ),
}
