"""Rules about review, publication, wording, reposting and interpretation."""

from django.utils.translation import gettext_lazy as _

from jiyue.policy.keys.definitions import Definition, Stricter, choice, names, number, term

_SOURCES = {
    "others_with_review": _("other sources too, after an added review"),
    "state_and_local_rules": _("as the rules of state and place say"),
    "authoritative_media": _("authoritative media and mainstream sites"),
    "official_media": _("government sites and official authoritative media"),
    "designated": _("in principle only designated sources"),
}

_TEXT_RULE_SETS = {
    "misstatements": _("serious misstatements"),
    "sensitive": _("sensitive words"),
    "secrets": _("marks of secrecy"),
    "typos": _("wrongly written characters"),
    "local": _("local lists of words"),
    "privacy": _("personal privacy"),
    "enforcement": _("masking in law-enforcement disclosures"),
    "trade_secrets": _("trade secrets"),
    "links": _("links"),
    "advertising": _("commercial advertising"),
    "general_form": _("numbers, dates and punctuation"),
    "ht_title": _("form of titles"),
    "ht_text": _("form of texts"),
}

CONTENT_KEYS: dict[str, Definition] = {
    "review.route": names(
        _("Levels of review in their order"),
        "roles",
        {
            "entry_clerk": _("entry clerk"),
            "review_lead": _("review lead"),
            "leader_in_charge": _("leader in charge"),
            "principal_leader": _("principal leader"),
        },
        Stricter.HIGHER,
        at_least=2,  # one enters, another one reviews
    ),
    "review.levels": number(_("Persons an item passes before release"), "levels", Stricter.HIGHER),
    "review.levels.other_units": number(
        _("Persons an item of other units passes before release"), "levels", Stricter.HIGHER
    ),
    "review.major_extra": choice(
        _("Added approver of major information"),
        {
            "none": _("none"),
            "principal_leader": _("principal leader"),
            "principal_leader_always": _("principal leader, for every item"),
        },
    ),
    "review.special_approvers": names(
        _("Sorts of content with an approver of their own"),
        "classes",
        {
            "leaders_documents_meetings": _("leaders, government documents and meetings"),
            "disclosure_requests": _("disclosure-request platform"),
            "mayors_mailbox": _("letters of the mayor's mailbox"),
            "major_leader_news": _("major items about leaders"),
            "other_portal_content": _("everything else on the portal"),
            "notices": _("notices"),
            "documents": _("government documents"),
        },
        Stricter.HIGHER,
    ),
    "review.paper_filing": names(
        _("What needs a signed paper"),
        "classes",
        {
            "other_units": _("items of other units (stamp)"),
            "notices": _("notices (stamp and words of consent)"),
            "documents": _("documents (words of consent)"),
        },
        Stricter.HIGHER,
    ),
    "review.gates": names(
        _("Checklist of the reviewer"),
        "gates",
        {
            "politics": _("political gate"),
            "law": _("legal gate"),
            "policy": _("policy gate"),
            "secrecy": _("secrecy gate"),
            "wording": _("wording gate"),
        },
        Stricter.HIGHER,
    ),
    "review.batch_sample": number(
        _("Items of a batch that each reviewer opens before approving"), "percent", Stricter.HIGHER
    ),
    "review.batch_sample.minimum": number(
        _("Items of a batch that each reviewer opens at least"), "items", Stricter.HIGHER
    ),
    "review.openness_required": choice(
        _("Items whose openness attribute has to be stated"),
        {"none": _("none"), "documents": _("policy documents"), "all": _("every item")},
    ),
    "publish.prompt": term(_("Publishing what was stated to be public")),
    "publish.limit.major_event": term(_("Publishing major events: latest")),
    "publish.limit.major_event.aim": term(_("Publishing major events: in principle")),
    "publish.limit.work_news": term(_("Publishing work news")),
    "publish.limit.document": term(_("Publishing documents and reports")),
    "publish.limit.other": term(_("Publishing all else")),
    "style.title_max_chars": number(_("Longest title"), "characters", Stricter.LOWER, is_zero_off=True),
    "style.title_max_marks": number(
        _("Most punctuation marks in a title"), "characters", Stricter.LOWER, is_zero_off=True
    ),
    "style.paragraph_max_chars": number(
        _("Longest paragraph"), "characters", Stricter.LOWER, is_zero_off=True
    ),
    "textcheck.rule_sets": names(
        _("What texts are checked for"), "rule sets", _TEXT_RULE_SETS, Stricter.HIGHER
    ),
    "textcheck.veto_sets": names(
        _("Checks whose worst hits can't be justified"), "rule sets", _TEXT_RULE_SETS, Stricter.HIGHER
    ),
    "textcheck.blocking_sets": names(
        _("Checks whose errors have to be mended or justified"), "rule sets", _TEXT_RULE_SETS, Stricter.HIGHER
    ),
    "repost.source_mode": choice(_("Sources that may be reposted"), _SOURCES),
    "repost.source_mode.newmedia": choice(_("Sources that may be reposted in new media"), _SOURCES),
    "repost.deadline": term(_("Reposting policies of the superior site")),
    "interpretation.mode": choice(
        _("When an interpretation must be online"),
        {
            "prompt": _("promptly"),
            "within_days": _("within a term after the document"),
            "with_filing": _("filed with the document"),
            "synchronous": _("together with the document"),
        },
    ),
    "interpretation.within": term(_("Term of an interpretation after the document")),
}
