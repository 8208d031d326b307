"""The light markup of the demonstration texts."""

from datetime import date

import pytest

from jiyue.demo.markup import ContentError, Dates, read_entries, render_markdown

DAY = date(2026, 11, 21)  # a Saturday


def fill(text: str) -> str:
    references = {("title", "old"): "旧办法", ("number", "old"): "云政规〔2025〕2号"}
    return Dates(DAY, date(2026, 11, 18), references).fill(text, origin="test")


@pytest.mark.parametrize(
    ("placeholder", "text"),
    [
        ("{date}", "2026年11月21日"),
        ("{date+10}", "2026年12月1日"),
        ("{md-21}", "10月31日"),
        ("{weekday+1}", "星期日"),
        ("{year-1}", "2025"),
        ("{month+2}", "1月"),
        ("{ym-11}", "2025年12月"),
        ("{first+1}", "2026年12月1日"),
        ("{last-9}", "2026年2月28日"),
        ("{written+30}", "2026年12月18日"),
        ("{title:old}", "旧办法"),
        ("{number:old}", "云政规〔2025〕2号"),
    ],
)
def test_placeholders_are_counted_from_the_day_of_publication(placeholder: str, text: str) -> None:
    assert fill(f"自{placeholder}起") == f"自{text}起"


@pytest.mark.parametrize("placeholder", ["{tomorrow}", "{date+x}", "{title:missing}", "{}"])
def test_unknown_placeholders_are_refused(placeholder: str) -> None:
    with pytest.raises(ContentError, match="unknown placeholder"):
        fill(placeholder)


def test_entries_inherit_the_defaults_of_their_file() -> None:
    text = (
        '+++ defaults\nunit = "a"\nkind = "notice"\n+++\n\n+++\nkey = "one"\nkind = "article"\n+++\nBody.\n'
    )
    (entry,) = read_entries(text, file_name="x.md")
    assert entry.fields == {"unit": "a", "kind": "article", "key": "one"}
    assert (entry.origin, entry.body) == ("x.md: one", "Body.")


@pytest.mark.parametrize("text", ["", "words first\n+++\nkey = 1\n+++\n", "+++\nkey = \n+++\nBody."])
def test_malformed_files_are_refused_by_name(text: str) -> None:
    with pytest.raises(ContentError, match=r"x\.md"):
        list(read_entries(text, file_name="x.md"))


def test_arrows_align_every_line_of_a_paragraph() -> None:
    html = render_markdown("→ 云汀市人民政府\n→ 2026年11月21日")
    assert html == '<p style="text-align: right">云汀市人民政府<br />\n2026年11月21日</p>'


def test_raw_html_is_escaped() -> None:
    assert "<script" not in render_markdown("<script>alert(1)</script>")
