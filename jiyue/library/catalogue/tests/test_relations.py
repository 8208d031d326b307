"""Amending, repealing, interpreting: marks on the old document's pages, on every site (LIB-07)."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import IntegrityError, transaction

from jiyue.core.models import AuditEntry
from jiyue.library.catalogue.listening import CircularRelation, begin_relations
from jiyue.library.catalogue.models import DocumentRelation
from jiyue.library.catalogue.relations import get_relations_about, list_citable
from jiyue.library.catalogue.tests.scenes import (
    DOCUMENT,
    amending,
    document,
    fields_of,
    remarks,
    said,
    settle,
)
from jiyue.library.content import Relation
from jiyue.library.enums import RelationKind
from jiyue.library.models import Edition, Resource
from jiyue.library.selectors import get_content
from jiyue.library.services import save_revision, submit_for_review
from jiyue.library.services.releasing import NotReleasable
from jiyue.publishing.models import Placement
from jiyue.publishing.tests.output import correct, read
from jiyue.search.documents import load_documents
from tests.factories import approve_step, note_correction

pytestmark = pytest.mark.django_db


def pages(resource: Resource) -> list[str]:
    """The detail pages of an item as they lie on the public host, one per site."""
    placements = Placement.objects.filter(resource=resource).select_related("site").order_by("pk")
    return [read(place.site, place.path) for place in placements]


@pytest.mark.req("LIB-07")
def test_repeal_marks_the_old_document_on_all_sites_with_date_and_link_both_ways(world):
    with time_machine.travel(datetime(2026, 3, 2, 1, tzinfo=UTC), tick=False):
        old = document(world)
        assert all("repealed" not in page and "废止" not in page for page in pages(old))
    digest = Edition.objects.get(resource=old).digest
    with time_machine.travel(datetime(2026, 3, 9, 1, tzinfo=UTC), tick=False):
        new = amending(world, old)
    assert len(pages(old)) == 2
    for site, page, newer in zip(("shi", "xian"), pages(old), pages(new), strict=True):
        assert "validity-repealed" in page, site
        assert "2026-03-09" in page
        path = Placement.objects.get(resource=new, site__key=site).path
        assert f'href="/{path}"' in page
        assert f'href="/{Placement.objects.get(resource=old, site__key=site).path}"' in newer
    entry = Placement.objects.filter(resource=old).first().entry_json
    assert entry["validity"] == "repealed"
    assert load_documents([old.pk])[old.pk].validity_status == "repealed"
    assert Edition.objects.get(resource=old).digest == digest
    assert AuditEntry.objects.filter(verb="edition.relations_stated", subject_id=str(new.pk)).count() == 1
    world.withdraw(new)
    for page in pages(old):
        assert "validity-valid" in page
        assert "2026-03-09" not in page
    assert load_documents([old.pk])[old.pk].validity_status == "valid"


def test_amendment_that_holds_from_a_later_day_marks_its_document_on_that_day(world):
    with time_machine.travel(datetime(2026, 3, 2, 1, tzinfo=UTC), tick=False):
        old = document(world)
        amending(world, old, "amends", effective_on="2026-04-01")
        assert "validity-valid" in pages(old)[0]
    with time_machine.travel(datetime(2026, 3, 31, 16, 1, tzinfo=UTC), tick=False):  # 00:01 in China
        assert list(begin_relations()) == [1]
        settle()
        assert "validity-amended" in pages(old)[0]
        assert "2026-04-01" in pages(old)[0]


def test_a_later_edition_that_no_longer_says_so_ends_the_mark(world):
    old = document(world)
    new = amending(world, old)
    assert get_relations_about([old.pk])
    correct(world, new, relations=(), title="更正")
    assert get_relations_about([old.pk]) == {}
    assert "validity-valid" in pages(old)[0]


def test_an_interpretation_links_both_ways_and_changes_no_validity(world):
    old = document(world)
    world.publish(kind="interpretation", title="解读", relations=(Relation("interprets", old.pk),))
    assert "validity-valid" in pages(old)[0]
    assert "解读</a>" in pages(old)[0]


def test_a_repealed_document_stays_repealed_when_amended_earlier(world):
    old = document(world)
    amending(world, old, "amends", title="修改")
    amending(world, old, "repeals", title="废止")
    assert "validity-repealed" in pages(old)[0]


@pytest.mark.req("LIB-07")
def test_documents_can_not_change_each_other_nor_themselves(world):
    first = document(world)
    second = amending(world, first, "amends", title="修改一")
    third = amending(world, second, "amends", title="修改二")
    circle = get_content(first).with_values(relations=(Relation("amends", third.pk),))
    save_revision(resource=first, content=circle, base_number=1, actor=world.author)
    assert "relations" in fields_of(said(first, world))
    itself = get_content(second).with_values(relations=(Relation("amends", second.pk),))
    save_revision(resource=second, content=itself, base_number=1, actor=world.author)
    assert "relations" in fields_of(said(second, world))


def test_two_documents_in_review_that_repeal_each_other_do_not_both_go_out(world):
    first, second = document(world), document(world, title="另一办法")
    for one, other in ((first, second), (second, first)):
        content = get_content(one).with_values(relations=(Relation("repeals", other.pk),))
        save_revision(resource=one, content=content, base_number=1, actor=world.author)
        note_correction(one, world.author)
    cases = [submit_for_review(resource=one, actor=world.author) for one in (first, second)]
    world.decide_all(cases[0])
    approve_step(cases[1], world.lead)
    with pytest.raises((NotReleasable, CircularRelation)):
        approve_step(cases[1], world.leader)
    assert DocumentRelation.objects.count() == 1


def test_only_published_documents_of_readable_units_can_be_named(world):
    draft = world.draft(**DOCUMENT)
    foreign = world.publish(**DOCUMENT)
    Resource.objects.filter(pk=foreign.pk).update(unit=world.unit_b)
    assert not list_citable(world.unit_a).filter(pk=foreign.pk).exists()
    for target in (draft.pk, foreign.pk, 10**9):
        found = remarks(world, relations=(Relation("amends", target),))
        assert fields_of(found) == {"relations"}, target
    assert fields_of(remarks(world, relations=(Relation("blesses", None, "某文"),))) == {"relations"}
    assert fields_of(remarks(world, relations=(Relation("amends", None, " "),))) == {"relations"}
    wrong_day = (Relation("amends", None, "某文", "2026-02-30"),)
    assert fields_of(remarks(world, relations=wrong_day)) == {"relations"}
    assert remarks(world, relations=(Relation("amends", None, "国发〔2001〕1号"),)) == []


def test_relations_are_append_only(world):
    amending(world, document(world))
    with pytest.raises(IntegrityError), transaction.atomic():
        DocumentRelation.objects.update(kind=RelationKind.AMENDS)
    with pytest.raises(IntegrityError), transaction.atomic():
        DocumentRelation.objects.all().delete()
