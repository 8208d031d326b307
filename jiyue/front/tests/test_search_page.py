"""The search page: what the index finds, in the look of the site; nothing typed breaks it."""

from pathlib import Path
from unittest import mock
from urllib.parse import quote

import pytest

from jiyue.core import crypto
from jiyue.front.tests.visitor import Visitor
from jiyue.front.views import search
from jiyue.search.engine import MAX_QUERY_CHARS, SearchUnavailable, SitePlacement
from jiyue.search.selectors import get_index
from jiyue.search.tests.factories import make_document, put


@pytest.fixture
def index(visitor: Visitor) -> None:
    put(
        get_index(),
        make_document(
            "1", title="关于行政审批的通知", body_text="审批 <script>", document_number="云政发〔2026〕1号"
        ),
        make_document("2", title="已废止的审批办法", validity_status="repealed"),
        make_document("3", title="县里的审批", site_keys=("county",)),
    )


def ask(visitor: Visitor, text: str, more: str = "") -> str:
    answer = visitor.get(f"/search/?q={quote(text)}{more}")
    assert answer.status == 200
    return answer.text


def test_empty_query_asks_for_words(visitor: Visitor) -> None:
    for text in ("", "   ", "\x00\x01"):
        shown = ask(visitor, text)
        assert 'class="results"' not in shown
        assert 'class="empty"' in shown


@pytest.mark.usefixtures("index")
def test_hits_are_marked_linked_and_escaped(visitor: Visitor) -> None:
    shown = ask(visitor, "审批")
    assert 'href="/zwgk/202603/1.html"' in shown
    assert "<mark>审批</mark>" in shown
    assert "<script>" not in shown.partition("<main")[2].partition("</main>")[0]
    assert "云政发〔2026〕1号" in shown
    assert "政务公开" in shown


@pytest.mark.usefixtures("index")
def test_site_finds_its_own_pages_only(visitor: Visitor) -> None:
    assert "县里的" not in ask(visitor, "审批")
    visitor.host = "county.example.cn"
    assert "/zwgk/202603/3.html" in ask(visitor, "审批")


@pytest.mark.usefixtures("index")
def test_document_out_of_force_is_labelled(visitor: Visitor) -> None:
    assert ask(visitor, "审批").count('class="mark"') == 1


@pytest.mark.req("SITE-23")
@pytest.mark.usefixtures("index")
def test_page_of_the_web_archive_is_labelled(visitor: Visitor) -> None:
    place = SitePlacement("city", "/zwgk/200305/9.html", "zwgk", "政务公开", archived_on="2026-11-20")
    put(get_index(), make_document("9", title="旧站的审批", sites=(place,)))
    shown = ask(visitor, "审批")
    assert shown.count('<span class="mark mark-archived">已归档</span>') == 1
    assert "/zwgk/200305/9.html" in shown


@pytest.mark.usefixtures("index")
def test_words_that_are_not_there_get_advice(visitor: Visitor) -> None:
    shown = ask(visitor, "绝无此词")
    assert 'class="empty"' in shown
    assert "绝无此词" in shown


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x>',
        "审批 AND OR NOT (",
        "title:*",
        "\\",
        "%",
        "𠀀",
        "审批\x00",
    ],
)
def test_nothing_typed_breaks_the_page(visitor: Visitor, text: str) -> None:
    shown = ask(visitor, text)
    assert "<script>alert" not in shown
    assert "<img src=x>" not in shown


@pytest.mark.usefixtures("index")
def test_long_query_is_cut_and_says_so(visitor: Visitor) -> None:
    shown = ask(visitor, "审批" * 500)
    assert f'value="{"审批" * (MAX_QUERY_CHARS // 2)}"' in shown
    assert shown.count('class="hint"') >= 1


@pytest.mark.usefixtures("index")
def test_query_of_wrong_bytes_is_answered(visitor: Visitor) -> None:
    assert visitor.get("/search/?q=%ff%fe%c9%f3").status == 200


@pytest.mark.parametrize("page", ["2", "3"])
def test_pages_of_results_are_numbered_and_linked(visitor: Visitor, page: str) -> None:
    put(get_index(), *(make_document(str(number), title=f"审批第{number}件") for number in range(1, 26)))
    shown = ask(visitor, "审批", f"&page={page}")
    assert shown.count("<h2>") == {"2": 10, "3": 5}[page]
    assert 'aria-current="page"' in shown
    assert f"?q={quote('审批')}&amp;page=2" in shown or page == "2"


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("page", ["0", "-1", "x", "99", "99999999999999999999", "1.5", ""])
def test_page_number_that_is_none_shows_results_all_the_same(visitor: Visitor, page: str) -> None:
    assert "/zwgk/202603/1.html" in ask(visitor, "审批", f"&page={page}")


def test_broken_index_is_said_and_logged(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    with mock.patch.object(search, "search_site", side_effect=SearchUnavailable("secret detail")):
        answer = visitor.get("/search/?q=a")
    assert answer.status == 503
    assert "secret detail" not in answer.text
    assert "front.search_unavailable" in caplog.text


def test_search_needs_no_database_and_no_keys(visitor: Visitor, settings, tmp_path: Path) -> None:
    """No database is open to this test: a query would fail it."""
    settings.JIYUE_KEY_DIR = tmp_path / "nowhere"
    assert not (tmp_path / "nowhere").exists()
    assert ask(visitor, "审批")
    with pytest.raises(FileNotFoundError):
        crypto.load_public_key("inbox")


def test_results_are_for_one_visitor_only(visitor: Visitor) -> None:
    assert "no-store" in visitor.get("/search/?q=a").headers["cache-control"]


def test_search_can_only_be_asked(visitor: Visitor) -> None:
    visitor.get("/correction/")
    assert visitor.post("/search/", {"q": "a"}).status in (403, 405)
