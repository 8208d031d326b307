"""Controlled vocabularies: versions by two persons, earlier terms, foreign terms, checks (LIB-05)."""

import pytest
from django.db import IntegrityError, transaction

from jiyue.core import clock, two_person
from jiyue.core.models import AuditEntry
from jiyue.core.two_person import SamePerson
from jiyue.demo.content import load_city
from jiyue.library.catalogue.enums import TAXONOMY_OF_FIELD, Taxonomy
from jiyue.library.catalogue.models import TaxonomyVersion, TermMapping
from jiyue.library.catalogue.permissions import NotCatalogueKeeper
from jiyue.library.catalogue.services import (
    MappingRefused,
    TaxonomyEntry,
    TaxonomyRefused,
    propose_version,
    set_mapping,
)
from jiyue.library.catalogue.services.taxonomies import with_parents
from jiyue.library.catalogue.tests.scenes import fields_of, remarks
from jiyue.library.catalogue.vocabularies import Standing, judge, read_vocabularies, read_vocabulary
from jiyue.library.importing.document import DocumentMetadata, ParsedDocument
from jiyue.library.selectors import get_content
from jiyue.library.services import ImportPlan, IncomingFile, import_documents
from jiyue.organizations.enums import StaffRole
from tests.factories import World, make_account

pytestmark = pytest.mark.django_db


def second_manager(world: World):
    return make_account("wu2", world.unit_a, StaffRole.PLATFORM_MANAGER, name="子")


def entry_of(taxonomy: Taxonomy, terms, successors=None, basis="市政府办公室通知") -> TaxonomyEntry:
    number = read_vocabulary(taxonomy).number
    return TaxonomyEntry(taxonomy, number, with_parents(list(terms)), successors or {}, basis)


def put_in_force(world: World, entry: TaxonomyEntry) -> None:
    change = propose_version(entry=entry, reason="调整", actor=world.manager.audit_actor())
    two_person.approve(
        change_id=change.pk, seen_digest=change.digest, actor=second_manager(world).audit_actor()
    )


def test_shipped_vocabularies_hold_every_term_of_the_demonstration_city():
    vocabularies = read_vocabularies()
    unknown = set()
    for item in load_city(clock.today()).items:
        for field in ("subject_category", "genre_category", "audience"):
            for verdict in judge(TAXONOMY_OF_FIELD[field], getattr(item, field), vocabularies):
                if verdict.standing is not Standing.CURRENT:
                    unknown.add((field, verdict.text))
    assert unknown == set()


def test_a_term_that_is_not_in_the_vocabulary_stops_the_item_and_names_the_nearest_one(world):
    found = remarks(world, subject_category="综合政务\\电子政府")
    (remark,) = [one for one in found if one.field == "subject_category"]
    assert remark.is_blocking
    assert "综合政务\\电子政务" in str(remark.text)
    assert remarks(world, subject_category="综合政务\\电子政务", audience="企业、老年人") == []


@pytest.mark.req("LIB-05")
def test_a_new_version_takes_two_persons_keeps_the_old_one_and_tells_about_earlier_terms(world):
    before = read_vocabulary(Taxonomy.SUBJECT)
    dropped = "综合政务\\文秘工作"
    terms = [term for term in before.terms if term != dropped] + ["综合政务\\数据管理\\公共数据"]
    entry = entry_of(Taxonomy.SUBJECT, terms, {dropped: "综合政务\\档案"})
    with pytest.raises(NotCatalogueKeeper):
        propose_version(entry=entry, reason="调整", actor=world.author.audit_actor())
    change = propose_version(entry=entry, reason="调整", actor=world.manager.audit_actor())
    with pytest.raises(SamePerson):
        two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=world.manager.audit_actor())
    assert read_vocabulary(Taxonomy.SUBJECT).number == 1
    two_person.approve(
        change_id=change.pk, seen_digest=change.digest, actor=second_manager(world).audit_actor()
    )
    after = read_vocabulary(Taxonomy.SUBJECT)
    assert after.number == 2
    assert "综合政务\\数据管理\\公共数据" in after
    assert "综合政务\\数据管理" in after
    assert dropped in TaxonomyVersion.objects.get(taxonomy="subject", number=1).terms
    assert AuditEntry.objects.filter(verb="taxonomy.changed").count() == 1
    (advice,) = remarks(world, subject_category=dropped)
    assert not advice.is_blocking
    assert "综合政务\\档案" in str(advice.text)
    with pytest.raises(IntegrityError), transaction.atomic():
        TaxonomyVersion.objects.update(basis="改")


def test_a_term_dropped_without_successor_an_outdated_base_and_no_change_are_refused(world):
    before = read_vocabulary(Taxonomy.GENRE)
    actor = world.manager.audit_actor()
    for entry, field in (
        (entry_of(Taxonomy.GENRE, before.terms[1:]), "successors"),
        (entry_of(Taxonomy.GENRE, before.terms[1:], {before.terms[0]: "没有这个"}), "successors"),
        (entry_of(Taxonomy.GENRE, before.terms[1:], {before.terms[2]: before.terms[3]}), "successors"),
        (entry_of(Taxonomy.GENRE, before.terms), "terms"),
        (entry_of(Taxonomy.GENRE, []), "terms"),
        (entry_of(Taxonomy.GENRE, [*before.terms, "长" * 101]), "terms"),
        (entry_of(Taxonomy.GENRE, [*before.terms, "新"], basis=" "), "basis"),
        (TaxonomyEntry(Taxonomy.GENRE, 9, before.terms, {}, "文"), None),
    ):
        with pytest.raises(TaxonomyRefused) as refusal:
            propose_version(entry=entry, reason="调整", actor=actor)
        assert refusal.value.field == field


def test_regions_are_free_until_somebody_enters_them(world):
    assert remarks(world, region="云亭市") == []
    put_in_force(world, entry_of(Taxonomy.REGION, ["云亭市\\青苇县"]))
    assert remarks(world, region="云亭市\\青苇县") == []
    assert fields_of(remarks(world, region="别处")) == {"region"}


def imported(world: World, subject: str, name: str = "a.md"):
    parsed = ParsedDocument(
        title="关于供水的通知",
        body_html="<p>正文。</p>",
        body_text="正文。",
        metadata=DocumentMetadata(subject_category=subject, document_number="云政发〔2020〕3号"),
    )
    plan = ImportPlan(unit=world.unit_a, channel_ids=(world.news.pk,), source="市政府办公室", author="甲")
    (resource,) = import_documents(
        files=[IncomingFile(name, name * 8, parsed)], plan=plan, actor=world.author
    )
    return resource


@pytest.mark.req("LIB-05")
def test_foreign_terms_of_an_import_are_listed_mapped_centrally_and_translated_from_then_on(world):
    first = imported(world, "城建环保>供水")
    assert get_content(first).subject_category == "城建环保>供水"
    waiting = TermMapping.objects.get()
    assert (waiting.taxonomy, waiting.foreign, waiting.term) == ("subject", "城建环保>供水", "")
    imported(world, "城建环保>供水", "b.md")
    assert TermMapping.objects.get().times_seen == 2
    term = "城乡建设、环境保护\\公用事业"
    with pytest.raises(NotCatalogueKeeper):
        set_mapping(taxonomy=Taxonomy.SUBJECT, foreign="城建环保>供水", term=term, actor=world.author)
    with pytest.raises(MappingRefused):
        set_mapping(taxonomy=Taxonomy.SUBJECT, foreign="城建环保>供水", term="没有", actor=world.manager)
    set_mapping(taxonomy=Taxonomy.SUBJECT, foreign="城建环保>供水", term=term, actor=world.manager)
    assert AuditEntry.objects.filter(verb="taxonomy.term_mapped").count() == 1
    third = imported(world, "城建环保>供水", "c.md")
    assert get_content(third).subject_category == term
    (advice,) = remarks(world, subject_category="城建环保>供水")
    assert not advice.is_blocking
