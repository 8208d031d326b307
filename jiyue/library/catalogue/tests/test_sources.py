"""Reposts: who may be reposted under which rule, and the added review (LIB-12, REV-27)."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import IntegrityError, transaction

from jiyue.core.models import AuditEntry
from jiyue.library.catalogue.enums import SourceKind
from jiyue.library.catalogue.models import AddedReview, ContentSource
from jiyue.library.catalogue.permissions import NotCatalogueKeeper
from jiyue.library.catalogue.services import (
    AddedReviewRefused,
    SourceEntry,
    SourceRefused,
    change_source,
    enter_source,
    record_added_review,
)
from jiyue.library.catalogue.tests.scenes import Saying, fields_of, remarks, said, source
from jiyue.library.checks import Moment
from jiyue.library.selectors import get_content, get_current_revision
from jiyue.library.services import save_revision, submit_for_review
from jiyue.library.services.releasing import NotReleasable
from tests.factories import World, approve_step

pytestmark = pytest.mark.django_db

REPOST = {"is_repost": True, "source_url": "https://www.example.gov.cn/1.html"}
KINDS = (SourceKind.GOVERNMENT, SourceKind.DESIGNATED, SourceKind.OFFICIAL_MEDIA, SourceKind.OTHER)
# Mode of the profile → sorts that may be reposted: GL, NT, HT, NB, CQ.
ALLOWED = {
    "others_with_review": KINDS,
    "designated": KINDS[:2],
    "state_and_local_rules": KINDS,
    "official_media": KINDS[:3],
    "authoritative_media": KINDS[:3],
}


@pytest.mark.req("REV-27")
@pytest.mark.parametrize("mode", sorted(ALLOWED))
def test_each_profile_lets_only_its_sorts_of_source_be_reposted(world, mode):
    rules = Saying(world, repost__source_mode=mode)
    for kind in KINDS:
        source(world, f"来源{kind}", kind)
        found = remarks(world, rules=rules, source=f"来源{kind}", **REPOST)
        assert ("source" in fields_of(found)) is (kind not in ALLOWED[mode]), kind
        assert all(remark.clause for remark in found)


@pytest.mark.req("LIB-12")
def test_a_repost_names_a_listed_source_and_its_original_page(world):
    assert fields_of(remarks(world, is_repost=True, source="无名网")) == {"source", "source_url"}
    source(world, "云亭政务网", SourceKind.GOVERNMENT)
    assert remarks(world, source="云亭政务网", **REPOST) == []
    found = remarks(world, source="云亭政务网", is_repost=True, source_url="javascript:alert(1)")
    assert "source_url" in fields_of(found)
    assert fields_of(remarks(world, source="云亭政务网")) == {"is_repost"}
    assert remarks(world, source=world.unit_a.name) == []


@pytest.mark.req("LIB-12")
def test_expired_early_suspended_and_foreign_entries_block_with_their_reason(world):
    with time_machine.travel(datetime(2026, 5, 1, 4, tzinfo=UTC), tick=False):
        source(world, "过期", listed_until=date(2026, 4, 30))
        source(world, "今日到期", listed_until=date(2026, 5, 1))
        source(world, "未到", listed_from=date(2026, 5, 2))
        source(world, "停用", is_suspended=True)
        source(world, "别家", unit=world.unit_b)
        source(world, "自家", unit=world.unit_a)
        for name in ("过期", "未到", "停用", "别家"):
            assert fields_of(remarks(world, source=name, **REPOST)) == {"source"}, name
        for name in ("今日到期", "自家"):
            assert remarks(world, source=name, **REPOST) == [], name


@pytest.mark.req("LIB-12")
def test_sources_are_kept_centrally_and_every_change_leaves_an_entry(world):
    entry = SourceEntry("云亭新闻网", SourceKind.OFFICIAL_MEDIA, date(2026, 1, 1))
    with pytest.raises(NotCatalogueKeeper):
        enter_source(entry=entry, actor=world.author)
    kept = enter_source(entry=entry, actor=world.manager)
    with pytest.raises(SourceRefused):
        enter_source(entry=entry, actor=world.manager)
    for wrong, field in (
        (SourceEntry(" ", SourceKind.OTHER, date(2026, 1, 1)), "name"),
        (SourceEntry("甲网", SourceKind.OTHER, date(2026, 1, 2), date(2026, 1, 1)), "listed_until"),
        (SourceEntry("甲网", SourceKind.OTHER, date(2026, 1, 2), site_url="ftp:x"), "site_url"),
        (SourceEntry("甲网", SourceKind.OTHER, date(2026, 1, 2), note="长" * 301), "note"),
    ):
        with pytest.raises(SourceRefused) as refusal:
            enter_source(entry=wrong, actor=world.manager)
        assert refusal.value.field == field
    changed = SourceEntry("云亭新闻网", SourceKind.OFFICIAL_MEDIA, date(2026, 1, 1), is_suspended=True)
    change_source(source=kept, entry=changed, actor=world.manager)
    verbs = set(AuditEntry.objects.filter(subject_type="content_source").values_list("verb", flat=True))
    assert verbs == {"source.entered", "source.changed"}
    with pytest.raises(IntegrityError), transaction.atomic():
        ContentSource.objects.all().delete()


@pytest.fixture
def lenient(world, monkeypatch):
    """Unit A follows the national rule: other sources after an added review."""
    from jiyue.library import checks  # noqa: PLC0415

    rules = Saying(world, repost__source_mode="others_with_review")
    monkeypatch.setattr(checks, "read_rules", lambda unit: rules)
    monkeypatch.setattr("jiyue.library.services.submitting.read_rules", lambda unit: rules)


def review(world: World, resource, **values):
    facts = {
        "resource": resource,
        "seen_digest": get_current_revision(resource).digest,
        "is_passed": True,
        "content_opinion": "内容属实，适合政府网站",
        "secrecy_basis": "经审查不涉密，依据保密法第二十七条",
        "actor": world.other_lead,
    }
    return record_added_review(**{**facts, **values})


@pytest.mark.req("REV-27")
def test_an_other_source_goes_out_only_after_an_added_content_and_secrecy_review(world, lenient):
    source(world, "澜江论坛", SourceKind.OTHER)
    resource = world.draft(source="澜江论坛", **REPOST)
    (advice,) = said(resource, world, rules=Saying(world, repost__source_mode="others_with_review"))
    assert not advice.is_blocking
    case = submit_for_review(resource=resource, actor=world.author)
    approve_step(case, world.lead)
    with pytest.raises(NotReleasable):
        approve_step(case, world.leader)
    with pytest.raises(AddedReviewRefused):
        review(world, resource, actor=world.author)
    with pytest.raises(AddedReviewRefused):
        review(world, resource, actor=world.other_lead)
    with pytest.raises(AddedReviewRefused):
        review(world, resource, actor=world.lead, content_opinion=" ")
    with pytest.raises(AddedReviewRefused):
        review(world, resource, actor=world.lead, seen_digest="0" * 64)
    review(world, resource, actor=world.lead)
    assert AuditEntry.objects.filter(verb="resource.added_review").count() == 1
    approve_step(case, world.leader)
    resource.refresh_from_db()
    assert resource.live
    with pytest.raises(IntegrityError), transaction.atomic():
        AddedReview.objects.update(is_passed=False)


def test_an_added_review_counts_for_the_very_state_and_a_negative_one_stops(world, lenient):
    source(world, "澜江论坛", SourceKind.OTHER)
    resource = world.draft(source="澜江论坛", **REPOST)
    rules = Saying(world, repost__source_mode="others_with_review")
    review(world, resource, actor=world.lead)
    assert said(resource, world, Moment.RELEASE, rules) == []
    save_revision(
        resource=resource,
        content=get_content(resource).with_values(title="另一个标题"),
        base_number=1,
        actor=world.author,
    )
    assert fields_of(said(resource, world, Moment.RELEASE, rules)) == {"source"}
    review(world, resource, actor=world.lead, is_passed=False)
    (remark,) = said(resource, world, Moment.SUBMISSION, rules)
    assert remark.is_blocking


def test_the_national_portal_and_central_media_are_listed_from_the_start(world):
    rules = Saying(world, repost__source_mode="official_media")
    for name in ("中国政府网", "新华社", "人民日报"):
        assert remarks(world, rules=rules, source=name, **REPOST) == [], name
