import pytest

from jiyue.core.text import spreadsheet_safe, storable

pytestmark = pytest.mark.unit


def test_characters_that_no_database_stores_and_direction_overrides_are_dropped():
    assert storable("甲\x00乙\ud800丙\u202eabc\u202d") == "甲乙丙abc"


def test_rare_characters_and_marks_of_other_scripts_stay():
    assert storable("𠮷ئۇيغۇر\u200f\u200d") == "𠮷ئۇيغۇر\u200f\u200d"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_never_starts_a_formula(text: str):
    assert spreadsheet_safe(text) == f"'{text}"


def test_ordinary_and_empty_text_stays():
    assert (spreadsheet_safe("甲"), spreadsheet_safe("")) == ("甲", "")
