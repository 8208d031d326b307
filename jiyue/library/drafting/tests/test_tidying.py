"""The format clean-up: what it changes, and what it leaves alone (REV-24)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiyue.library.drafting.tidying import tidy
from jiyue.library.richtext import RichTextTooLarge, html_to_text

pytestmark = pytest.mark.unit


def tidied(text: str) -> str:
    """One paragraph after the clean-up, as words."""
    return html_to_text(tidy(f"<p>{text}</p>", marks_headings=False).html)


@pytest.mark.req("REV-24")
@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("会议召开,部署工作.", "会议召开，部署工作。"),
        ("时间:上午9:30;地点:会议室", "时间：上午9:30；地点：会议室"),
        ("增长5.2%,其中工业增长6.1%.", "增长5.2%，其中工业增长6.1%."),
        ("共1,200人,比例1:2", "共1,200人，比例1:2"),
        ("好吗?好!", "好吗？好！"),
        ("(一)总体要求", "（一）总体要求"),
        ("（一）、总体要求", "（一）总体要求"),
        ("一.总体要求", "一、总体要求"),
        ("1. 加强领导", "1.加强领导"),
        ("1、加强领导", "1.加强领导"),
        ("１２３ＡＢＣ％", "123ABC%"),
        ("国办发[2026]12号", "国办发〔2026〕12号"),
        ("国办发（2026）12号", "国办发〔2026〕12号"),
        ("推进“一网通办”和「跨省通办」", "推进“一网通办”和“跨省通办”"),
        ('推进"一网通办"改革', "推进“一网通办”改革"),
        ("加强领导，，落实责任。。", "加强领导，落实责任。"),
        ("等等...", "等等……"),
        ("通 知", "通知"),
        ("现将有关 事项通知如下，请执行。", "现将有关事项通知如下，请执行。"),
        ("2026 年 1 月 5 日", "2026年1月5日"),
        ("共 12 个单位，完成。", "共12个单位，完成。"),
    ],
)
def test_form_of_official_texts(typed: str, wanted: str) -> None:
    assert tidied(typed) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "出席：张三 李四 王五，列席。",
        "第一条 为了规范工作，制定本办法。",
        "详见https://www.example.gov.cn/a,b?c=1:2(3)",
        "来信请寄 office@example.gov.cn",
        "the “quick” fox, e.g. this; and that (here)",
        "版本3.2.1，比分2:1，3,000元。",
        '尺寸为12"的屏幕',
        "真的吗？！太好了！！",
        "𠮷野家、㐂、龘三字",
        "甲、乙、丙",
    ],
)
def test_what_is_right_stays(text: str) -> None:
    assert tidied(text) == text


def test_signature_on_the_right_keeps_its_spaces() -> None:
    html = '<p class="align-right">市政府办公室 市财政局</p>'
    assert tidy(html).html == html


def test_blank_paragraphs_and_typed_indents_go_and_are_counted() -> None:
    result = tidy("<p>\u3000\u3000第一段。</p><p>&nbsp;</p><p><br></p><p>&nbsp;&nbsp;第二段。</p>")
    assert result.html == "<p>第一段。</p>\n<p>第二段。</p>"
    assert {change.code: change.count for change in result.changes} == {"indents": 2, "empty": 2}


def test_numbered_lines_become_headings_where_there_are_none() -> None:
    html = "<p>一.总体要求</p><p>坚持原则。</p><p>二.主要任务</p><p>(一)加强领导</p><p>落实责任。</p>"
    result = tidy(html)
    assert "<h2>一、总体要求</h2>" in result.html
    assert "<h3>（一）加强领导</h3>" in result.html
    assert {"numbers", "headings"} <= {change.code for change in result.changes}
    kept = "<h2>已有标题</h2>\n<p>一、总体要求</p>"
    assert tidy(kept).html == kept


def test_look_of_words_and_pictures_stay_where_they_are() -> None:
    html = '<p>会议<strong>强调,</strong>要<em>抓好</em> <img src="/media/a.png" alt="会场">落实.</p>'
    assert tidy(html).html == (
        '<p>会议<strong>强调，</strong>要<em>抓好</em> <img src="/media/a.png" alt="会场">落实。</p>'
    )


def test_report_shows_the_first_place_of_each_rule() -> None:
    change = tidy("<p>会议召开,部署工作</p>").changes[0]
    assert (change.code, change.count) == ("marks", 1)
    assert (change.before, change.after) == ("会议召开,部署工作", "会议召开，部署工作")


_WORDS = '一 二 、 国办发 [2026] 1号 ( ) （ ） , . ... : ; " “ ” a 7 。 ， 第一条 张三 通 知 年 月 「 」 … !'
_PIECES = st.sampled_from([*_WORDS.split(), "<b>", "</b>", "<br>", " ", "  ", "\u3000", "https://a.cn/,"])


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(_PIECES, max_size=25).map("".join), max_size=5))
def test_tidying_tidy_text_changes_nothing(paragraphs: list[str]) -> None:
    once = tidy("".join(f"<p>{text}</p>" for text in paragraphs))
    again = tidy(once.html)
    assert again.html == once.html
    assert again.changes == ()


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=40).map("".join))
def test_no_letter_or_digit_is_lost(text: str) -> None:
    def letters(words: str) -> str:
        return "".join(character for character in words if character.isalnum())

    plain = text.replace("<b>", "").replace("</b>", "").replace("<br>", "")
    assert letters(tidied(text)) == letters(plain)


def test_two_megabytes_are_tidied_and_more_is_refused() -> None:
    html = "<p>会议强调,要抓好落实 工作:(一)加强领导;</p>" * 40_000
    assert tidy(html)
    with pytest.raises(RichTextTooLarge):
        tidy("文" * 4_000_001)
