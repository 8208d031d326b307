"""What goes out has passed the route that fits it: the text pinned in the end, and each item of many.

Found when the review was attacked from all sides: the route was looked up once,
for the text first submitted and for the item with the lowest number.
"""

import pytest

from jiyue.core import clock
from jiyue.library.models import Edition, Resource
from jiyue.library.services import (
    NotSubmittable,
    create_resource,
    save_revision,
    submit_batch,
    submit_for_review,
    submit_together,
)
from jiyue.library.services.submitting import MAX_SCOPED_BODIES
from jiyue.organizations.models import StaffAccount
from jiyue.review import services
from jiyue.review.enums import MajorSign, Office, PaperKind, SortOfContent
from jiyue.review.models import MajorRule, ReviewCase
from jiyue.review.submission import Handling
from tests.factories import World, approve_step, make_channel
from tests.places import CLERK, LEAD, LEADER, PRINCIPAL, Place

pytestmark = pytest.mark.django_db


@pytest.fixture
def nt() -> Place:
    return Place("NT")


@pytest.fixture
def ht() -> Place:
    return Place("HT")


def change(case: ReviewCase, actor: StaffAccount, **values: object) -> None:
    """Write on the first item of an open case."""
    resource = Resource.objects.get(pk=case.items.order_by("position").values_list("subject_key").first()[0])
    content = resource.revisions.latest("number").content.with_values(**values)
    save_revision(
        resource=resource,
        content=content,
        base_number=resource.last_revision,
        actor=actor,
        during_review=True,
    )


@pytest.mark.parametrize("sort", ["government_document", "mayors_mailbox", "leader_profile"])
def test_text_under_review_cannot_become_what_other_approvers_decide(nt: Place, sort: str) -> None:
    """An item changed during review kept the route of its first text, past the approvers of its new sort."""
    unit = nt.unit("jiaotong")
    case = nt.submit(unit)
    digest = case.manifest_digest
    with pytest.raises(services.RouteChanged):
        change(case, nt.person(unit, CLERK), sort=sort)
    case.refresh_from_db()
    assert (case.round, case.manifest_digest) == (1, digest)
    assert Resource.objects.get().last_revision == 1


def test_text_under_review_cannot_become_major_information(nt: Place) -> None:
    """A leader's name written in during review made no step for the principal leader (NT 15, REV-04)."""
    unit = nt.unit("jiaotong")
    clerk = nt.person(unit, CLERK)
    MajorRule.objects.create(
        unit=nt.top, sign=MajorSign.LEADER, text="王建国", created_by=clerk, created_at=clock.now()
    )
    case = nt.submit(unit)
    with pytest.raises(services.RouteChanged):
        change(case, clerk, body_html="<p>11月20日，王建国到有关单位调研便民服务工作。</p>")
    services.recall_case(case_id=case.pk, actor=clerk, reason="加入领导活动")
    resource = Resource.objects.get()
    content = resource.revisions.latest("number").content
    body = "<p>11月20日，王建国到有关单位调研便民服务工作。</p>"
    save_revision(resource=resource, content=content.with_values(body_html=body), base_number=1, actor=clerk)
    again = submit_for_review(resource=resource, actor=clerk)
    assert again.is_major
    assert PRINCIPAL in again.steps.values_list("role", flat=True)


def test_text_under_review_cannot_be_sent_to_another_kind_of_site(nt: Place) -> None:
    """A portal's channel chosen during review went past the bureau that proofreads the portal (NT 16)."""
    unit = nt.unit("jiaotong")
    portal = nt.news
    portal.contributors.add(unit)
    own = make_channel(World(unit_a=unit, unit_b=unit).county, "zixun", unit)
    own.site.site_type = "department"
    own.site.save()
    clerk = nt.person(unit, CLERK)
    resource = create_resource(
        unit=unit, content=nt.content(unit).with_values(channel_ids=(own.pk,)), actor=clerk
    )
    case = submit_for_review(resource=resource, actor=clerk)
    assert case.route_key == "default"
    with pytest.raises(services.RouteChanged):
        change(case, clerk, channel_ids=(own.pk, portal.pk))


def test_change_that_asks_for_nothing_else_stays_possible(nt: Place) -> None:
    unit = nt.unit("jiaotong")
    case = nt.submit(unit)
    change(case, nt.person(unit, CLERK), title="便民服务工作会议在市里召开")
    case.refresh_from_db()
    assert case.round == 2
    bureau = nt.unit(Office.DATA_BUREAU)
    for where, role in ((unit, LEAD), (unit, LEADER), (bureau, LEAD)):
        approve_step(case, nt.person(where, role))
    assert Edition.objects.get().title == "便民服务工作会议在市里召开"


def test_interpretation_alone_in_review_cannot_become_a_document(ht: Place) -> None:
    """Both sorts take one route, so only the opening of a case asked for the interpretation (REV-10)."""
    unit = ht.unit("minzheng")
    papers = consents(ht)
    resource = ht.draft(unit, sort="interpretation", title="社区助餐点管理办法解读")
    case = submit_for_review(resource=resource, actor=ht.person(unit, CLERK), handling=papers)
    with pytest.raises(services.RouteChanged):
        change(case, ht.person(unit, CLERK), sort="government_document")


def test_interpretation_written_before_its_document_does_not_decide_on_the_route(nt: Place) -> None:
    """The item with the lowest number named the route, not the document as the first of the pair."""
    unit = nt.unit("jiaotong")
    interpretation = nt.draft(unit, sort="interpretation", title="社区助餐点管理办法解读")
    document = nt.draft(unit, sort="government_document", title="社区助餐点管理办法")
    case = submit_together(resources=[document, interpretation], actor=nt.person(unit, CLERK))
    assert case.sort == SortOfContent.GOVERNMENT_DOCUMENT
    assert case.route_key == "NT.leaders_documents_meetings"
    assert [int(item.subject_key) for item in case.items.order_by("position")] == [
        document.pk,
        interpretation.pk,
    ]


@pytest.mark.parametrize(
    "sorts",
    [
        ["government_document"],
        ["government_document", "government_document"],
        ["government_document", "general"],
        ["general", "government_document"],
        ["interpretation", "interpretation"],
    ],
)
def test_only_a_document_and_interpretations_are_submitted_together(ht: Place, sorts: list[str]) -> None:
    """A pair of anything, or a document alone, counted as a document with its interpretation (REV-10)."""
    unit = ht.unit("minzheng")
    pair = [ht.draft(unit, sort=sort) for sort in sorts]
    with pytest.raises(NotSubmittable):
        submit_together(resources=pair, actor=ht.person(unit, CLERK), handling=consents(ht))
    assert not ReviewCase.objects.exists()


def test_one_item_named_twice_is_no_pair(ht: Place) -> None:
    unit = ht.unit("minzheng")
    document = ht.draft(unit, sort="government_document")
    with pytest.raises(NotSubmittable):
        submit_together(resources=[document, document], actor=ht.person(unit, CLERK), handling=consents(ht))


def test_batch_hides_no_item_behind_another_ones_route(nt: Place) -> None:
    """The first item of a batch named the route for all of them, government documents among them."""
    unit = nt.unit("jiaotong")
    clerk = nt.person(unit, CLERK)
    plain, document = nt.draft(unit), nt.draft(unit, sort="government_document", title="管理办法")
    with pytest.raises(NotSubmittable) as refusal:
        submit_batch(resources=[plain, document], title="一批", actor=clerk)
    assert "管理办法" in str(refusal.value.message)
    assert not ReviewCase.objects.exists()
    documents = [document, nt.draft(unit, sort="government_meeting")]
    assert submit_batch(resources=documents, title="一批", actor=clerk).route_key == (
        "NT.leaders_documents_meetings"
    )


def test_batch_hides_no_document_behind_an_interpretation(world: World) -> None:
    """Where both take one route, the batch is of documents and needs them with their interpretations."""
    first = world.draft(sort="interpretation", title="解读")
    document = world.draft(sort="government_document", title="办法")
    case = submit_batch(resources=[first, document], title="一批", actor=world.author)
    assert case.sort == SortOfContent.GOVERNMENT_DOCUMENT


def test_large_batch_is_searched_for_major_information_as_a_whole(nt: Place) -> None:
    """Of more than twenty items only the titles were looked at."""
    unit = nt.unit("jiaotong")
    clerk = nt.person(unit, CLERK)
    MajorRule.objects.create(
        unit=nt.top, sign=MajorSign.LEADER, text="王建国", created_by=clerk, created_at=clock.now()
    )
    items = [nt.draft(unit) for _number in range(MAX_SCOPED_BODIES)]
    items.append(nt.draft(unit, body_html="<p>11月20日，王建国到有关单位调研便民服务工作。</p>"))
    case = submit_batch(resources=items, title="一批", actor=clerk)
    assert case.is_major
    assert case.major_reasons == ["王建国"]


@pytest.mark.parametrize("name", ["王　军", "王 军", "王\u200b军", "王\u00ad军"])
def test_name_set_with_a_space_or_what_nobody_sees_is_the_same_name(nt: Place, name: str) -> None:
    """Official texts set names of two characters with a wide space; such a leader went unnoticed."""
    unit = nt.unit("jiaotong")
    clerk = nt.person(unit, CLERK)
    MajorRule.objects.create(
        unit=nt.top, sign=MajorSign.LEADER, text="王军", created_by=clerk, created_at=clock.now()
    )
    body = f"<p>11月20日，{name}到有关单位调研便民服务工作。</p>"
    assert nt.submit(unit, body_html=body).is_major


def test_summary_and_files_are_searched_for_major_information_too(nt: Place) -> None:
    """A leader named only in the summary, which pages and feeds show, went unnoticed (REV-04)."""
    unit = nt.unit("jiaotong")
    clerk = nt.person(unit, CLERK)
    MajorRule.objects.create(
        unit=nt.top, sign=MajorSign.LEADER, text="王建国", created_by=clerk, created_at=clock.now()
    )
    for values in ({"summary": "王建国参加会议。"}, {"keywords": ("王建国",)}, {"picture_caption": "王建国"}):
        assert nt.submit(unit, **values).is_major, values


def consents(place: Place) -> Handling:
    """Both papers of a document and its interpretation, on file."""
    unit = place.unit("minzheng")
    papers = [
        place.paper(unit, kind, f"荷备〔2026〕{number}号")
        for number, kind in enumerate((PaperKind.DOCUMENT_CONSENT, PaperKind.INTERPRETATION_CONSENT))
    ]
    return Handling(paper_ids=tuple(paper.pk for paper in papers))
