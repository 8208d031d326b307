"""The five real documents come out as a person reading them would write them down.

The expectations were written by hand from the files, not from the importer.
"""

import re
from dataclasses import dataclass
from datetime import date

import opencc
import pytest

from jiyue.library.importing import ParsedDocument, parse_document
from tests.shared import shared_path

FURNITURE = (
    "首页|扫一扫|网名|验证码|评论内容|相关文章|版权所有|技术支持|网站标识码|ICP备|Powered by|置顶|累计次数|"
    "字体:|索引号|成文日期:|"
    "网站提醒您|智能问答|营商环境 留言专区|www.cqfd.gov.cn"
)


@dataclass(frozen=True)
class Expected:
    title: str
    found: dict[str, object]
    guessed: dict[str, object]
    paragraphs: int
    headings: tuple[int, int, int]  # h2, h3, h4
    first: str
    last: str
    notes: tuple[str, ...] = ()
    tables: int = 0


EXPECTED = {
    "nantong-2019-89.txt": Expected(
        title="市政府办公室关于印发南通市政府网站管理办法的通知",
        found={
            "index_number": "014207264/2019-07409",
            "document_number": "通政办发〔2019〕89号",
            "issuing_body": "南通市人民政府办公室",
            "written_on": date(2019, 10, 10),
            "originally_published_on": date(2019, 10, 14),
            "validity_status": "valid",
            "source": "南通市人民政府办公室",
            "subject_category": "综合政务\\电子政务",
            "genre_category": "通知",
        },
        guessed={},
        paragraphs=49,
        headings=(1, 10, 0),
        first="各县(市)、区人民政府,南通经济技术开发区、苏通科技产业园区、通州湾示范区管委会,市各委、办、局,市各直属单位:",
        last="第三十条 本办法由南通市人民政府办公室、市大数据管理局负责解释,自发布之日起施行。"
        "2005年9月6日印发的《中国南通政府网站管理办法》(通政办发〔2005〕102号)同时废止。",
        notes=("attachment_named",),
    ),
    "nanbu-2023.txt": Expected(
        title="南部县人民政府办公室关于印发《南部县政府网站集约化平台管理办法》的通知",
        found={
            "index_number": "115111210087661747/2023-00022",
            "issuing_body": "南部县人民政府办公室",
            "written_on": date(2023, 7, 31),
            "originally_published_on": date(2023, 8, 1),
            "source": "南部县人民政府办公室",
        },
        guessed={"genre_category": "通知"},
        paragraphs=44,
        headings=(1, 9, 0),
        first="各乡镇人民政府、街道办事处,县政府各部门、各直属机构,有关单位:",
        last="附件:政府系统政务新媒体备案表",
        notes=("repaired_date", "repaired_numbers"),
    ),
    "hetang-2020.txt": Expected(
        title="株洲市荷塘区人民政府办公室关于印发《株洲市荷塘区政府门户网站工作管理办法》的通知",
        found={"issuing_body": "株洲市荷塘区人民政府办公室", "written_on": date(2020, 9, 15)},
        guessed={"genre_category": "通知"},
        paragraphs=62,
        headings=(2, 5, 3),
        first="各有关单位:",
        last="加分项\t视上级门户网站采用情况进行加分。\t"
        "中国政府网采用加10分。 省政府门户网站采用加5分。 市政府门户网站采用加3分。",
        notes=("table_spans_guessed",),
        tables=1,
    ),
    "chongqing-2015-22.txt": Expected(
        title="重庆市人民政府办公厅关于加强政府网站信息内容建设的实施意见",
        found={
            "document_number": "渝府办发〔2015〕22号",
            "issuing_body": "重庆市人民政府办公厅",
            "written_on": date(2015, 4, 10),
            "source": "重庆市政府办公厅",
        },
        guessed={"originally_published_on": date(2016, 1, 28), "genre_category": "意见"},
        paragraphs=34,
        headings=(6, 0, 0),
        first="渝府办发〔2015〕22号",
        last="此件公开发布",
    ),
    "guideline-2017-47.txt": Expected(
        title="国务院办公厅关于印发政府网站发展指引的通知",
        found={
            "index_number": "sggzyjyzx/2024-00002",
            "document_number": "国办发〔2017〕47号",
            "issuing_body": "国务院办公厅",
            "written_on": date(2017, 5, 15),
            "originally_published_on": date(2024, 1, 16),
            "subject_category": "信息公开制度",
        },
        guessed={"genre_category": "通知"},
        paragraphs=128,
        headings=(1, 8, 26),
        first="国办发〔2017〕47号",
        last="3.鼓励国务院各部门和省级政府入驻国务院客户端,及时发布国务院重要决策部署落实情况等,并提供办事服务。",
        notes=("converted_traditional", "removed_pinyin"),
    ),
}
EMPTY = {"written_on": None, "originally_published_on": None, "keywords": ()}


@pytest.fixture(params=sorted(EXPECTED))
def seed(request: pytest.FixtureRequest) -> tuple[ParsedDocument, Expected]:
    name: str = request.param
    path = shared_path(f"seeds/{name}")
    return parse_document(name, path.read_bytes()), EXPECTED[name]


def test_every_field_is_found_guessed_or_missing_as_in_the_file(
    seed: tuple[ParsedDocument, Expected],
) -> None:
    document, expected = seed
    assert document.title == expected.title
    for name in document.metadata.__dataclass_fields__:
        value = (expected.found | expected.guessed).get(name, EMPTY.get(name, ""))
        assert getattr(document.metadata, name) == value, name
    assert set(document.found) == {"title", *expected.found}
    assert set(document.guessed) == set(expected.guessed)
    assert set(document.found) | set(document.guessed) | set(document.missing) == {
        "title",
        *document.metadata.__dataclass_fields__,
    }
    assert tuple(note.code for note in document.notes) == expected.notes


def test_every_paragraph_heading_and_table_is_kept(seed: tuple[ParsedDocument, Expected]) -> None:
    document, expected = seed
    html = document.body_html
    assert len(re.findall(r"<p[ >]", html)) == expected.paragraphs
    assert tuple(html.count(f"<h{level}>") for level in (2, 3, 4)) == expected.headings
    assert html.count("<table>") == expected.tables
    lines = document.body_text.split("\n")
    assert lines[0] == expected.first
    assert lines[-1] == expected.last


def test_no_page_furniture_remains(seed: tuple[ParsedDocument, Expected]) -> None:
    document, expected = seed
    furniture = [
        line for line in document.body_text.split("\n") if len(line) < 60 and re.search(FURNITURE, line)
    ]
    assert furniture == []
    assert expected.title not in document.body_text.split("\n")


def test_no_traditional_character_remains(seed: tuple[ParsedDocument, Expected]) -> None:
    document, _expected = seed
    text = document.title + document.body_text
    assert opencc.OpenCC("t2s").convert(text) == text
    assert [
        character for character in text if "\u3400" <= character <= "\u9fff" and not _is_common(character)
    ] == []


def _is_common(character: str) -> bool:
    """Tell whether a character is in GB 2312, the set of simplified characters in everyday use."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def test_signature_and_date_stand_at_the_right(seed: tuple[ParsedDocument, Expected]) -> None:
    document, _expected = seed
    signed = document.metadata.written_on
    assert signed is not None
    assert f'<p class="align-right">{document.metadata.issuing_body}</p>' in document.body_html
    assert f'<p class="align-right">{signed.year}年{signed.month}月{signed.day}日</p>' in document.body_html


def test_pinyin_noise_is_gone_and_known_sentences_are_right() -> None:
    text = parse_document("g.txt", shared_path("seeds/guideline-2017-47.txt").read_bytes()).body_text
    assert re.findall("[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]", text) == []
    assert "徽标(Logo)是打造政府网站品牌形象的重要视觉要素。" in text
    for phrase in (
        "只涉及单个政府部门职责的",
        "发布经济、社会、历史、地理、人文、行政区划等介绍性信息。",
        "进行汇总分析,为业务部门简化优化服务流程",
        "答非所问等情况的,要予以退回并积极沟通,督促相关单位重新回复。",
        "在政府门户网站或部门网站开设专栏专题做好相关工作",
    ):
        assert phrase in text


def test_lost_table_becomes_a_real_table_with_its_merged_cells() -> None:
    html = parse_document("h.txt", shared_path("seeds/hetang-2020.txt").read_bytes()).body_html
    table = html[html.index("<table>") :]
    assert table.count("<tr>") == 11
    assert (
        '<tr><th scope="col">一级指标</th><th scope="col">二级指标</th><th scope="col">评分标准</th></tr>'
        in table
    )
    assert '<td rowspan="2">组织保障 (10)</td>' in table
    assert '<td rowspan="3">信息更新情况 (30)</td>' in table
    assert '<td>2.政策文件类。(半年内有更新)</td><td rowspan="2">每更新不及时1次扣10分。</td>' in table


def test_lost_digits_are_restored_only_where_the_file_confirms_them() -> None:
    text = parse_document("n.txt", shared_path("seeds/nanbu-2023.txt").read_bytes()).body_text
    assert "2023731日" not in text
    assert "(国发〔2022〕14号)" in text
    assert "(南府办函〔2023〕2号)" in text
