"""The one door: places, keys, severities, lists handed in, links, floods."""

import time

import pytest

from jiyue.textcheck.checking import MAX_DISTINCT, TOO_MANY, check_fields
from jiyue.textcheck.circumstances import Circumstances, Link, LinkMode, LocalWord
from jiyue.textcheck.findings import Severity
from jiyue.textcheck.rule_sets import RULE_SETS

pytestmark = pytest.mark.unit


def _links(*links, body="点击这里", **about):
    circumstances = Circumstances(links=links, **about)
    found = check_fields({"body_html": body}, rule_sets=["links"], circumstances=circumstances)
    return [(finding.rule, finding.severity) for finding in found]


def test_a_finding_says_where_it_is_and_which_of_equal_words_it_means():
    text = "布署工作，分布署名，再布署"
    first, second = check_fields({"body_html": text}, rule_sets=["typos"])
    assert (first.start, first.end, first.occurrence) == (0, 2, 1)
    assert text[second.start : second.end] == second.excerpt == "布署"
    assert second.occurrence == 3  # the white phrase holds the second one
    assert first.key == second.key
    assert first.replacement == "部署"
    assert first.category == "typos"
    assert first.clause


def test_places_are_those_of_the_original_also_behind_hidden_characters():
    text = "\u200b\u200b布\u200b署"
    (finding,) = check_fields({"title": text}, rule_sets=["typos"])
    assert text[finding.start : finding.end] == finding.excerpt == "布\u200b署"


def test_the_profile_decides_what_weighs_how_much():
    text = {"body_html": "习进平，布署"}

    def weights(**limits):
        return [finding.severity for finding in check_fields(text, rule_sets=["typos"], **limits)]

    assert weights() == [Severity.VETO, Severity.ERROR]
    assert weights(veto_sets=[], blocking_sets=["typos"]) == [Severity.ERROR, Severity.ERROR]
    assert weights(veto_sets=[], blocking_sets=[]) == [Severity.WARNING, Severity.WARNING]
    assert check_fields(text, rule_sets=[]) == []


def test_an_unknown_rule_set_is_refused():
    with pytest.raises(LookupError, match="no rule set"):
        check_fields({"title": "x"}, rule_sets=["nonsense"])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("增强“四个自信”", "misstatements.word"),
        ("日本、韩国、台湾等国家", "misstatements.called_countries"),
        ("中国共产党第二十届全国代表大会", "misstatements.party_congress"),
        ("协调、创新、绿色、开放、共享", "misstatements.order"),
        ("国家主席、中共中央总书记", "misstatements.order"),
        ("最高人民检查院", "misstatements.word"),
    ],
)
def test_serious_misstatements_are_found(text, rule):
    assert [finding.rule for finding in check_fields({"title": text}, rule_sets=["misstatements"])] == [rule]


def test_the_right_order_of_a_formula_and_loose_words_stay():
    for text in ("创新、协调、绿色、开放、共享", "绿色、创新", "道路自信、理论自信、制度自信、文化自信"):
        assert check_fields({"title": text}, rule_sets=["misstatements"]) == []


def test_marks_of_secrecy_are_a_veto():
    (finding,) = check_fields({"body_html": "机密★1年"}, rule_sets=["secrets"])
    assert finding.severity == Severity.VETO


def test_local_lists_and_white_phrases_are_handed_in():
    words = (LocalWord("和塘区", right="荷塘区", severity="veto"),)
    about = Circumstances(local_words=words, white_words=("布署路",))
    found = check_fields({"title": "和塘区布署路"}, rule_sets=["local", "typos"], circumstances=about)
    assert [(finding.rule, finding.replacement) for finding in found] == [("local.word", "荷塘区")]
    with pytest.raises(ValueError, match="too short"):
        check_fields(
            {"title": "x"},
            rule_sets=["local"],
            circumstances=Circumstances(local_words=(LocalWord("区"),)),
        )


@pytest.mark.req("REV-28")
def test_links_to_prohibited_places_and_programs_are_a_veto():
    veto = Severity.VETO
    assert _links(Link("https://www.bet365.com/x", "这里")) == [("links.blocked", veto)]
    assert _links(Link("https://gov.cn@bet365.com/", "这里")) == [("links.blocked", veto)]
    assert _links(Link("https://a.casino/", "这里")) == [("links.blocked", veto)]
    assert _links(Link("http://BAD.example.com./", "这里"), blocked_domains=frozenset({"example.com"})) == [
        ("links.blocked", veto)
    ]
    for program in ("javascript:alert(1)", " JavaScript:x", "data:text/html,x", "vbscript:x"):
        assert _links(Link(program, "这里")) == [("links.script", veto)]
    assert _links(body="请访问http://www.bet365.com/x注册") == [("links.blocked", veto)]


@pytest.mark.req("REV-28")
def test_links_to_what_is_not_official_follow_the_profile():
    other = Link("https://www.example.org/", "这里")
    assert _links(other) == []
    assert _links(other, unofficial_links=LinkMode.WARNED) == [("links.unofficial", Severity.WARNING)]
    assert _links(other, unofficial_links=LinkMode.FORBIDDEN) == [("links.unofficial", Severity.ERROR)]
    forbidden = {"unofficial_links": LinkMode.FORBIDDEN}
    for official in (
        "https://www.gov.cn/a",
        "http://www.hnht.gov.cn",
        "https://www.news.cn/x",
        "/media/a.pdf",
    ):
        assert _links(Link(official, "这里"), **forbidden) == []
    assert _links(other, official_domains=frozenset({"example.org"}), **forbidden) == []
    disguised = Link("https://gov.cn.example.org/", "这里")
    assert _links(disguised, **forbidden) == [("links.unofficial", Severity.ERROR)]
    assert _links(Link("https://item.taobao.com/x", "这里")) == [("links.advertising", Severity.ERROR)]
    assert _links(Link("http://127.0.0.1/x", "这里")) == [("links.hidden", Severity.WARNING)]
    advertisement = check_fields({"body_html": "限时秒杀，货到付款"}, rule_sets=["advertising"])
    assert [finding.severity for finding in advertisement] == [Severity.WARNING, Severity.WARNING]


def test_a_flood_of_different_places_is_cut_off_and_can_not_be_justified_away():
    plates = " ".join(f"湘B{number:05d}" for number in range(12345, 12345 + MAX_DISTINCT + 5))
    findings = check_fields({"body_html": plates}, rule_sets=["privacy"])
    assert len(findings) == MAX_DISTINCT + 1
    assert (findings[-1].rule, findings[-1].severity) == (TOO_MANY, Severity.VETO)


@pytest.mark.evidence
@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["1 ", "布署", "a@", "（", "中", "一", "1", "13800138000 ", "http://", "当事人：张三丰，"]
)
def test_the_work_grows_with_the_length_alone(piece):
    def cost(chars):
        text = {"body_html": piece * (chars // len(piece))}
        began = time.process_time()
        check_fields(text, rule_sets=RULE_SETS, circumstances=Circumstances(is_enforcement=True))
        return time.process_time() - began

    cost(2_000)
    assert cost(400_000) < max(12 * cost(50_000), 2.0)
