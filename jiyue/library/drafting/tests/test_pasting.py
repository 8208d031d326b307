"""Clipboard text of Word and WPS, and Word files, come out as text of the library."""

import io
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from django.utils import translation

from jiyue.core.errors import DomainError
from jiyue.library.drafting.pasting import clean_paste, read_word_file
from jiyue.library.richtext import RichTextTooLarge, clean_html, html_to_text

pytestmark = pytest.mark.unit

DATA = Path(__file__).with_name("data")  # what Word 2016/365 and WPS put on the clipboard as text/html
WORD_NOTICE = (DATA / "word_notice.html").read_text(encoding="utf-8")
WORD_HEADINGS = (DATA / "word_headings.html").read_text(encoding="utf-8")
WPS_NOTICE = (DATA / "wps_notice.html").read_text(encoding="utf-8")


def test_notice_from_word_keeps_its_structure_and_nothing_else() -> None:
    pasted = clean_paste(WORD_NOTICE)
    assert pasted.html == "\n".join(
        [
            '<p class="align-center">关于开展汛期安全检查的通知</p>',
            "<p>各乡镇人民政府，县政府各部门：</p>",
            "<h2>一、检查范围</h2>",
            "<p>全县水库、河道、在建工程，重点是<strong>病险水库</strong>。</p>",
            "<h2>二、时间安排</h2>",
            "<p>（一）自查阶段。6月1日至10日。</p>",
            "<ul><li>检查台账</li><li>整改清单</li></ul>",
            '<table><tbody><tr><th rowspan="2" scope="col" class="align-center">单位</th>'
            '<th colspan="2" scope="col" class="align-center">检查数量</th></tr>'
            '<tr><td class="align-center">水库</td><td class="align-center">河道</td></tr>'
            '<tr><td>县水利局</td><td class="align-right">12</td>'
            '<td class="align-right">7</td></tr></tbody></table>',
            '<p class="align-right">某县人民政府办公室</p>',
            '<p class="align-right">2026年5月20日</p>',
        ]
    )
    assert (pasted.tables, pasted.headings, pasted.pictures_left_out) == (1, 2, 1)


def test_styles_named_as_headings_links_and_formulas_stay() -> None:
    html = clean_paste(WORD_HEADINGS).html
    assert html.startswith("<h2>总则</h2>\n<h3>适用范围</h3>")
    assert "H<sub>2</sub>O" in html
    assert '<a href="https://www.example.gov.cn/a?b=1&amp;c=2">网址</a>' in html
    assert "onmouseover" not in html


def test_news_from_wps_keeps_its_structure_and_nothing_else() -> None:
    pasted = clean_paste(WPS_NOTICE)
    assert pasted.html == "\n".join(
        [
            '<h2 class="align-center">全县政务公开工作推进会召开</h2>',
            "<p>5月20日，县政府召开政务公开工作推进会，副县长王𠮷出席并讲话。</p>",
            "<ul><li>公开目录<ul><li>基层目录</li></ul></li></ul>",
            "<p>（1）按时公开。</p>",
            '<table><thead><tr><th colspan="2" scope="col" class="align-center">任务分工</th></tr></thead>'
            "<tbody><tr><td>县政府办</td><td>汇总</td></tr></tbody></table>",
            '<p class="align-right">某县人民政府</p>',
            '<p class="align-right">2026年5月20日</p>',
        ]
    )
    assert pasted.pictures_left_out == 1


@pytest.mark.parametrize(
    "source", [WORD_NOTICE, WORD_HEADINGS, WPS_NOTICE], ids=["notice", "headings", "wps"]
)
def test_cleaning_pasted_text_once_more_changes_nothing(source: str) -> None:
    html = clean_paste(source).html
    assert clean_html(html) == html


def test_rare_characters_stay_and_invisible_marks_go() -> None:
    text = "𠮷𬭛䶮﨎〇\U000e0100ᠮᠣᠩᠭᠣᠯ ئۇيغۇر 👨\u200d👩\u200d👧 क्\u200dष"
    spoilt = (
        "\u200e".join(text[:4]) + text[4:] + "\u202e反\u202c\u200b零\ufeff宽\u2066隐\u2069\u00ad\U000e0041"
    )
    assert html_to_text(clean_paste(f"<p>{spoilt}</p>").html) == text + "反零宽隐"
    assert html_to_text(clean_html("<p>中\u200d文</p>")) == "中文"


def test_two_megabytes_of_nested_spans_are_cleaned() -> None:
    part = (
        "<p class=MsoNormal style='text-indent:32pt'><span style='font-family:仿宋'><span lang=EN-US>"
        "<font face=仿宋>内容</font></span></span><o:p></o:p></p>"
    )
    html = part * (2_000_000 // len(part))
    pasted = clean_paste(html)
    assert pasted.html.count("<p>内容</p>") == 2_000_000 // len(part)


def test_tables_nested_twenty_deep_neither_hang_nor_lose_words() -> None:
    html = "<table><tr><td>" * 20 + "最里面" + "</td></tr></table>" * 20
    assert "最里面" in html_to_text(clean_paste(html).html)


def test_text_over_the_limit_is_refused() -> None:
    with pytest.raises(RichTextTooLarge):
        clean_paste("文" * 4_000_001)


def word_file() -> bytes:
    document = docx.Document()
    document.add_heading("某县人民政府办公室关于加强防汛工作的通知", 0)
    document.add_paragraph("某政办发〔2026〕5号")
    document.add_paragraph("各乡镇人民政府：")
    document.add_paragraph("一、加强值守")
    document.add_paragraph("实行二十四小时值班。")
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "值班安排"
    table.cell(1, 0).text = "周一"
    table.cell(1, 1).text = "张三"
    document.add_paragraph("某县人民政府办公室")
    document.add_paragraph("2026年5月20日")
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def test_word_file_gives_title_text_and_metadata() -> None:
    document = read_word_file("C:\\桌面\\通知.docx", word_file())
    assert document.title == "某县人民政府办公室关于加强防汛工作的通知"
    assert document.metadata.document_number == "某政办发〔2026〕5号"
    assert 'colspan="2"' in document.body_html
    assert "实行二十四小时值班。" in document.body_html
    assert "title" in document.found


def workbook() -> bytes:
    data = io.BytesIO()
    openpyxl.Workbook().save(data)
    return data.getvalue()


def bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w>" + b" " * 60_000_000)
    return data.getvalue()


OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000)
PROTECTED = OLD_WORD + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "data", "code", "says"),
    [
        ("a.docx", workbook(), "not_a_word_file", ".xlsx"),
        ("a.docx", PROTECTED, "file_refused", "password"),
        ("a.docx", bomb(), "file_refused", "unpacks"),
        ("a.doc", OLD_WORD, "not_a_word_file", "old Word"),
        ("a.wps", OLD_WORD, "not_a_word_file", "old Word"),
        ("a.docx", b"", "file_refused", "empty"),
        ("a.docx", b"%PDF-1.4\n%%EOF", "not_a_word_file", ".pdf"),
        ("a.docx", b"PK\x03\x04broken", "file_refused", "damaged"),
        ("a.docx", bytes(21 * 1024 * 1024), "not_a_word_file", "larger"),
    ],
    ids=["sheet", "password", "bomb", "doc", "wps", "empty", "pdf", "damaged", "large"],
)
def test_what_is_no_word_document_is_named(name: str, data: bytes, code: str, says: str) -> None:
    with translation.override("en"), pytest.raises(DomainError) as refusal:
        read_word_file(name, data)
    assert refusal.value.code == code
    assert says in str(refusal.value)
    assert str(refusal.value.fix)
