"""Policy values come with unit and clause, from the nearest profile that states them."""

import tomllib
from pathlib import Path

import pytest

from jiyue.policy import selectors

pytestmark = pytest.mark.unit


def test_value_has_unit_origin_and_clause() -> None:
    found = selectors.value("site.identity_code_digits")
    assert (found.number, found.unit, found.origin) == (10, "digits", "default")
    assert found.clause == "CQ 页脚"


def test_route_names_three_levels() -> None:
    assert selectors.value("review.route").items == ["entry_clerk", "review_lead", "leader_in_charge"]


def test_unknown_key_and_wrong_type_are_refused() -> None:
    with pytest.raises(LookupError, match=r"no\.such"):
        selectors.value("no.such")
    with pytest.raises(TypeError):
        _ = selectors.value("review.route").number
    with pytest.raises(TypeError):
        _ = selectors.value("account.auth_factors").items


@pytest.mark.parametrize("path", sorted((Path(selectors.__file__).parent / "profiles").glob("*.toml")))
def test_every_value_of_every_profile_names_unit_and_clause(path: Path) -> None:
    for area in tomllib.loads(path.read_text(encoding="utf-8")).values():
        for entry in area.values():
            assert set(entry) == {"value", "unit", "clause"}
            assert entry["clause"]
