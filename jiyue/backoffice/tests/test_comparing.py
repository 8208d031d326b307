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
