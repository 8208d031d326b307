"""What word processors and old pages contain comes out plain, and nothing of it is lost."""

import time

import pytest

from jiyue.library.richtext import RichTextTooLarge, clean_html, html_to_text, text_to_html

WORD_PASTE = """<html xmlns:o="urn:schemas-microsoft-com:office:office">
<head><style>p.MsoNormal{margin:0}</style></head>
<body lang=ZH-CN><!--StartFragment-->
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml>
<![endif]-->
<p class=MsoNormal align=center style='text-align:center;mso-pagination:widow-orphan'><b><span
style='font-size:22.0pt;font-family:方正小标宋'>关于做好
工作的通知<o:p></o:p></span></b></p>
<p class=MsoNormal style='text-indent:32.0pt;mso-char-indent-count:2.0'>
<span lang=EN-US><o:p>&nbsp;</o:p></span></p>
<p class=MsoListParagraph style='margin-left:21.0pt;text-indent:-21.0pt;mso-list:l0 level1 lfo1'>
<![if !supportLists]><span lang=EN-US style='mso-list:Ignore'>1.
<span style='font:7.0pt "Times New Roman"'>&nbsp;
</span></span><![endif]><font color=red face=仿宋>第一项</font></p>
<table class=MsoTableGrid border=1 style='width:100.0%;border-collapse:collapse'>
<tr style='mso-yfti-irow:0'><td width=200 colspan=2 style='width:50.0%'><p align=center
style='text-align:center'><b>项目</b></p></td><td style='background:#eee'><p><b>金额</b></p></td></tr>
<tr><td rowspan=2><p>甲</p></td><td><p>乙</p></td><td align=right><p>1</p></td></tr>
<tr><td><p>丙</p></td><td><p style='text-align:right'>2</p></td></tr></table>
<p style='display:none'>隐藏</p><p align=right>某县人民政府</p><!--EndFragment--></body></html>"""


def test_paste_from_a_word_processor_keeps_structure_and_drops_the_rest() -> None:
    assert clean_html(WORD_PASTE) == (
        '<p class="align-center"><strong>关于做好工作的通知</strong></p>\n'
        "<p>1. 第一项</p>\n"
        '<table class="width-100"><thead><tr>'
        '<th colspan="2" scope="col" class="align-center width-50">项目</th>'
        '<th scope="col">金额</th></tr></thead><tbody>'
        '<tr><td rowspan="2">甲</td><td>乙</td>'
        '<td class="align-right">1</td></tr>'
        '<tr><td>丙</td><td class="align-right">2</td></tr></tbody></table>\n'
        '<p class="align-right">某县人民政府</p>'
    )


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("纯文字", "<p>纯文字</p>"),
        ("", ""),
        ("<p>&nbsp;</p><p><br></p><div></div>", ""),
        ("<p>　　缩进</p>", "<p>缩进</p>"),
        ("一<br>二", "<p>一<br>二</p>"),
        ("一<br><br>二", "<p>一</p>\n<p>二</p>"),
        ("一<br/>　　二<br>&nbsp; &nbsp; 三", "<p>一</p>\n<p>二</p>\n<p>三</p>"),
        ("<p>水<sub>2</sub>x<sup>3</sup></p>", "<p>水<sub>2</sub>x<sup>3</sup></p>"),
        ("<i>a</i><b><b>b</b></b>", "<p><em>a</em><strong>b</strong></p>"),
        ("<span style='font-weight:700'>粗</span>", "<p><strong>粗</strong></p>"),
        ("<b style='font-weight:normal'>细</b>", "<p>细</p>"),
        ("<b><p>一</p><p>二</p></b>", "<p><strong>一</strong></p>\n<p><strong>二</strong></p>"),
        ("<h1>一</h1><h3>二</h3><h2>三</h2>", "<h2>一</h2>\n<h3>二</h3>\n<h3>三</h3>"),
        ("<h2><b>题</b></h2>", "<h2>题</h2>"),
        ("<center>中</center>", '<p class="align-center">中</p>'),
        (
            "<div align=right><p>甲<p>乙</div>丙",
            '<p class="align-right">甲</p>\n<p class="align-right">乙</p>\n<p>丙</p>',
        ),
        ("<p style='margin-left:4em'>甲", '<p class="indent-2">甲</p>'),
        ("<p style='margin-left:99em'>甲", '<p class="indent-4">甲</p>'),
        ("<p style='text-indent:2em'>甲", "<p>甲</p>"),
        ("<p class='align-center evil note'>甲", '<p class="align-center note">甲</p>'),
        ("<ol start=3><li>甲<li>乙</ol>", '<ol start="3"><li>甲</li><li>乙</li></ol>'),
        ("<ul><li>甲<ul><li>乙</ul></ul>", "<ul><li>甲<ul><li>乙</li></ul></li></ul>"),
        ("<ul><li></ul>", ""),
        ("<dl><dt>词</dt><dd>义</dd></dl>", "<p><strong>词</strong></p>\n<p>义</p>"),
        ("<hr>", "<hr>"),
        ("<blockquote>甲</blockquote>", "<blockquote><p>甲</p></blockquote>"),
        (
            "<figure><img src='/media/a.png' alt=' 图 一 ' width=300><figcaption>说明</figcaption></figure>",
            '<figure><img src="/media/a.png" alt="图 一" width="300"><figcaption>说明</figcaption></figure>',
        ),
        (
            "<img src='/media/2024/a.png' width='48%'>",
            '<p><img src="/media/2024/a.png" alt="" class="width-50"></p>',
        ),
        ("<a name=x>锚</a><a href='#x'>跳</a>", "<p>锚跳</p>"),
        ("<a href='/a b'><b>链</b>接</a>", '<p><a href="/a%20b"><strong>链</strong>接</a></p>'),
        ("<table><tr><td>甲</table>", "<table><tbody><tr><td>甲</td></tr></tbody></table>"),
        ("<table><tr></tr></table>", ""),
        (
            "<table><tr><td><table><tr><td>甲<td>乙</table></table>",
            "<table><tbody><tr><td>甲</td><td>乙</td></tr></tbody></table>",
        ),
        (
            "<table><caption>表一</caption><thead><tr><td>甲</thead><tr><td>乙</table>",
            '<table><caption>表一</caption><thead><tr><th scope="col">甲</th></tr></thead>'
            "<tbody><tr><td>乙</td></tr></tbody></table>",
        ),
        (
            "<table><tr><td colspan=2 rowspan=9>甲<td>乙<tr><td>丙</table>",
            '<table><tbody><tr><td rowspan="2">甲</td><td>乙</td></tr><tr><td>丙</td></tr></tbody></table>',
        ),
        (
            "<table><tr><td><p>甲</p><p>乙</p><td><ul><li>丙</ul></table>",
            "<table><tbody><tr><td><p>甲</p><p>乙</p></td><td><ul><li>丙</li></ul></td></tr></tbody></table>",
        ),
        ("政府\n网站 and\nmore", "<p>政府网站 and more</p>"),
        ("零\u200b宽\ufeff字\x00符", "<p>零宽字符</p>"),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
    ],
)
def test_markup_has_one_normal_form(html: str, expected: str) -> None:
    assert clean_html(html) == expected
    assert clean_html(expected) == expected


def test_first_row_becomes_header_only_when_clearly_one() -> None:
    bold = "<table><tr><td><b>甲</b><td><b>乙</b><tr><td>1<td>2</table>"
    mixed = "<table><tr><td><b>甲</b><td>乙<tr><td>1<td>2</table>"
    assert clean_html(bold).count("<th ") == 2
    assert "<th" not in clean_html(mixed)


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td>" * 20 + "甲" + "</table>" * 20,
        "<div>" * 30_000 + "甲",
        "<b><p>" * 20_000 + "甲",
        "<ul><li>" * 20_000 + "甲",
        "<p " + "x=1 " * 50_000 + ">乙</p>甲",
        "<table><tr>" + "<td colspan=1000 rowspan=1000>x" * 20_000 + "<td>甲",
        WORD_PASTE * 800 + "甲",
    ],
)
def test_broken_and_huge_markup_is_cleaned_in_linear_time(html: str) -> None:
    started = time.process_time()
    assert "甲" in clean_html(html)
    assert time.process_time() - started < 8


def test_text_beyond_any_document_is_refused_at_once() -> None:
    with pytest.raises(RichTextTooLarge):
        clean_html("文" * 4_000_001)


def test_text_of_a_body_has_one_line_for_each_paragraph_entry_and_row() -> None:
    html = clean_html(
        "<h2>题</h2><p>甲<b>乙</b><br>丙 &amp; 丁</p><ul><li>一<ul><li>二</ul></ul>"
        "<table><caption>表</caption><tr><td>a<td>b<tr><td colspan=2>c</table><hr><blockquote>引</blockquote>"
    )
    assert html_to_text(html) == "题\n甲乙\n丙 & 丁\n一\n二\n表\na\tb\nc\n引"


def test_plain_text_becomes_clean_paragraphs() -> None:
    html = text_to_html("第一行\n\n　　第二行 <b>不是标记</b> & 符号\r\n第三行\n")
    assert html == "<p>第一行</p>\n<p>第二行 &lt;b&gt;不是标记&lt;/b&gt; &amp; 符号</p>\n<p>第三行</p>"
    assert clean_html(html) == html
    assert html_to_text(html) == "第一行\n第二行 <b>不是标记</b> & 符号\n第三行"
