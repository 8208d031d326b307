"""What every engine must do. A test module subclasses `SearchContract` and gives it an `index`."""

import random
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from jiyue.search.engine import Delete, Notice, Upsert
from jiyue.search.tests.factories import ask, found, make_document, only_hit, put
from jiyue.search.tests.samples import CITING, HOSTILE, NUMBER_SPELLINGS, NUMBERED, some_laws


class SearchContract:
    """Everything a visitor and the worker rely on; the subclass has the fixture `index`, a `SearchIndex`."""

    # ---- what is found

    def test_index_never_written_has_no_hits(self, index):
        results = ask(index, "网站")
        assert (results.total, results.hits) == (0, ())
        assert index.entries() == {}

    @pytest.mark.parametrize(
        "text",
        [
            "集约",
            "集约化",
            "民政",
            "人民政府同意",
            "网站管理办法",
            "网",
            "站管",
            "南通市政府网站管理办法",
            "办公室 网站",
        ],
    )
    def test_words_and_parts_of_words_are_found(self, index, text):
        put(index, NUMBERED, make_document("other", title="关于春节放假的通告"))
        results = ask(index, text)
        assert found(results) == ["method"]
        assert results.notices == ()

    def test_title_number_index_number_body_and_issuing_body_are_searched(self, index):
        put(index, NUMBERED)
        for text in ("市政府办公室关于印发", "89号", "07409", "现印发给你们", "南通市人民政府办公室"):
            assert found(ask(index, text)) == ["method"], text

    @pytest.mark.parametrize("text", NUMBER_SPELLINGS)
    def test_number_is_found_first_however_it_is_typed(self, index, text):
        fillers = [
            make_document(
                f"f{i}", title="通政办发2019年89号的解读 通政办发", body_text="通政办发 2019 89 号 " * 9
            )
            for i in range(5)
        ]
        put(index, *fillers, CITING, NUMBERED)
        assert found(ask(index, text))[0] == "method"

    def test_document_citing_a_number_follows_the_document_itself(self, index):
        put(index, CITING, NUMBERED)
        assert found(ask(index, "通政办发〔2019〕89号")) == ["method", "citing"]

    def test_unknown_number_finds_nothing_rather_than_its_digits(self, index):
        put(index, NUMBERED)
        assert ask(index, "通政办发〔2018〕89号").total == 0

    def test_latin_words_match_whole_and_in_any_case_and_width(self, index):
        put(index, make_document("icp", body_text="网站应办理ICP备案，使用Windows 11的单位除外。"))
        for text in ("icp", "ICP备案", "ｉｃｐ　备案", "WINDOWS", "windows 11", "11"):
            assert found(ask(index, text)) == ["icp"], text
        assert ask(index, "window").total == 0

    def test_spaces_and_line_layout_inside_chinese_text_do_not_hide_it(self, index):
        put(index, make_document("1", title="第一章  总　则", body_text="为 规范 网站管理\u200b工作"))
        for text in ("总则", "规范网站", "管理工作"):
            assert found(ask(index, text)) == ["1"], text

    def test_punctuation_separates_what_is_not_one_phrase(self, index):
        put(
            index,
            make_document("1", body_text="公民、法人和其他组织"),
            make_document("2", body_text="民法典"),
        )
        assert found(ask(index, "民法")) == ["2"]
        assert found(ask(index, "民、法")) == ["1"]
        assert found(ask(index, "《民法典》")) == ["2"]

    def test_rare_characters_are_found(self, index):
        put(index, make_document("1", body_text="𠮷林路㐂园二〇二六年"))
        for text in ("𠮷", "𠮷林", "㐂园", "二〇二六"):
            assert found(ask(index, text)) == ["1"], text

    def test_random_pieces_of_real_laws_are_all_found(self, index):
        laws = some_laws(60)
        put(index, *laws)
        randomness = random.Random(20260321)  # noqa: S311 - a fixed choice of test pieces
        for _ in range(100):
            law = randomness.choice(laws)
            piece = randomness.choice(re.findall(r"[\u4e00-\u9fff]{6,}", law.body_text))
            size = randomness.randint(2, 6)
            start = randomness.randint(0, len(piece) - size)
            text = piece[start : start + size]
            pages = (ask(index, text, per_page=50, page=page) for page in (1, 2))
            assert law.public_id in [hit.public_id for page in pages for hit in page.hits], text

    # ---- how the words are read

    def test_all_words_are_wanted_first(self, index):
        put(index, make_document("both", body_text="网站与预算"), make_document("one", body_text="网站"))
        results = ask(index, "网站 预算")
        assert found(results) == ["both"]
        assert results.notices == ()

    def test_words_that_stand_apart_are_the_second_try_and_it_is_said(self, index):
        put(index, make_document("apart", body_text="公民、法人和其他组织的合法权益"), make_document("x"))
        results = ask(index, "公民法人权益")
        assert found(results) == ["apart"]
        assert results.notices == (Notice.WORDS_APART,)

    def test_some_of_the_words_are_the_last_try_and_it_is_said(self, index):
        put(index, make_document("one", body_text="网站管理"), make_document("x"))
        results = ask(index, "网站 量子计算")
        assert found(results) == ["one"]
        assert results.notices == (Notice.SOME_WORDS,)
        assert results.messages == (Notice.SOME_WORDS.label,)

    def test_lone_character_does_not_hide_what_the_other_word_finds(self, index):
        put(index, make_document("one", body_text="政府网站"), make_document("x"))
        results = ask(index, "网站 鑫")
        assert (found(results), results.notices) == (["one"], (Notice.SOME_WORDS,))
        results = ask(index, "的网站")
        assert (found(results), results.notices) == (["one"], (Notice.WORDS_APART,))

    def test_query_without_any_word_says_so(self, index):
        put(index, make_document())
        for text in ("", "  ", "，。", "😀", "()"):
            results = ask(index, text)
            assert (results.total, results.notices) == (0, (Notice.NOTHING_TO_SEARCH,)), text

    def test_long_query_is_cut_and_says_so(self, index):
        put(index, make_document("1", body_text="网站管理" * 60))
        results = ask(index, "网站管理" * 60)
        assert found(results) == ["1"]
        assert results.notices == (Notice.QUERY_CUT,)

    @pytest.mark.parametrize("text", HOSTILE)
    def test_nothing_a_visitor_types_raises(self, index, text):
        put(index, NUMBERED)
        results = ask(index, text)
        assert results.took_ms < 5_000

    @pytest.mark.parametrize("text", HOSTILE)
    def test_nothing_a_document_says_stops_it_from_being_indexed(self, index, text):
        put(index, make_document("1", title=f"网站{text}", body_text=f"管理{text}", document_number=text))
        hit = only_hit(ask(index, "管理"))
        assert "<script" not in hit.title_html + hit.excerpt_html

    # ---- in which order

    def test_whole_word_ranks_above_characters_that_lie_across_words(self, index):
        across = [
            make_document(f"a{i}", title="乡镇人民政府工作条例", body_text="人民政府。" * (i + 3))
            for i in range(8)
        ]
        put(index, *across, make_document("word", body_text="市民政局负责救助。" + "其他事项。" * 30))
        results = ask(index, "民政")
        assert results.total == 9
        assert found(results)[0] == "word"

    def test_title_ranks_above_body(self, index):
        put(
            index,
            make_document("body", body_text="网站。" * 5),
            make_document("title", title="政府网站工作", body_text="正文" * 50),
        )
        assert found(ask(index, "网站")) == ["title", "body"]

    def test_exact_title_comes_first(self, index):
        put(
            index,
            make_document("more", title="网站管理办法解读：网站管理办法问答", body_text="网站管理办法" * 9),
            make_document("exact", title="《网站管理办法》"),
        )
        assert found(ask(index, "网站管理办法"))[0] == "exact"

    @pytest.mark.parametrize("status", ["repealed", "lapsed"])
    def test_document_not_in_force_ranks_below_valid_one(self, index, status):
        text: dict[str, Any] = {"title": "网站管理办法", "body_text": "网站管理。", "kind": "policy_document"}
        put(
            index,
            make_document("old", validity_status=status, **text),
            make_document(
                "new", validity_status="valid", **text, published_at=datetime(2001, 1, 1, tzinfo=UTC)
            ),
        )
        assert found(ask(index, "网站管理")) == ["new", "old"]

    def test_newer_and_not_archived_break_the_tie(self, index):
        text: dict[str, Any] = {"title": "网站工作通报", "body_text": "网站工作。"}
        put(
            index,
            make_document("archived", is_archived=True, **text),
            make_document("history", originally_published_on=date(1999, 5, 1), **text),
            make_document("now", **text),
        )
        results = ask(index, "网站工作")
        assert found(results)[0] == "now"
        assert {hit.public_id: hit.date for hit in results.hits}["history"] == date(1999, 5, 1)

    # ---- what a hit shows

    def test_hit_carries_address_channel_date_and_document_facts(self, index):
        put(index, NUMBERED)
        hit = only_hit(ask(index, "集约"))
        assert hit.url == "/zwgk/202603/method.html"
        assert (hit.channel_name, hit.kind, hit.validity_status) == ("政务公开", "policy_document", "valid")
        assert (hit.document_number, hit.issuing_body) == ("通政办发〔2019〕89号", "南通市人民政府办公室")
        assert hit.date == date(2026, 3, 2)
        assert hit.excerpt_html.endswith("第一条 推进<mark>集约</mark>化建设。")

    def test_markup_in_documents_is_escaped_around_and_inside_matches(self, index):
        nasty = '<script>alert("网站")</script>&amp;<b>网站</b>'
        put(index, make_document("1", title=nasty, body_text=nasty * 3))
        hit = only_hit(ask(index, "网站"))
        for html in (str(hit.title_html), str(hit.excerpt_html)):
            assert "<mark>网站</mark>" in html
            assert "&lt;script&gt;" in html
            assert "<" not in re.sub(r"</?mark>", "", html)

    def test_words_found_across_a_tag_like_text_stay_escaped(self, index):
        put(index, make_document("1", body_text="标记<mark>与脚本<script>"))
        hit = only_hit(ask(index, "mark与脚本 script"))
        assert "<" not in re.sub(r"</?mark>", "", str(hit.excerpt_html))

    def test_excerpt_shows_the_spot_with_the_most_words(self, index):
        filler = "本条规定一般事项。" * 40
        put(index, make_document("1", body_text=f"网站。{filler}这里网站要公开预算。{filler}"))
        excerpt = str(only_hit(ask(index, "网站 预算")).excerpt_html)
        assert "这里<mark>网站</mark>要公开<mark>预算</mark>。" in excerpt
        assert excerpt.startswith("…")
        assert excerpt.endswith("…")
        assert len(re.sub(r"</?mark>", "", excerpt)) <= 92

    def test_match_far_down_a_long_text_is_shown(self, index):
        put(index, make_document("1", body_text="一般事项。" * 20_000 + "末尾提到集约化。"))
        assert "<mark>集约</mark>化" in only_hit(ask(index, "集约")).excerpt_html

    def test_full_width_and_spaced_text_is_marked_as_it_stands(self, index):
        put(index, make_document("1", title="ＩＣＰ备案与网　站管理（㎡）", body_text="…"))
        title = str(only_hit(ask(index, "icp 网站")).title_html)
        assert title == "<mark>ＩＣＰ</mark>备案与<mark>网 站</mark>管理（m2）"

    # ---- for whom

    def test_site_sees_only_its_own_items_at_its_own_address(self, index):
        shared = make_document("shared", body_text="网站", site_keys=("city", "health"))
        put(
            index,
            shared,
            make_document("own", body_text="网站"),
            make_document("theirs", body_text="网站", site_keys=("health",)),
        )
        assert sorted(found(ask(index, "网站"))) == ["own", "shared"]
        assert sorted(found(ask(index, "网站", "health"))) == ["shared", "theirs"]
        assert ask(index, "网站", "county").total == 0

    def test_kind_narrows_the_result(self, index):
        put(index, NUMBERED, make_document("news", body_text="网站"))
        assert found(ask(index, "网站", kind="article")) == ["news"]
        assert sorted(found(ask(index, "网站"))) == ["method", "news"]

    def test_pages_follow_each_other_without_gap_or_repeat(self, index):
        put(index, *(make_document(str(i), body_text="网站") for i in range(25)))
        pages = [ask(index, "网站", page=page) for page in (1, 2, 3, 4)]
        assert [len(page.hits) for page in pages] == [10, 10, 5, 0]
        assert {page.total for page in pages} == {25}
        assert len({hit.public_id for page in pages for hit in page.hits}) == 25

    def test_page_too_far_down_is_answered_with_advice(self, index):
        put(index, make_document("1", body_text="网站"))
        results = ask(index, "网站", page=101)
        assert (results.total, results.hits, results.notices) == (1, (), (Notice.TOO_FAR,))

    # ---- changes

    def test_update_replaces_what_was_there(self, index):
        put(index, make_document("1", body_text="旧文本"))
        put(index, make_document("1", body_text="新内容"))
        assert ask(index, "旧文本").total == 0
        assert found(ask(index, "新内容")) == ["1"]

    def test_applying_again_changes_nothing(self, index):
        for _ in range(3):
            put(index, NUMBERED)
        only_hit(ask(index, "网站"))
        before = index.entries()
        put(index, NUMBERED)
        assert index.entries() == before

    def test_deleted_document_is_gone_everywhere(self, index):
        put(
            index,
            make_document("1", body_text="网站", site_keys=("city", "health")),
            make_document("2", body_text="网站"),
        )
        index.apply([Delete("1"), Delete("never there")])
        assert found(ask(index, "网站")) == ["2"]
        assert ask(index, "网站", "health").total == 0
        assert set(index.entries()) == {"2"}

    def test_changes_of_one_batch_happen_in_order(self, index):
        index.apply(
            [
                Upsert(make_document("1", body_text="第一稿网站")),
                Upsert(make_document("1", body_text="第二稿网站")),
                Upsert(make_document("2", body_text="网站")),
                Delete("2"),
            ]
        )
        assert "第二稿" in only_hit(ask(index, "网站")).excerpt_html

    def test_item_withdrawn_from_one_site_stays_on_the_other(self, index):
        put(index, make_document("1", body_text="网站", site_keys=("city", "health")))
        put(index, make_document("1", body_text="网站", site_keys=("health",)))
        assert ask(index, "网站").total == 0
        assert ask(index, "网站", "health").total == 1

    def test_entries_tell_a_stale_document_from_a_fresh_one(self, index):
        put(index, make_document("1"), make_document("2"))
        before = index.entries()
        put(index, make_document("2", body_text="改过"))
        after = index.entries()
        assert before.keys() == after.keys() == {"1", "2"}
        assert before["1"] == after["1"]
        assert before["2"] != after["2"]

    def test_rebuild_replaces_everything(self, index):
        put(index, make_document("old", body_text="网站"))
        assert index.rebuild(iter([make_document("a", body_text="网站"), make_document("b")])) == 2
        assert found(ask(index, "网站")) == ["a"]
        put(index, make_document("c", body_text="网站"))
        assert sorted(found(ask(index, "网站"))) == ["a", "c"]

    def test_changes_during_a_rebuild_are_seen_at_once_and_kept(self, index):
        put(index, make_document("gone", body_text="网站"), make_document("edited", body_text="旧网站"))

        def documents():
            yield make_document("gone", body_text="网站")
            yield make_document("edited", body_text="旧网站")
            index.apply([Delete("gone"), Upsert(make_document("edited", body_text="新网站"))])
            assert found(ask(index, "网站")) == ["edited"]
            yield make_document("kept", body_text="网站")

        assert index.rebuild(documents()) == 2
        assert sorted(found(ask(index, "网站"))) == ["edited", "kept"]
        assert ask(index, "新网站").total == 1

    def test_rebuild_that_fails_leaves_the_old_index(self, index):
        put(index, make_document("old", body_text="网站"))

        def documents():
            yield make_document("new", body_text="网站")
            raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"):
            index.rebuild(documents())
        assert found(ask(index, "网站")) == ["old"]
        assert index.rebuild([make_document("new", body_text="网站")]) == 1
        assert found(ask(index, "网站")) == ["new"]
