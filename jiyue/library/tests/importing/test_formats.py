"""Web pages, word-processor files and Markdown give the same kind of document."""

import io
import pickle
import re
from datetime import date

import docx
import pytest
from django.utils import translation
from docx.enum.text import WD_ALIGN_PARAGRAPH
from PIL import Image

from jiyue.library.importing import parse_document

PAGE = """<!DOCTYPE html>
<html><head><meta charset="gbk"><title>某市关于加强节水工作的通知_某市人民政府</title>
<meta name="ArticleTitle" content="某市人民政府办公室关于加强节水工作的通知">
<meta name="PubDate" content="2024-03-05 10:20"><meta name="ContentSource" content="市政府办公室">
<meta name="Author" content="王某"><meta name="Keywords" content="节水;水资源,通知"></head>
<body><div class="header">某市人民政府</div><div class="nav"><ul><li>首页</li><li>政务公开</li></ul></div>
<div class="breadcrumb">当前位置：首页 &gt; 政务公开 &gt; 文件</div>
<table class="xxgk"><tr><td>索 引 号：</td><td>001234567/2024-00015</td>
<td>主题分类：</td><td>城乡建设\\水务</td></tr>
<tr><td>发布机构：</td><td>某市人民政府办公室</td><td>成文日期：</td><td>2024年03月01日</td></tr>
<tr><td>文　　号：</td><td>某政办发〔2024〕3号</td><td>有效性：</td><td>有效</td></tr></table>
<h1>某市人民政府办公室<br>关于加强节水工作的通知</h1>
<div class="info">发布时间：2024-03-05 来源：市政府办公室 浏览次数：128 字体：[大 中 小]</div>
<div class="TRS_Editor"><p style="text-indent:2em">各区人民政府：</p>
<p style="text-indent:2em">为加强节水工作，现将有关事项通知如下，请结合实际认真抓好落实，年底前报送。</p>
<h3>一、目标</h3><p>到2025年，用水效率明显提高，全市万元产值用水量下降百分之十五以上，再生水利用率达到四分之一。</p>
<ul><li>居民</li><li>企业</li></ul>
<table border="1"><tr><td><b>区</b></td><td><b>指标</b></td></tr>
<tr><td rowspan="2">东区</td><td>百分之三</td></tr><tr><td>百分之五</td></tr></table>
<p style="text-align:right">某市人民政府办公室</p><p style="text-align:right">2024年3月1日</p></div>
<div class="share">分享到：微信 微博</div>
<div class="related"><h3>相关文章</h3><ul><li><a href="x">另一个通知</a></li></ul></div>
<div class="footer">主办单位：某市人民政府办公室 ICP备12345号 网站标识码3200000001</div></body></html>"""

LAW = """# 某省节约用水条例

1999年4月29日 某省第九届人民代表大会常务委员会第九次会议通过

2017年9月1日 某省第十二届人民代表大会常务委员会第二十九次会议《关于修改〈某省节约用水
条例〉的决定》修正

<!-- INFO END -->

## 第一章 总则

第一条 为了节约用水，制定本条例。

<!-- TABLE -->
| 项目 | 定额 |
|-----|-----|
| 居民 | 120 |

第二条 下列行为应当禁止：

（一）浪费用水；

（二）其他行为。
"""


def word_file() -> bytes:
    file = docx.Document()
    file.add_paragraph("某县教育局文件").alignment = WD_ALIGN_PARAGRAPH.CENTER
    file.add_paragraph("某教〔2024〕12号").alignment = WD_ALIGN_PARAGRAPH.CENTER
    file.add_paragraph("某县教育局关于做好招生工作的通知").alignment = WD_ALIGN_PARAGRAPH.CENTER
    file.add_paragraph("各学校：")
    paragraph = file.add_paragraph("为做好招生工作，")
    paragraph.add_run("现通知如下").bold = True
    paragraph.add_run("。")
    file.add_paragraph("一、招生范围")
    table = file.add_table(rows=3, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "学校"
    table.cell(0, 2).text = "人数"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "城区"
    table.cell(1, 1).text = "一小"
    table.cell(1, 2).text = "200"
    table.cell(2, 1).text = "二小"
    table.cell(2, 2).text = "180"
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    picture.seek(0)
    file.add_picture(picture)
    for text in ("某县教育局", "2024年5月6日"):
        file.add_paragraph(text).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    data = io.BytesIO()
    file.save(data)
    return data.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_web_page_gives_its_article_and_what_the_page_says_about_it(encoding: str) -> None:
    document = parse_document("t20240305_1.html", PAGE.encode(encoding))
    found = document.metadata
    assert document.title == "某市人民政府办公室关于加强节水工作的通知"
    assert found.index_number == "001234567/2024-00015"
    assert found.document_number == "某政办发〔2024〕3号"
    assert found.issuing_body == "某市人民政府办公室"
    assert found.written_on == date(2024, 3, 1)
    assert found.originally_published_on == date(2024, 3, 5)
    assert found.validity_status == "valid"
    assert found.source == "市政府办公室"
    assert found.author == "王某"
    assert found.subject_category == "城乡建设\\水务"
    assert found.keywords == ("节水", "水资源", "通知")
    assert document.missing == ("audience",)
    assert document.body_html.startswith("<p>各区人民政府：</p>\n<p>为加强节水工作，")
    assert document.body_html.endswith(
        "<h2>一、目标</h2>\n<p>到2025年，用水效率明显提高，全市万元产值用水量下降百分之十五以上，再生水利用率达到四分之一。</p>\n"
        "<ul><li>居民</li><li>企业</li></ul>\n"
        '<table><thead><tr><th scope="col">区</th><th scope="col">指标</th></tr></thead><tbody>'
        '<tr><td rowspan="2">东区</td><td>百分之三</td></tr><tr><td>百分之五</td></tr></tbody></table>\n'
        '<p class="align-right">某市人民政府办公室</p>\n<p class="align-right">2024年3月1日</p>'
    )


def test_page_without_a_known_article_element_loses_its_furniture_all_the_same() -> None:
    document = parse_document("p.html", PAGE.replace('class="TRS_Editor"', "").encode())
    assert document.title == "某市人民政府办公室关于加强节水工作的通知"
    assert document.metadata.index_number == "001234567/2024-00015"
    assert document.body_text.startswith("各区人民政府：")
    assert document.body_text.endswith("2024年3月1日")


SENTENCE = (
    "为做好有关工作，保障人民群众生命财产安全，现将有关事项通知如下，请结合实际认真抓好落实，并及时报送情况。"
)

OLD_PAGE = f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<title>某县人民政府门户网站</title></head><body>
<table width=1000><tr><td><img src=banner.jpg></td></tr></table>
<table width=1000><tr><td>首页 | 走进某县 | 新闻中心</td></tr></table>
<table width=1000><tr><td>您现在的位置：首页&gt;&gt;通知公告</td></tr>
<tr><td align=center><font size=5><b>某县人民政府办公室关于做好<br>2012年防汛抗旱工作的通知</b></font>
</td></tr>
<tr><td align=center>发布时间：2012-05-08 &nbsp; 信息来源：县政府办 &nbsp; 点击数：345 【字体：大 中 小】
</td></tr>
<tr><td><p align=center>某政办发〔2012〕28号</p>各乡镇人民政府：<br>　　{SENTENCE}<br>　　一、落实责任
<br>　　{SENTENCE}<br><p align=right>二〇一二年五月七日</p></td></tr>
<tr><td>【打印本页】【关闭窗口】</td></tr></table>
<table><tr><td>版权所有：某县人民政府 皖ICP备05001234号</td></tr></table></body></html>"""

NEWS_PAGE = f"""<!doctype html><html><head><title>我市召开会议-某市人民政府</title></head>
<body><nav>首页 政务</nav>
<main><h1>我市召开安全生产会议</h1><p><span>2024-03-01 08:00</span> <span>来源：某市融媒体中心</span>
<span>作者：张三</span></p><div class="article-content"><p>　　3月1日，{SENTENCE}</p>
<p><img src="https://example.org/z.jpg"></p><p>　　市长出席会议并讲话。{SENTENCE}</p>
<p>责任编辑：王五</p></div>
<div>上一篇：另一新闻</div><div>下一篇：又一新闻</div></main><footer>主办</footer></body></html>"""


def test_page_laid_out_with_tables_gives_the_text_without_the_tables() -> None:
    document = parse_document("old.html", OLD_PAGE.encode("gb18030"))
    assert document.title == "某县人民政府办公室关于做好2012年防汛抗旱工作的通知"
    assert document.metadata.document_number == "某政办发〔2012〕28号"
    assert document.metadata.originally_published_on == date(2012, 5, 8)
    assert document.metadata.source == "县政府办"
    assert document.metadata.written_on == date(2012, 5, 7)
    assert {"issuing_body", "written_on"} <= set(document.guessed)
    assert document.body_html == (
        f'<p class="align-center">某政办发〔2012〕28号</p>\n<p>各乡镇人民政府：</p>\n<p>{SENTENCE}</p>\n'
        f'<h2>一、落实责任</h2>\n<p>{SENTENCE}</p>\n<p class="align-right">二〇一二年五月七日</p>'
    )


def test_news_page_gives_source_author_and_time_and_names_lost_pictures() -> None:
    document = parse_document("news.html", NEWS_PAGE.encode())
    assert document.title == "我市召开安全生产会议"
    assert document.metadata.source == "某市融媒体中心"
    assert document.metadata.author == "张三"
    assert document.metadata.originally_published_on == date(2024, 3, 1)
    assert document.body_html == f"<p>3月1日，{SENTENCE}</p>\n<p>市长出席会议并讲话。{SENTENCE}</p>"
    assert [note.code for note in document.notes] == ["pictures_left_out"]


def test_title_begins_with_the_body_on_the_line_above_and_not_with_the_red_head() -> None:
    text = (
        "某市人民政府文件\n某政发〔2020〕5号\n某市人民政府\n关于印发某市城市管理办法的通知\n各县人民政府：\n"
        "现印发给你们。\n某市人民政府\n2020年3月2日\n某市城市管理办法\n第一章　总　则\n第一条　制定本办法。\n"
    )
    document = parse_document("a.txt", text.encode())
    assert document.title == "某市人民政府关于印发某市城市管理办法的通知"
    assert document.metadata.document_number == "某政发〔2020〕5号"
    assert "<h2>某市城市管理办法</h2>\n<h3>第一章 总 则</h3>" in document.body_html
    assert "文件" not in document.body_text


def test_word_file_keeps_merged_cells_bold_text_and_alignment() -> None:
    document = parse_document("招生.docx", word_file())
    assert document.title == "某县教育局关于做好招生工作的通知"
    assert document.metadata.document_number == "某教〔2024〕12号"
    assert document.metadata.issuing_body == "某县教育局"
    assert document.metadata.written_on == date(2024, 5, 6)
    assert "<p>为做好招生工作，<strong>现通知如下</strong>。</p>" in document.body_html
    assert "<h2>一、招生范围</h2>" in document.body_html
    assert (
        '<tr><td colspan="2">学校</td><td>人数</td></tr>'
        '<tr><td rowspan="2">城区</td><td>一小</td><td>200</td></tr><tr><td>二小</td><td>180</td></tr>'
    ) in document.body_html
    assert document.body_html.endswith(
        '<p class="align-right">某县教育局</p>\n<p class="align-right">2024年5月6日</p>'
    )
    assert [note.code for note in document.notes] == ["pictures_left_out"]


def test_law_keeps_its_history_as_a_note_and_takes_its_metadata_from_it() -> None:
    document = parse_document("地方性法规/某省节约用水条例(2017-09-01).md", LAW.encode())
    assert document.title == "某省节约用水条例"
    assert document.metadata.issuing_body == "某省人民代表大会常务委员会"
    assert document.metadata.written_on == date(1999, 4, 29)
    assert "originally_published_on" in document.guessed
    assert document.metadata.keywords == ("地方性法规",)
    assert "keywords" in document.guessed
    with translation.override("en"):
        assert [str(note.message) for note in document.notes] == [
            "The text is the version revised on 2017-09-01."
        ]
    assert document.body_html == (
        '<p class="note">1999年4月29日 某省第九届人民代表大会常务委员会第九次会议通过<br>'
        "2017年9月1日 某省第十二届人民代表大会常务委员会第二十九次会议"
        "《关于修改〈某省节约用水条例〉的决定》修正</p>\n"
        "<h2>第一章 总则</h2>\n<p>第一条 为了节约用水，制定本条例。</p>\n"
        '<table><thead><tr><th scope="col">项目</th><th scope="col">定额</th></tr></thead>'
        "<tbody><tr><td>居民</td><td>120</td></tr></tbody></table>\n"
        "<p>第二条 下列行为应当禁止：</p>\n<p>（一）浪费用水；</p>\n<p>（二）其他行为。</p>"
    )


@pytest.mark.parametrize(
    ("line", "body", "written", "published", "number"),
    [
        (
            "2008年11月14日 中华人民共和国国务院令第539号公布",
            "国务院",
            date(2008, 11, 14),
            date(2008, 11, 14),
            "国务院令第539号",
        ),
        (
            "1997年4月10日 海关总署第61号令发布",
            "海关总署",
            date(1997, 4, 10),
            date(1997, 4, 10),
            "海关总署令第61号",
        ),
        ("2001年6月5日 最高人民法院审判委员会第1179次会议通过", "最高人民法院", date(2001, 6, 5), None, ""),
        (
            "2018年8月29日 绍兴市第八届人民代表大会第三次会议通过",
            "绍兴市人民代表大会",
            date(2018, 8, 29),
            None,
            "",
        ),
        (
            "2014年12月26日 市十四届人大常委会第二十次会议通过",
            "某市人民代表大会常务委员会",
            date(2014, 12, 26),
            None,
            "",
        ),
        ("1986年5月12日 国务院批准", "国务院", date(1986, 5, 12), None, ""),
        (
            "2016年3月1日 最高人民检察院第十二届检察委员会第四十九次会议通过",
            "最高人民检察院",
            date(2016, 3, 1),
            None,
            "",
        ),
    ],
)
def test_one_line_of_history_names_body_day_and_order(
    line: str, body: str, written: date, published: date | None, number: str
) -> None:
    text = f"# 某市试验办法\n\n{line}\n\n<!-- INFO END -->\n\n第一条 正文。\n"
    document = parse_document("a.md", text.encode())
    assert document.metadata.issuing_body == body
    assert document.metadata.written_on == written
    assert document.metadata.originally_published_on == (published or written)
    assert ("originally_published_on" in document.found) == (published is not None)
    assert document.metadata.document_number == number


def test_joint_interpretation_names_both_courts() -> None:
    title = "最高人民法院、最高人民检察院关于确定罪名的补充规定"
    line = (
        "2009年9月21日 最高人民法院审判委员会第1474次会议、"
        "2009年9月28日最高人民检察院第十一届检察委员会第20次会议通过"
    )
    document = parse_document("a.md", f"# {title}\n\n{line}\n\n<!-- INFO END -->\n\n正文。\n".encode())
    assert document.metadata.issuing_body == "最高人民法院、最高人民检察院"
    assert document.metadata.written_on == date(2009, 9, 21)


def test_several_events_in_one_line_are_told_apart() -> None:
    line = (
        "2007年9月28日某省第十届人民代表大会常务委员会第三十四次会议通过根据2011年11月25日"
        "某省第十一届人民代表大会常务委员会第二十九次会议《关于修改〈某条例〉的决定》修正"
    )
    document = parse_document(
        "a.md", f"# 某省广告条例\n\n{line}\n\n<!-- INFO END -->\n\n第一条 正文。".encode()
    )
    assert document.metadata.written_on == date(2007, 9, 28)
    assert document.body_html.count("<br>") == 1
    assert [note.code for note in document.notes] == ["revised"]


def test_ordinary_markdown_keeps_lists_links_and_emphasis() -> None:
    text = (
        "# 办事指南\n\n请先阅读**须知**，再看[网站](https://example.org/)。\n\n"
        "- 甲\n- 乙\n\n1. 申请\n2. 受理\n\n> 提示\n"
    )
    assert parse_document("a.md", text.encode()).body_html == (
        '<p>请先阅读<strong>须知</strong>，再看<a href="https://example.org/">网站</a>。</p>\n'
        "<ul><li>甲</li><li>乙</li></ul>\n<ol><li>申请</li><li>受理</li></ol>\n<blockquote><p>提示</p></blockquote>"
    )


def test_numbers_of_running_text_in_markdown_stay_as_written() -> None:
    text = "# 规定\n\n34. 拍卖成交后，必须即时钱物两清。\n\n委托拍卖所发生的费用，从所得价款中优先扣除。\n"
    assert parse_document("a.md", text.encode()).body_text.startswith("34. 拍卖成交后")


def test_text_about_registration_is_not_taken_for_navigation() -> None:
    lines = ["为了规范登记注册，制定本办法。", "首页设计由主办单位负责", "承办单位按要求登录平台"]
    text = "\n".join(["某市市场主体登记注册办法", *lines])
    assert parse_document("a.txt", text.encode()).body_text.split("\n") == lines


def test_contents_of_a_law_are_not_headings_twice() -> None:
    text = (
        "某省条例\n目录\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 正文。\n第二章 附则\n第二条 正文。\n"
    )
    html = parse_document("a.txt", text.encode()).body_html
    assert re.findall(r"<h2>(.*?)</h2>", html) == ["第一章 总则", "第二章 附则"]
    assert html.count("第一章 总则") == 2


@pytest.mark.parametrize(
    ("label", "status"),
    [("有效", "valid"), ("已废止", "repealed"), ("失效", "lapsed"), ("已修改", "amended"), ("否", "lapsed")],
)
def test_validity_is_read_from_its_label(label: str, status: str) -> None:
    text = f"有效性：{label}\n关于做好工作的通知\n各单位：\n请遵照执行。\n"
    assert parse_document("a.txt", text.encode()).metadata.validity_status == status


def test_joint_signature_names_every_body() -> None:
    text = "关于做好退税工作的通知\n各单位：\n请遵照执行。\n财政部\n国家税务总局\n二〇二〇年一月十日\n"
    document = parse_document("a.txt", text.encode())
    assert document.metadata.issuing_body == "财政部 国家税务总局"
    assert document.metadata.written_on == date(2020, 1, 10)
    assert document.body_html.count('class="align-right"') == 3


def test_real_empty_column_is_not_taken_for_merged_cells() -> None:
    text = "某单位任务表\n说明如下。\n序号 | 任务 | 备注 |\n1 | 甲 | |\n2 | 乙 | |\n3 | 丙 | |\n"
    document = parse_document("a.txt", text.encode())
    assert document.body_html.count("rowspan") == 0
    assert document.body_html.count("<tr>") == 4


def test_result_passes_between_processes_with_its_notes() -> None:
    document = parse_document("招生.docx", word_file())
    copy = pickle.loads(pickle.dumps(document))  # noqa: S301  # bytes made here
    assert copy == document
    assert [str(note.message) for note in copy.notes] == [str(note.message) for note in document.notes]
