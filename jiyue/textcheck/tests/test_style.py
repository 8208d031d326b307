"""Form of titles and texts (REV-21, REV-22), dates and punctuation."""

from datetime import date

import pytest

from jiyue.textcheck.checking import check_fields
from jiyue.textcheck.circumstances import Circumstances, Leader
from jiyue.textcheck.findings import Severity

pytestmark = pytest.mark.unit

UNITS = ("区应急局", "荷塘区应急管理局", "荷塘区人民政府")


def _check(sets, title="", body="", **about):
    known = {"title_max_chars": 20, "title_max_marks": 1, "paragraph_max_chars": 400, "unit_names": UNITS}
    texts = {"title": title, "body_html": body}
    return check_fields(texts, rule_sets=sets, circumstances=Circumstances(**(known | about)))


def _title(title, **about):
    return [finding.rule for finding in _check(["ht_title"], title, **about)]


def _body(body, **about):
    found = _check(["ht_text"], body=body, **about)
    return [(finding.rule, finding.excerpt, finding.replacement) for finding in found]


@pytest.mark.req("REV-21")
def test_a_title_is_short_and_declarative_and_has_few_marks_and_short_names():
    assert _title("荷塘区召开安全生产工作会议部署冬春火灾防控工作") == ["ht_title.length"]
    assert _title("一" * 20) == []
    assert _title("一" * 21) == ["ht_title.length"]
    assert _title("一" * 21, title_max_chars=0) == []
    assert _title("冬季如何防火？") == ["ht_title.question"]
    assert _title("冬季防火该怎么办") == ["ht_title.question"]
    assert _title("请注意冬季防火") == ["ht_title.imperative"]
    assert _title("冬季防火开始啦") == ["ht_title.exclamation"]
    assert _title("荷塘区丰收了！") == ["ht_title.exclamation"]
    assert _title("开会、检查、督导、整改") == ["ht_title.marks"]
    assert _title("区应急局宣传《安全生产法》") == []
    short = {"荷塘区应急管理局": "区应急局"}
    (finding,) = _check(["ht_title"], "荷塘区应急管理局召开会议", short_names=short)
    assert (finding.rule, finding.replacement) == ("ht_title.unit_name", "区应急局")
    assert finding.clause == "HT 二(二)2(1)"


@pytest.mark.req("REV-22")
def test_words_from_within_and_days_that_pass_are_replaced():
    found = _body("今天，我局召开会议，我区各单位参加。近日开展检查，明天继续。", event_on=date(2026, 11, 2))
    assert found == [
        ("ht_text.relative_day", "今天", "2026年11月2日"),
        ("ht_text.first_person", "我局", "区应急局"),
        ("ht_text.first_person", "我区", "荷塘区"),
        ("ht_text.vague_day", "近日", None),
        ("ht_text.relative_day", "明天", None),
    ]
    severities = {
        finding.rule: finding.severity for finding in _check(["ht_text"], body="昨天，近日，我局。")
    }
    assert severities == {
        "ht_text.relative_day": Severity.ERROR,
        "ht_text.vague_day": Severity.WARNING,
        "ht_text.first_person": Severity.WARNING,
    }


@pytest.mark.req("REV-22")
def test_dates_and_numbers_are_written_in_arabic_numerals():
    assert _body("2026-03-05召开，二〇二六年三月十五日结束，共一百二十人，增长百分之五。") == [
        ("ht_text.date_digits", "2026-03-05", "2026年3月5日"),
        ("ht_text.date_chinese", "二〇二六年三月十五日", "2026年3月15日"),
        ("ht_text.numerals", "一百二十", "120"),
        ("ht_text.percent", "百分之五", "5%"),
    ]
    assert _body("3月5日召开会议。") == [("ht_text.date_short", "3月5日", None)]
    assert _body("2026年3月5日召开会议，4月6日结束。") == []


@pytest.mark.req("REV-22")
def test_leaders_stand_with_unit_and_post_and_news_names_its_four_elements():
    leaders = (Leader("王建国", "荷塘区应急管理局", "局长"),)
    missing = _body("王建国到现场检查，王建国讲话。", leaders=leaders)
    assert missing == [("ht_text.leader", "王建国", "荷塘区应急管理局局长王建国")]
    assert _body("荷塘区应急管理局局长王建国到现场检查，王建国讲话。", leaders=leaders) == []
    lacking = {rule for rule, _excerpt, _right in _body("很好。", is_news=True)}
    assert lacking == {"ht_text.no_time", "ht_text.no_place", "ht_text.no_person", "ht_text.no_event"}
    assert _body("2026年3月5日，区应急局在金山街道开展检查。", is_news=True) == []
    long = _check(["ht_text"], body="安" * 401)
    assert [(finding.rule, finding.severity) for finding in long] == [("ht_text.paragraph", Severity.ADVICE)]


def test_what_somebody_said_stays_as_it_was_said():
    assert _body("张某某说：“今天我局的服务很好！”") == []


def test_imported_history_is_not_asked_for_style():
    assert _check(["ht_title", "ht_text", "general_form"], "如何？", "今天，，我局。", is_imported=True) == []


def test_days_that_do_not_exist_are_found():
    found = _check(
        ["general_form"], body="2023年2月29日，2024年2月29日，13月5日，2026年4月31日，2026年12月31日。"
    )
    assert [finding.excerpt for finding in found] == ["2023年2月29日", "13月5日", "2026年4月31日"]


def test_marks_without_a_counterpart_are_found_and_numbered_lists_are_not():
    found = _check(
        ["general_form"], body="《条例已经印发。\n1）第一项\n（一）第二项（含附件）\n“第一段\n“第二段”"
    )
    assert [finding.excerpt for finding in found] == ["《"]
    assert [finding.rule for finding in _check(["general_form"], "召开会议。")] == ["general_form.title_stop"]
