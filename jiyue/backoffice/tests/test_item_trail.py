"""The life of an item on one page and as a PDF."""

import re

import pypdfium2
import pytest
from django.urls import reverse

from jiyue.backoffice import trail_pdf
from jiyue.backoffice.item_story import tell_item
from jiyue.core import clock
from jiyue.core.models import AuditEntry
from jiyue.library.models import Resource
from jiyue.library.selectors import get_content
from jiyue.library.services import save_revision, submit_for_review
from jiyue.review import services as review
from tests.factories import World


def eventful(world: World) -> Resource:
    """Returned once, changed, published, withdrawn."""
    case = world.submitted(title="𠮷祥村道路改造\u200b公告")
    step = case.steps.get(status="open")
    review.return_case(
        step_id=step.pk, seen_digest=case.manifest_digest, actor=world.lead, reason="日期有误，请核对"
    )
    item = Resource.objects.get(pk=case.items.get().subject_key)
    content = get_content(item).with_values(body_html="<p>今天，市政府召开集约化平台推进会议。</p>")
    save_revision(resource=item, content=content, base_number=1, actor=world.second_author)
    item.refresh_from_db()
    world.decide_all(submit_for_review(resource=item, actor=world.author))
    world.withdraw(item)
    item.refresh_from_db()
    return item


def text_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


@pytest.mark.req("REV-03")
def test_the_page_tells_every_act_with_person_time_opinion_and_difference(world, enter):
    item = eventful(world)
    page = enter(world.author).get(reverse("backoffice:resource_trail", args=[item.pk]))
    story = page.context["story"]
    assert [passage.at for passage in story.passages] == sorted(passage.at for passage in story.passages)
    text = page.content.decode()
    for words in ("日期有误，请核对", "己（市政府办公室，ji）", "<ins>", "内容有误"):
        assert words in text
    edit = next(passage for passage in story.passages if passage.differences)
    pieces = [piece.text for d in edit.differences for p in d.paragraphs for piece in p.pieces]
    assert "推进" in "".join(pieces)
    assert [answer.act for answer in story.answers][-1] == "withdraw"


@pytest.mark.req("REV-03")
def test_the_pdf_tells_the_same_and_its_export_is_on_record(world, enter):
    item = eventful(world)
    answer = enter(world.author).get(reverse("backoffice:resource_trail_pdf", args=[item.pk]))
    assert answer.headers["Content-Type"] == "application/pdf"
    text = re.sub(r"\s", "", text_of(answer.content))
    assert "日期有误，请核对" in text
    assert "[U+20BB7]祥村道路改造[U+200B]公告" in text
    assert re.sub(r"\s", "", item.editions.get().index_number) in text
    assert "甲（jia）" in text
    entry = AuditEntry.objects.get(verb="resource.trail_exported")
    assert (entry.subject_type, entry.subject_id) == ("resource", str(item.pk))
    assert entry.person_id == world.author.person_id


def test_another_units_trail_does_not_exist(world, enter):
    item = world.draft()
    client = enter(world.other_author)
    for name in ("resource_trail", "resource_trail_pdf"):
        assert client.get(reverse(f"backoffice:{name}", args=[item.pk])).status_code == 404
    assert not AuditEntry.objects.filter(verb="resource.trail_exported").exists()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("𠮷", "[U+20BB7]"),
        ("㐀", "[U+3400]"),
        ("A\u202eB", "A[U+202E]B"),
        ("\U0001f600", "[U+1F600]"),
        ("é", "é"),
        ("〔2026〕1号", "〔2026〕1号"),
        ("a\u3000b", "a b"),
        ("<b>&", "<b>&"),
    ],
)
@pytest.mark.unit
def test_characters_outside_the_font_stand_as_their_code_point(text, shown):
    assert trail_pdf.readable(text) == shown


def test_a_long_text_makes_a_file_of_many_numbered_pages(world):
    item = world.draft(body_html="<p>" + "长文。" * 40_000 + "</p>")
    content = get_content(item).with_values(body_html="".join(f"<p>第{n}条 内容</p>" for n in range(3_000)))
    save_revision(resource=item, content=content, base_number=1, actor=world.author)

    data = trail_pdf.render_trail(tell_item(item), at=clock.now(), by="甲")
    document = pypdfium2.PdfDocument(data)
    assert len(document) > 1
    assert str(len(document)) in document[0].get_textpage().get_text_bounded()
