"""Policy values come with unit and clause, from the nearest profile that states them."""

from datetime import date

import pytest

from jiyue.policy import selectors
from jiyue.policy.terms import Term, TermUnit

pytestmark = pytest.mark.unit


def test_value_has_unit_origin_and_clause() -> None:
    found = selectors.value("site.identity_code_digits")
    assert (found.number, found.unit, found.origin) == (10, "digits", "default")
    assert found.clause == "CQ 页脚"


def test_route_names_three_levels() -> None:
    assert selectors.value("review.route").items == ["entry_clerk", "review_lead", "leader_in_charge"]


def test_unknown_key_and_unknown_profile_are_refused() -> None:
    with pytest.raises(LookupError, match=r"no\.such"):
        selectors.value("no.such")


def test_wrong_type_is_refused() -> None:
    route, factors = selectors.value("review.route"), selectors.value("account.auth_factors")
    for read in ("number", "text", "term", "terms", "numbers"):
        with pytest.raises(TypeError, match=r"review\.route"):
            getattr(route, read)
    for read in ("items", "text", "term", "numbers"):
        with pytest.raises(TypeError, match=r"account\.auth_factors"):
            getattr(factors, read)


def test_terms_carry_their_unit() -> None:
    assert selectors.value("correction.reply").term == Term(3, TermUnit.WORKING_DAYS)
    assert selectors.value("repost.deadline").term == Term(12, TermUnit.HOURS)
    assert selectors.value("channel.update.dynamic", profiles=["NB"]).term == Term(1, TermUnit.WEEKS)
    assert selectors.value("account.idle").term == Term(3, TermUnit.MONTHS)
    assert selectors.value("account.password_change").terms == [
        Term(60, TermUnit.DAYS),
        Term(90, TermUnit.DAYS),
    ]


def test_a_term_is_never_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        Term(-1, TermUnit.DAYS)


def test_rule_of_one_kind_of_clock_follows_the_general_one() -> None:
    found = selectors.value("reminder.lead.correction.reply")
    assert (found.key, found.terms) == ("reminder.lead", selectors.value("reminder.lead").terms)


def test_local_profile_speaks_first_then_gl_then_the_default() -> None:
    assert selectors.value("site.low_level_exception", profiles=["CQ"]).origin == "CQ"
    assert selectors.value("correction.reply", profiles=["HT"]).origin == "GL"
    assert selectors.value("foi.reply", profiles=["HT"]).origin == "default"
    assert selectors.value("foi.reply", on=date(2026, 1, 1)).is_proposed
