"""The five documents and the defaults: every number of the last section, each with its clause."""

import tomllib

import pytest

from jiyue.policy.comparing import Comparison, compare
from jiyue.policy.entry import value_refusal
from jiyue.policy.keys import AREAS, KEYS, Shape, area_of, definition_of, general_key_of
from jiyue.policy.keys.definitions import NUMBER_WORDS
from jiyue.policy.selectors import value
from jiyue.policy.shipped import DEFAULT_PROFILE, HEADER, PROFILE_DIR, read_profiles
from jiyue.policy.terms import TermUnit
from jiyue.policy.values import PolicyValue

pytestmark = pytest.mark.unit

WD, D, H, W, M = "working_days", "days", "hours", "weeks", "months"
# Section 23 of the requirements, row by row: key → profile → (value, unit). What isn't named is silent.
GOLDEN = {
    "site.max_per_unit": {"GL": 1, "NT": 1, "default": 1},
    "site.department_site": {"GL": "as_needed", "NT": "as_needed", "CQ": "none", "default": "as_needed"},
    "site.low_level_exception": {
        "GL": "by_application",
        "NT": "in_principle_none",
        "CQ": "none",
        "default": "by_application",
    },
    "site.subordinate_unit": {"NT": "in_principle_none", "default": "none"},
    "site.domain_suffix": {"GL": ".gov.cn", "NT": ".gov.cn", "default": ".gov.cn"},
    "site.identity_code_digits": {"CQ": 10, "default": 10},
    "site.final_approver": {"GL": "province_office", "NT": "province_office", "default": "province_office"},
    "site.offline_max_per_year": {"GL": 1, "default": 1},
    "site.offline_max_days": {"GL": (30, D), "default": (30, D)},
    "site.notice_min_days": {"GL": (30, D), "default": (30, D)},
    "channel.update.dynamic": {"NT": (2, W), "HT": (12, D), "NB": (1, W), "default": (14, D)},
    "channel.update.policy": {"NT": (6, M), "HT": (6, M), "NB": (1, M), "default": (6, M)},
    "channel.update.disclosure": {"HT": (2, M), "NB": (1, M), "default": (2, M)},
    "channel.update.other": {"NB": (1, M), "default": (6, M)},
    "channel.update.dynamic_quota": {"NT": 1, "HT": 1, "NB": 1, "default": 1},
    "channel.static_check": {"HT": (1, M), "default": (1, M)},
    "review.levels": {"GL": 2, "NT": 3, "HT": 2, "NB": 3, "CQ": 3, "default": 3},
    "review.levels.other_units": {"HT": 3, "default": 3},
    "review.major_extra": {
        "NT": "principal_leader",
        "HT": "principal_leader_always",
        "default": "principal_leader",
    },
    "review.openness_required": {"NB": "documents", "CQ": "all", "default": "none"},
    "review.paper_filing": {"HT": ["other_units", "notices", "documents"], "default": []},
    "publish.limit.major_event": {"HT": (1, D), "default": (1, D)},
    "publish.limit.major_event.aim": {"HT": (0, D), "CQ": (0, D), "default": (0, D)},
    "publish.limit.work_news": {"HT": (3, WD), "default": (3, WD)},
    "publish.limit.document": {"HT": (5, WD), "default": (5, WD)},
    "publish.limit.other": {"HT": (7, WD), "default": (7, WD)},
    "style.title_max_chars": {"HT": 20, "default": 0},
    "repost.source_mode": {
        "GL": "others_with_review",
        "NT": "designated",
        "HT": "state_and_local_rules",
        "NB": "official_media",
        "CQ": "authoritative_media",
        "default": "designated",
    },
    "repost.source_mode.newmedia": {"NB": "designated", "default": "designated"},
    "intake.web_capture": {"HT": "allowed", "default": "draft_only"},
    "interpretation.mode": {
        "GL": "prompt",
        "NT": "within_days",
        "HT": "with_filing",
        "NB": "synchronous",
        "CQ": "synchronous",
        "default": "within_days",
    },
    "interpretation.within": {"NT": (3, WD), "default": (3, WD)},
    "repost.deadline": {"GL": (12, H), "default": (12, H)},
    "message.reply": {"HT": (3, WD), "default": (15, WD)},
    "message.email_check": {"GL": (1, D), "default": (1, D)},
    "message.comment_max_chars": {"CQ": 1000, "default": 1000},
    "correction.forward": {"GL": (1, WD), "NT": (1, WD), "default": (1, WD)},
    "correction.reply": {"GL": (3, WD), "NT": (3, WD), "default": (3, WD)},
    "correction.check": {"GL": (1, D), "NT": (1, D), "default": (1, D)},
    "correction.unpublished_reasons": {
        "GL": ["untrue", "like_cases"],
        "NT": ["untrue", "unsuitable", "like_cases"],
        "default": ["untrue", "like_cases"],
    },
    "foi.reply": {"default": (20, WD)},
    "foi.extension": {"default": (20, WD)},
    "newmedia.per_platform": {"NB": 1, "default": 1},
    "newmedia.review": {"NB": (3, WD), "default": (3, WD)},
    "newmedia.original": {"NB": (2, W), "default": (2, W)},
    "newmedia.original.quota": {"NB": 1, "default": 1},
    "newmedia.original.enforcement": {"NB": "warn", "default": "warn"},
    "newmedia.app_ipv6": {"NB": "required", "default": "required"},
    "account.idle": {"NB": (3, M), "default": (3, M)},
    "account.eligibility": {
        "HT": ["permanent", "other_staff", "contractor"],
        "NB": ["permanent"],
        "default": ["permanent", "other_staff", "contractor"],
    },
    "account.per_unit_split": {
        "GL": "rights_separated",
        "HT": "two_accounts",
        "default": "rights_separated",
    },
    "account.auth_factors": {"GL": 2, "default": 2},
    "account.password_change": {"default": ([60, 90], D)},
    "security.log_retention": {"GL": (6, M), "default": (6, M)},
    "security.duty": {"GL": (24, H), "NT": (24, H), "default": (24, H)},
    "security.scan": {"default": (1, M)},
    "security.scan.backup": {"default": (1, D)},
    "security.scan.restore_test": {"default": (3, M)},
    "inspect.cycle": {
        "GL": "quarterly",
        "NT": "monthly_and_quarterly",
        "HT": "irregular",
        "NB": "quarterly",
        "CQ": "yearly",
        "default": "quarterly",
    },
    "inspect.sample": {"GL": 30, "default": 30},
    "inspect.patrol": {"GL": (1, D), "default": (1, D)},
    "assess.bulletin": {
        "GL": "after_serious_sampling",
        "NT": "monthly_and_quarterly",
        "HT": "monthly",
        "CQ": "when_unqualified",
        "default": "quarterly",
    },
    "assess.annual": dict.fromkeys(("GL", "NT", "HT", "NB", "CQ", "default"), "yes"),
    "assess.base": {"HT": 100, "default": 100},
    "assess.pass": {"HT": 60, "default": 60},
    "assess.groups": {"HT": [10, 30, 20, 20, 20], "default": [10, 30, 20, 20, 20]},
    "assess.deduct.organization": {"HT": [5, 5], "default": [5, 5]},
    "assess.deduct.dynamic": {"HT": [3, 5], "default": [3, 5]},
    "assess.deduct.policy": {"HT": 10, "default": 10},
    "assess.deduct.disclosure": {"HT": 10, "default": 10},
    "assess.deduct.accuracy": {"HT": 5, "default": 5},
    "assess.deduct.service": {"HT": 5, "default": 5},
    "assess.deduct.interaction": {"HT": [20, 10], "default": [20, 10]},
    "assess.bonus": {"HT": [10, 5, 3], "default": [10, 5, 3]},
    "report.annual_due": {"GL": "01-31", "NT": "01-31", "default": "01-31"},
    "report.supervision_due": {"GL": "01-31", "default": "01-31"},
    "report.disclosure_due": {"default": "01-31"},
    "report.disclosure_due.government": {"default": "03-31"},
}
LISTED = {  # rows of the section that are lists of names: profile → how many
    "review.special_approvers": {"NT": 5, "HT": 2, "default": 0},
    "review.gates": {"NT": 5, "default": 5},
    "exchange.approval_chain": {"NB": 4, "default": 4},
    "assess.veto": {"HT": 8, "default": 8},
}


@pytest.mark.req("PROF-01")
@pytest.mark.parametrize("key", sorted(GOLDEN))
def test_every_profile_states_what_its_document_states(key: str) -> None:
    for code, profile in read_profiles().items():
        expected = GOLDEN[key].get(code)
        found = profile.values.get(key)
        if expected is None:
            assert found is None, f"{code} is silent on {key}"
            continue
        assert found is not None, f"{code} states {key}"
        stated = (found.value, found.unit) if isinstance(expected, tuple) else found.value
        assert stated == expected
        assert found.clause.startswith(code) or code == DEFAULT_PROFILE


@pytest.mark.parametrize("key", sorted(LISTED))
def test_lists_are_as_long_as_their_documents_say(key: str) -> None:
    counts = {code: len(p.values[key].items) for code, p in read_profiles().items() if key in p.values}
    assert counts == LISTED[key]


@pytest.mark.req("PROF-01")
def test_the_five_documents_and_the_defaults_ship() -> None:
    assert set(read_profiles()) == {"GL", "NT", "HT", "NB", "CQ", "default"}
    for profile in read_profiles().values():
        assert profile.title
        assert profile.version >= 1


def test_values_of_every_profile_are_values_a_person_could_state() -> None:
    for code, profile in read_profiles().items():
        for key, stated in profile.values.items():
            refusal = value_refusal(key, stated.value, stated.unit, stated.clause)
            assert refusal is None, f"{code} {key}: {refusal}"


def test_entries_have_value_unit_and_clause_and_nothing_else() -> None:
    for path in PROFILE_DIR.glob("*.toml"):
        areas = tomllib.loads(path.read_text(encoding="utf-8"))
        assert set(areas.pop(HEADER)) <= {"title", "document", "version"}
        stack = list(areas.values())
        while stack:
            table = stack.pop()
            stack += [entry for entry in table.values() if isinstance(entry, dict)]
            if "value" in table:
                plain = {name for name, entry in table.items() if not isinstance(entry, dict)}
                assert plain == {"value", "unit", "clause"}


def test_every_rule_has_a_default_an_area_and_words() -> None:
    defaults = read_profiles()[DEFAULT_PROFILE].values
    assert set(KEYS) == {key for key in defaults if general_key_of(key) is None}
    for key, definition in KEYS.items():
        assert area_of(key) in AREAS
        assert str(definition.label)
        if definition.shape in {Shape.NUMBER, Shape.NUMBERS}:
            assert definition.unit in NUMBER_WORDS, key


def _stated(key: str, stated: object, unit: str = "") -> PolicyValue:
    return PolicyValue(key, stated, unit or definition_of(key).unit, "x", "x")


@pytest.mark.req("PROF-03")
@pytest.mark.parametrize(
    ("key", "local", "national", "expected"),
    [
        ("channel.update.dynamic", (12, D), (2, W), "stricter"),
        ("channel.update.dynamic", (14, D), (2, W), "equal"),
        ("channel.update.policy", (1, M), (5, W), "stricter"),
        ("channel.update.policy", (6, M), (5, W), "looser"),
        ("correction.reply", (4, WD), (3, WD), "looser"),
        ("correction.reply", (4, D), (3, WD), "stricter"),
        ("repost.deadline", (1, D), (12, H), "looser"),
        ("security.log_retention", (3, M), (6, M), "looser"),
        ("security.log_retention", (1, W), (6, M), "looser"),
        ("site.notice_min_days", (60, D), (30, D), "stricter"),
        ("inspect.sample", 20, 30, "looser"),
        ("account.auth_factors", 3, 2, "stricter"),
        ("style.title_max_chars", 20, 0, "stricter"),
        ("style.title_max_chars", 0, 20, "looser"),
        ("site.low_level_exception", "none", "by_application", "stricter"),
        ("inspect.cycle", "yearly", "quarterly", "looser"),
        ("report.annual_due", "01-15", "01-31", "stricter"),
        ("report.annual_due", "03-01", "01-31", "looser"),
        ("correction.unpublished_reasons", ["untrue", "unsuitable", "like_cases"], ["untrue"], "looser"),
        ("account.eligibility", ["permanent"], ["permanent", "contractor"], "stricter"),
        ("account.eligibility", ["permanent"], ["contractor"], "different"),
        ("reminder.lead", ([3], WD), ([1], WD), "different"),
        ("site.domain_suffix", ".cn", ".gov.cn", "different"),
    ],
)
def test_stricter_and_looser_follow_the_sense_of_the_rule(key, local, national, expected) -> None:
    values = [
        _stated(key, *stated) if isinstance(stated, tuple) else _stated(key, stated)
        for stated in (local, national)
    ]
    assert compare(*values) is Comparison(expected)


@pytest.mark.req("PROF-03")
def test_documents_that_are_looser_than_gl_are_known() -> None:
    national = read_profiles()["GL"].values
    looser = {
        (code, key)
        for code, profile in read_profiles().items()
        for key, stated in profile.values.items()
        if key in national and compare(stated, national[key]) is Comparison.LOOSER
    }
    assert looser == {
        ("NT", "correction.unpublished_reasons"),
        ("HT", "inspect.cycle"),
        ("CQ", "inspect.cycle"),
        ("CQ", "assess.bulletin"),
    }


@pytest.mark.parametrize(
    ("key", "stated", "unit"),
    [
        ("no.such", 1, D),
        ("Correction.Reply", 1, D),
        ("reminder.lead." + "x" * 90, [1], WD),
        ("correction.reply", -1, WD),
        ("correction.reply", 10**9, WD),
        ("correction.reply", True, WD),
        ("correction.reply", "3", WD),
        ("correction.reply", 3, "years"),
        ("correction.reply", None, WD),
        ("inspect.sample", 30, D),
        ("inspect.cycle", "weekly", "choice"),
        ("inspect.cycle", ["yearly"], "choice"),
        ("reminder.lead", [], WD),
        ("reminder.lead", [1] * 21, WD),
        ("reminder.lead", [1, "2"], WD),
        ("review.route", ["entry_clerk"], "roles"),
        ("review.route", ["entry_clerk", "entry_clerk"], "roles"),
        ("review.route", ["entry_clerk", "platform_manager"], "roles"),
        ("review.route", "entry_clerk", "roles"),
        ("report.annual_due", "02-30", "month-day"),
        ("report.annual_due", "13-01", "month-day"),
        ("report.annual_due", "1-31", "month-day"),
        ("site.domain_suffix", " ", "suffix"),
        ("site.domain_suffix", "x" * 201, "suffix"),
        ("library.index_number_pattern", "{unit}/{year}", "pattern"),
        ("library.index_number_pattern", "{unit.__class__}{year}{serial}", "pattern"),
        ("library.index_number_pattern", "{unit}{year}{serial:zz}", "pattern"),
        ("library.index_number_pattern", "{unit}{year}{serial}{", "pattern"),
    ],
)
def test_what_is_no_value_of_a_rule_is_refused_with_its_field(key, stated, unit) -> None:
    refusal = value_refusal(key, stated, unit, "clause")
    assert refusal is not None
    assert refusal.field in {"key", "value", "unit"}
    assert refusal.fix


def test_a_value_needs_a_clause() -> None:
    assert value_refusal("correction.reply", 3, WD, " ").field == "clause"
    assert value_refusal("correction.reply", 3, WD, "x" * 301).field == "clause"
    assert value_refusal("correction.reply", 3, WD, "x") is None


@pytest.mark.req("PROF-06")
def test_reminders_and_escalation_can_be_stated_for_one_kind_of_clock() -> None:
    assert value_refusal("reminder.lead.correction.reply", [5, 2, 1], WD, "x") is None
    assert value_refusal("reminder.escalation.personnel.successor", [1], D, "x") is None
    assert value("reminder.escalation.anything").terms == value("reminder.escalation").terms
    assert {term.unit for term in value("reminder.lead").terms} == {TermUnit.WORKING_DAYS}
