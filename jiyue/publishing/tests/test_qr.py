"""QR codes: the quick way draws exactly what a general encoder draws."""

import re

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from jiyue.publishing.qr import MASK, QUIET_ZONE, draw_qr

pytestmark = pytest.mark.unit


def drawn_modules(svg: str) -> list[list[int]]:
    """Follow the path of a drawing and return the modules it darkens."""
    width = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    size = width - 2 * QUIET_ZONE
    rows = [[0] * size for _ in range(size)]
    column, row = 0, 0
    for kind, value in re.findall(r"([hm])(-?\d+(?: \d+)?)", svg):
        if kind == "m":
            across, _, down = value.partition(" ")
            column, row = column + int(across), row + int(down)
            continue
        for _ in range(int(value)):
            rows[row][column] = 1
            column += 1
    return rows


def reference(address: str) -> list[list[int]]:
    code = segno.make_qr(address.encode(), error="l", mask=MASK, mode="byte", boost_error=False)
    return [list(row) for row in code.matrix]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=140))
def test_code_equals_the_general_encoders(address):
    assert drawn_modules(draw_qr(address)) == reference(address)


@pytest.mark.parametrize("length", [1, 17, 18, 32, 33, 53, 54, 78, 79, 106, 107, 300])
def test_code_equals_the_general_encoders_at_every_change_of_size(length):
    address = ("https://www.example.gov.cn/yaowen/202611/" + "7" * 300)[:length]
    assert drawn_modules(draw_qr(address)) == reference(address)


def test_address_in_chinese_is_encoded_as_utf_8():
    assert drawn_modules(draw_qr("https://例子.政务/")) == reference("https://例子.政务/")
