"""Whatever a file holds, the body that leaves the importer is clean HTML."""

from hypothesis import given, settings
from hypothesis import strategies as st

from jiyue.core.errors import DomainError
from jiyue.library.importing import parse_document
from jiyue.library.richtext import clean_html, sanitize
from tests.shared import SHARED

pieces = st.sampled_from(
    [
        "关于做好工作的通知",
        "某政办发〔2024〕3号",
        "索引号：a/2024-1",
        "成文日期",
        "2023-02-30",
        "2024年1月2日",
        "某县人民政府",
        "第一章 总则",
        "一、目标",
        "(一)范围",
        "目录",
        "| 甲 | 乙 |",
        "|---|---|",
        "<!-- INFO END -->",
        "# 标题",
        "- 项",
        "1. 项",
        "> 引",
        "**粗** [链](javascript:alert(1)) ![图](/media/a.png)",
        "<script>alert(1)</script>",
        "<p onclick=x>段<b>",
        "<table><tr><td>格",
        "</td></tr></table>",
        '"><img src=x onerror=alert(1)>',
        "&lt;b&gt; & < >",
        "國(guó)務(wù)院發(fā)布",
        "扫一扫",
        "附件",
        "---",
        "",
        "字" * 120 + "。",
    ]
)
documents = st.lists(pieces, max_size=25).map("\n".join)


@settings(max_examples=400, deadline=None)
@given(documents, st.sampled_from(["a.txt", "a.md", "a.html", "部/a(2020-01-02).md"]))
def test_every_body_is_clean_and_has_a_title(text: str, name: str) -> None:
    try:
        document = parse_document(name, text.encode())
    except DomainError:
        return
    assert sanitize(document.body_html) == document.body_html
    assert clean_html(document.body_html) == document.body_html
    assert document.body_text or "<img" in document.body_html
    assert document.title


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.txt", "a.md", "a.html", "a.docx"]))
def test_arbitrary_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    try:
        document = parse_document(name, data)
    except DomainError:
        return
    assert sanitize(document.body_html) == document.body_html


def test_bodies_of_the_real_documents_are_clean() -> None:
    for path in sorted(SHARED.glob("seeds/*.txt")):
        document = parse_document(path.name, path.read_bytes())
        assert clean_html(document.body_html) == document.body_html
