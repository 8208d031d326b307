import pytest

from jiyue.backoffice.comparing import compare, compare_texts
from jiyue.library.content import ResourceContent

pytestmark = pytest.mark.unit


def pieces(old: str, new: str) -> list[list[tuple[str, str]]]:
    return [[(p.kind, p.text) for p in paragraph.pieces] for paragraph in compare_texts(old, new)]


def test_changed_characters_are_marked_inside_their_paragraph():
    assert pieces("会议于周一召开。", "会议于周二召开。") == [
        [("same", "会议于周"), ("del", "一"), ("ins", "二"), ("same", "召开。")]
    ]


def test_added_and_removed_paragraphs_stand_whole():
    assert pieces("第一段\n第二段", "第一段\n第二段\n全新的内容") == [
        [("same", "第一段")],
        [("same", "第二段")],
        [("ins", "全新的内容")],
    ]


def test_rewritten_paragraph_is_shown_old_then_new():
    assert pieces("春眠不觉晓", "白日依山尽") == [[("del", "春眠不觉晓"), ("ins", "白日依山尽")]]


def test_long_unchanged_stretches_become_gaps():
    lines = [f"第{number}段" for number in range(20)]
    result = compare_texts("\n".join(lines), "\n".join([*lines, "新增"]))
    assert sum(paragraph.is_gap for paragraph in result) == 1
    assert len(result) == 4


def test_only_fields_that_differ_are_listed():
    old = ResourceContent(kind="article", title="甲", source="办公室", channel_ids=(1,))
    new = old.with_values(title="乙", channel_ids=(1, 2))
    found = compare(old, new, channel_names={1: "市网 / 要闻", 2: "县网 / 转载"})
    assert len(found) == 2
    assert found[1].paragraphs[0].pieces[-1].text.endswith("县网 / 转载")


def test_layout_change_without_new_words_is_said_so():
    old = ResourceContent(kind="article", title="甲", body_html="<p>文</p>")
    assert (
        len(compare(old, old.with_values(body_html='<p class="align-center">文</p>'), channel_names={})) == 1
    )


def test_equal_states_have_no_difference():
    content = ResourceContent(kind="article", title="甲", body_html="<p>文</p>")
    assert compare(content, content, channel_names={}) == []


def body_of(old: str, new: str) -> list[tuple[str, str]]:
    before, after = (ResourceContent(kind="article", title="甲", body_html=html) for html in (old, new))
    (difference,) = compare(before, after, channel_names={})
    return [(piece.kind, piece.text) for paragraph in difference.paragraphs for piece in paragraph.pieces]


def test_moved_paragraph_is_called_moved():
    first, second, third = "第一条 总则内容", "第二条 职责内容", "第三条 附则内容"
    found = pieces("\n".join([first, second, third]), "\n".join([third, first, second]))
    assert [("to", third)] in found
    assert [("from", third)] in found


def test_numbers_and_foreign_words_change_as_a_whole():
    assert ("del", "2025") in pieces("完成投资2025万元左右。", "完成投资2026万元左右。")[0]


def test_changed_cell_of_a_table_stands_in_its_row():
    table = "<table><tbody><tr><td><p>甲项目</p></td><td><p>{}</p></td></tr></tbody></table>"
    found = body_of(table.format("已完成"), table.format("未完成"))
    assert ("del", "已") in found
    assert ("ins", "未") in found


def test_other_picture_with_the_same_description_is_a_difference():
    picture = '<p>文</p><figure><img src="/media/{}.jpg" alt="会场"></figure>'
    found = body_of(picture.format("a" * 32), picture.format("b" * 32))
    assert any("aaaaaaaa" in text for kind, text in found if kind == "del")
    assert any("bbbbbbbb" in text for kind, text in found if kind == "ins")


def test_other_address_behind_the_same_words_is_a_difference():
    link = '<p>详见<a href="https://{}.gov.cn/">通知</a></p>'
    found = body_of(link.format("a"), link.format("evil"))
    assert any(kind == "ins" and "evil" in text for kind, text in found)


def test_change_behind_ten_thousand_paragraphs_is_found():
    lines = [f"第{number}段文字" for number in range(12_000)]
    result = compare_texts("\n".join(lines), "\n".join([*lines[:-1], "最后一段被改"]))
    assert result[-1].is_changed


@pytest.mark.parametrize(
    "line", ["同样的一段话，没有任何区别。", "第{}条 各级人民政府应当加强领导，落实责任。"]
)
def test_two_megabytes_of_changed_text_are_compared(line):
    old = [line.format(number) * 3 for number in range(17_000)]
    new = [text.replace("任", "职") + str(number % 7) for number, text in enumerate(old)]
    result = compare_texts("\n".join(old), "\n".join(new))
    assert any(paragraph.is_changed for paragraph in result)


def test_one_paragraph_of_half_a_megabyte_is_compared():
    result = compare_texts("会议指出，要加强领导。" * 50_000, "会议强调，要落实责任。" * 50_000)
    assert [piece.kind for piece in result[0].pieces] == ["del", "ins"]
