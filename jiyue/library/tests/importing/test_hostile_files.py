"""Bad files are refused with a clear message, or read without harm; never slowly."""

import io
import time
import zipfile

import docx
import pytest

from jiyue.core.errors import DomainError
from jiyue.library.importing import parse_document
from jiyue.library.importing.errors import (
    BinaryDocument,
    DocumentTooLarge,
    EmptyDocument,
    NotAWordDocument,
    UndecodableText,
    UnsupportedDocument,
)

NOTICE = (
    "某县人民政府办公室关于做好防汛工作的通知\n某政办发〔2024〕7号\n各乡镇人民政府：\n"
    "为做好防汛工作，现将有关事项通知如下，请认真贯彻执行。\n某县人民政府办公室\n2024年6月3日\n"
)
TIME_LIMIT_SECONDS = 8  # far above what any refusal needs, far below anything quadratic


def archive(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "refusal"),
    [
        ("a.txt", b"", EmptyDocument),
        ("a.txt", b" \r\n\t\xef\xbb\xbf", EmptyDocument),
        ("a.html", b"<html><body><p> </p><script>x()</script></body></html>", EmptyDocument),
        ("a.md", "# 只有标题\n".encode(), EmptyDocument),
        ("a.docx", b"", EmptyDocument),
        ("a.txt", bytes(range(256)) * 40, BinaryDocument),
        ("a.txt", b"\x7fELF\x02\x01\x01" + b"\x00\x01\x02\x03" * 400, BinaryDocument),
        ("a.html", b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" * 50, BinaryDocument),
        ("a.txt", "Приказ о назначении".encode("koi8-r") * 30, UndecodableText),
        ("a.txt", b"\xff\xfea\x00\x00\xd8a\x00", UndecodableText),
        ("a.docx", NOTICE.encode(), NotAWordDocument),
        ("a.docx", b"PK\x03\x04 and nothing more", NotAWordDocument),
        ("a.docx", archive(hello_xml=b"<a/>"), NotAWordDocument),
        ("a.docx", archive(word__document_xml=b"not xml"), NotAWordDocument),
        ("a.txt", b"%PDF-1.7 \n1 0 obj", UnsupportedDocument),
        ("a.txt", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old word file", UnsupportedDocument),
        ("a.txt", archive(xl__workbook_xml=b"<workbook/>"), UnsupportedDocument),
        ("a.txt", "长".encode() * 17_000_000, DocumentTooLarge),
        ("a.txt", ("一段文字。\n".encode()) * 550_000, DocumentTooLarge),
    ],
)
def test_unreadable_files_are_refused_with_what_to_do(
    name: str, data: bytes, refusal: type[DomainError]
) -> None:
    started = time.process_time()
    with pytest.raises(refusal) as caught:
        parse_document(name, data)
    assert time.process_time() - started < TIME_LIMIT_SECONDS
    assert str(caught.value.message)
    assert str(caught.value.fix)
    assert caught.value.code == refusal.code
    assert caught.value.field == "file"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_usual_encoding_and_line_end_gives_the_same_document(encoding: str, line_end: str) -> None:
    document = parse_document("通知.txt", NOTICE.replace("\n", line_end).encode(encoding))
    assert document == parse_document("通知.txt", NOTICE.encode())
    assert document.metadata.document_number == "某政办发〔2024〕7号"


def test_content_decides_when_the_extension_lies() -> None:
    page = f"<!DOCTYPE html><html><body><h1>标题</h1><p>{'正文。' * 30}</p></body></html>".encode()
    assert parse_document("page.txt", page) == parse_document("page.html", page)
    assert "<p>" in parse_document("notice.html", NOTICE.encode()).body_html
    word = io.BytesIO()
    file = docx.Document()
    file.add_paragraph("这是正文。")
    file.save(word)
    assert "这是正文。" in parse_document("wrong.txt", word.getvalue()).body_text


def test_scripts_handlers_and_script_links_leave_no_trace() -> None:
    page = (
        "<html><body><h1>公告</h1><p onclick='steal()'>正文第一段，内容足够长，可以识别。</p>"
        "<script>steal()</script><a href='javascript:steal()'>链接</a><img src=x onerror='steal()'>"
        "<iframe src='https://evil.example'></iframe><p>第二段</body></html>"
    )
    html = parse_document("a.html", page.encode()).body_html
    assert html == "<p>正文第一段，内容足够长，可以识别。</p>\n<p>链接</p>\n<p>第二段</p>"


def test_tags_in_plain_text_stay_text() -> None:
    html = parse_document(
        "a.txt", ("标题行在这里\n正文<script>alert(1)</script>结束。" + "文" * 900).encode()
    ).body_html
    assert "&lt;script&gt;" in html
    assert "<script" not in html


def test_unclosed_tags_keep_their_text() -> None:
    page = "<html><body><h1>关于试点的通知<p>第一段<b>重要<p>第二段<table><tr><td>甲<td>乙<tr><td>丙<td>丁"
    document = parse_document("a.html", page.encode())
    for word in ("第一段", "重要", "第二段", "甲", "乙", "丙", "丁"):
        assert word in document.body_text
    assert document.body_html.count("<tr>") == 2


def test_tables_nested_twenty_deep_keep_their_text() -> None:
    page = (
        "<html><body><h1>嵌套表格</h1>"
        + "<table><tr><td>层</td><td>" * 20
        + "最里面"
        + "</td></tr></table>" * 20
    )
    text = parse_document("a.html", page.encode()).body_text
    assert text.count("层") == 20
    assert "最里面" in text


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 60_000,
        "<table><tr><td>" * 20_000,
        "<b><p>文" * 30_000,
        "<p " + "a=1 " * 60_000 + ">文",
        "<" * 300_000,
        "<!--" * 100_000,
        "<script>" * 100_000,
    ],
)
def test_hostile_markup_is_read_in_linear_time(markup: str) -> None:
    started = time.process_time()
    parse_document("a.html", f"<html><body><h1>标题</h1><p>正文内容</p>{markup}".encode())
    assert time.process_time() - started < TIME_LIMIT_SECONDS


@pytest.mark.parametrize(
    "text",
    [
        "索引号：" * 100_000,
        "〔2024" * 130_000,
        "(" * 300_000,
        "关于" * 200_000,
        "2024年" * 130_000,
        "| " * 300_000,
        "第一章 总则\n" * 25_000,
        "首页>\n" * 60_000,
        "通知|\n" * 60_000,
        "<!-- INFO END" * 30_000,
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_hostile_text_is_read_in_linear_time(name: str, text: str) -> None:
    started = time.process_time()
    parse_document(name, f"关于做好工作的通知\n\n各单位：\n\n{text}\n\n结尾".encode())
    assert time.process_time() - started < TIME_LIMIT_SECONDS


def test_word_file_that_unpacks_to_gigabytes_is_refused_before_unpacking() -> None:
    bomb = archive(word__document_xml=b"<w:document>" + b" " * 80_000_000)
    started = time.process_time()
    with pytest.raises(DocumentTooLarge):
        parse_document("bomb.docx", bomb)
    assert time.process_time() - started < TIME_LIMIT_SECONDS


def test_word_file_with_entity_expansion_is_refused() -> None:
    entities = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><w:document>&a;</w:document>'
    with pytest.raises(NotAWordDocument):
        parse_document("a.docx", archive(word__document_xml=entities))


def test_document_without_title_or_date_takes_the_file_name_and_says_so() -> None:
    document = parse_document(
        "folder/工作小记.txt", ("今天走访了三个社区，了解到不少情况，现记录如下。" * 8).encode()
    )
    assert document.title == "工作小记"
    assert "title" in document.guessed
    assert {"written_on", "issuing_body"} <= set(document.missing)
    assert [note.code for note in document.notes] == ["title_from_file_name"]


@pytest.mark.parametrize("day", ["2023年2月30日", "2023-02-30", "二〇二三年二月三十日"])
def test_impossible_date_is_reported_and_not_invented(day: str) -> None:
    text = NOTICE.replace("2024年6月3日", day)
    document = parse_document("a.txt", text.encode())
    assert document.metadata.written_on is None
    assert "written_on" in document.missing
    assert [note.code for note in document.notes] == ["impossible_date"]
    assert day in str(document.notes[0].message)
    assert document.body_text.endswith(day)


def test_impossible_date_beside_a_label_is_reported_and_not_invented() -> None:
    document = parse_document("a.txt", f"成文日期: 2023-02-30\n{NOTICE}".encode())
    assert "impossible_date" in {note.code for note in document.notes}
    assert document.metadata.written_on is not None
    assert document.metadata.written_on.isoformat() == "2024-06-03"


def test_date_without_separators_is_not_guessed_without_confirmation() -> None:
    document = parse_document("a.txt", NOTICE.replace("2024年6月3日", "202463日").encode())
    assert document.metadata.written_on is None
    assert [note.code for note in document.notes] == ["garbled_date"]
    assert document.body_text.endswith("202463日")
