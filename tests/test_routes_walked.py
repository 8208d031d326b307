"""The routes of NT, HT and NB walked from the draft to the edition by the people the regulations name."""

import pytest

from jiyue.core import audit, clock
from jiyue.library.models import Edition, Resource
from jiyue.library.services import create_resource, submit_for_review, submit_together
from jiyue.library.services.releasing import NotReleasable
from jiyue.organizations.enums import StaffRole, UnitKind
from jiyue.organizations.models import Organization
from jiyue.organizations.services import DutiesConflict, assign_role
from jiyue.review import services
from jiyue.review.enums import Office, PaperKind, SortOfContent
from jiyue.review.models import ReviewCase
from jiyue.review.services.papers import PaperRefused
from jiyue.review.submission import Handling
from tests.factories import approve_step, make_channel, make_unit
from tests.places import CLERK, LEAD, LEADER, PRINCIPAL, Place

pytestmark = pytest.mark.django_db


@pytest.fixture
def nt() -> Place:
    return Place("NT")


@pytest.fixture
def ht() -> Place:
    return Place("HT")


@pytest.mark.req("REV-01", "REV-05", "REV-06")
def test_nt_item_for_the_portal_has_its_leaders_consent_and_is_proofread_by_the_data_bureau(
    nt: Place,
) -> None:
    unit, bureau = nt.unit("jiaotong"), nt.unit(Office.DATA_BUREAU)
    case = nt.submit(unit)
    nt.walk(case, (unit, LEAD), (unit, LEADER), (bureau, LEAD))


@pytest.mark.req("REV-05")
@pytest.mark.parametrize(
    ("sort", "office", "role"),
    [
        (SortOfContent.LEADER_PROFILE, Office.GOVERNMENT_OFFICE, LEADER),
        (SortOfContent.GOVERNMENT_DOCUMENT, Office.GOVERNMENT_OFFICE, LEADER),
        (SortOfContent.GOVERNMENT_MEETING, Office.GOVERNMENT_OFFICE, LEADER),
        (SortOfContent.DISCLOSURE_REQUEST, Office.DISCLOSURE_BODY, LEADER),
        (SortOfContent.MAYORS_MAILBOX, Office.LETTERS_BUREAU, LEADER),
        (SortOfContent.MAJOR_LEADER_NEWS, Office.DATA_BUREAU, PRINCIPAL),
        (SortOfContent.NOTICE, Office.DATA_BUREAU, LEAD),
    ],
)
def test_nt_class_of_content_goes_to_its_own_approver(
    nt: Place, sort: SortOfContent, office: Office, role: StaffRole
) -> None:
    unit = nt.unit("jiaotong")
    nt.walk(nt.submit(unit, sort=sort.value), (unit, LEAD), (unit, LEADER), (nt.unit(office), role))


@pytest.mark.req("REV-04")
def test_nt_major_information_passes_the_principal_leader_before_it_leaves_the_unit(nt: Place) -> None:
    unit, bureau = nt.unit("jiaotong"), nt.unit(Office.DATA_BUREAU)
    case = submit_for_review(
        resource=nt.draft(unit), actor=nt.person(unit, CLERK), handling=Handling(is_major=True)
    )
    assert case.major_reasons == [services.opening.BY_HAND]
    nt.walk(case, (unit, LEAD), (unit, LEADER), (unit, PRINCIPAL), (bureau, LEAD))


@pytest.mark.req("REV-01")
def test_nb_item_passes_provision_review_and_release() -> None:
    nb = Place("NB")
    unit = nb.unit("jiaotong")
    nb.walk(nb.submit(unit), (unit, LEAD), (unit, LEADER))


@pytest.mark.req("REV-07", "ORG-11")
@pytest.mark.parametrize("kind", [UnitKind.DEPARTMENT, UnitKind.GOVERNMENT])
def test_ht_department_releases_through_its_principal_leader_and_never_by_who_entered(
    ht: Place, kind: str
) -> None:
    unit = ht.unit("minzheng", kind)
    clerk, leader = ht.person(unit, CLERK), ht.person(unit, PRINCIPAL)
    case = ht.submit(unit)
    with pytest.raises(services.SelfApprovalForbidden):
        approve_step(case, clerk)
    for person, role in ((clerk.person, PRINCIPAL), (leader.person, CLERK)):
        with pytest.raises(DutiesConflict):
            assign_role(person=person, unit=unit, role=role, starts_on=clock.today(), actor=audit.PLATFORM)
    ht.walk(case, (unit, PRINCIPAL))
    edition = Edition.objects.get()
    assert edition.case is not None
    people = {edition.case.submitter.person_id, *edition.case.actions.values_list("person_id", flat=True)}
    accounts = set(edition.case.actions.values_list("account_id", flat=True))
    assert len(people) == len(accounts) == 2


@pytest.mark.req("REV-08")
def test_ht_other_unit_needs_the_stamped_paper_on_file_and_the_portal_releases(ht: Place) -> None:
    unit, portal = ht.unit("tushuguan", UnitKind.PUBLIC_INSTITUTION), ht.unit(Office.PORTAL)
    with pytest.raises(services.PaperMissing):
        ht.submit(unit)
    with pytest.raises(PaperRefused):
        ht.paper(unit, PaperKind.STAMPED_SUBMISSION, "1", has_stamp=False)
    with pytest.raises(PaperRefused):
        ht.paper(unit, PaperKind.STAMPED_SUBMISSION, "")
    stranger = ht.paper(ht.unit("bowuguan", UnitKind.PUBLIC_INSTITUTION), PaperKind.STAMPED_SUBMISSION, "7")
    with pytest.raises(services.PaperMissing):
        ht.submit(unit, stranger)
    wrong = ht.paper(unit, PaperKind.DOCUMENT_CONSENT, "8")
    with pytest.raises(services.PaperMissing):
        ht.submit(unit, wrong)
    paper = ht.paper(unit, PaperKind.STAMPED_SUBMISSION, "9")
    assert not ReviewCase.objects.exists()
    case = ht.submit(unit, paper)
    assert [row.filing.filing_number for row in case.papers.select_related("filing")] == ["9"]
    ht.walk(case, (portal, LEAD))


@pytest.mark.req("REV-08")
def test_signed_paper_stands_for_the_item_it_was_signed_for(ht: Place) -> None:
    """Also for the same item again after it was returned."""
    unit, portal = ht.unit("tushuguan", UnitKind.PUBLIC_INSTITUTION), ht.unit(Office.PORTAL)
    paper = ht.paper(unit, PaperKind.STAMPED_SUBMISSION, "9")
    case = ht.submit(unit, paper)
    with pytest.raises(services.PaperMissing):
        ht.submit(unit, paper, title="另一件事")
    step = case.steps.get()
    services.return_case(
        step_id=step.pk, seen_digest=case.manifest_digest, actor=ht.person(portal, LEAD), reason="改"
    )
    again = submit_for_review(
        resource=Resource.objects.get(pk=case.items.get().subject_key),
        actor=ht.person(unit, CLERK),
        handling=Handling(paper_ids=(paper.pk,)),
    )
    ht.walk(again, (portal, LEAD))
    with pytest.raises(services.PaperMissing):
        ht.submit(unit, paper, title="又一件事")


@pytest.mark.req("REV-09")
def test_ht_notice_needs_the_words_of_consent_on_the_stamped_paper(ht: Place) -> None:
    unit, portal = ht.unit("minzheng"), ht.unit(Office.PORTAL)
    with pytest.raises(services.PaperMissing):
        ht.submit(unit, sort="notice")
    for values in (
        {"consent_words": ""},
        {"consent_words": "同意"},
        {"has_stamp": False},
        {"signed_by": "张三"},
    ):
        with pytest.raises(PaperRefused):
            ht.paper(unit, PaperKind.NOTICE_CONSENT, "12", **values)
    case = ht.submit(unit, ht.paper(unit, PaperKind.NOTICE_CONSENT, "12"), sort="notice")
    ht.walk(case, (portal, LEAD))


def consents(ht: Place, unit: Organization) -> Handling:
    kinds = (PaperKind.DOCUMENT_CONSENT, PaperKind.INTERPRETATION_CONSENT)
    papers = [ht.paper(unit, kind, f"20-{number}") for number, kind in enumerate(kinds)]
    return Handling(paper_ids=tuple(paper.pk for paper in papers))


@pytest.mark.req("REV-10")
def test_ht_document_goes_out_together_with_its_interpretation_or_not_at_all(ht: Place) -> None:
    unit, portal = ht.unit("minzheng"), ht.unit(Office.PORTAL)
    clerk = ht.person(unit, CLERK)
    document = ht.draft(unit, sort="government_document", title="社区助餐点管理办法")
    interpretation = ht.draft(unit, sort="interpretation", title="社区助餐点管理办法解读")
    handling = consents(ht, unit)
    with pytest.raises(services.ReviewRefused) as refusal:
        submit_for_review(resource=document, actor=clerk, handling=handling)
    assert refusal.value.code == "interpretation_missing"
    pair = [document, interpretation]
    with pytest.raises(services.PaperMissing):
        submit_together(resources=pair, actor=clerk, handling=Handling(paper_ids=handling.paper_ids[:1]))
    assert not ReviewCase.objects.exists()
    case = submit_together(resources=pair, actor=clerk, handling=handling)
    ht.walk(case, (unit, PRINCIPAL), (portal, LEAD))
    assert {edition.resource_id for edition in Edition.objects.all()} == {document.pk, interpretation.pk}


@pytest.mark.req("REV-10")
def test_ht_document_stays_in_when_its_interpretation_cannot_go_out(ht: Place) -> None:
    """The channel of the interpretation was closed meanwhile: nothing is decided, neither goes out."""
    unit, portal = ht.unit("minzheng"), ht.unit(Office.PORTAL)
    clerk = ht.person(unit, CLERK)
    document = ht.draft(unit, sort="government_document", title="社区助餐点管理办法")
    other = make_channel(ht.news.site, "jiedu", unit)
    content = ht.content(unit, sort="interpretation", title="社区助餐点管理办法解读")
    interpretation = create_resource(
        unit=unit, content=content.with_values(channel_ids=(other.pk,)), actor=clerk
    )
    case = submit_together(resources=[document, interpretation], actor=clerk, handling=consents(ht, unit))
    approve_step(case, ht.person(unit, PRINCIPAL))
    other.contributors.remove(unit)
    with pytest.raises(NotReleasable):
        approve_step(case, ht.person(portal, LEAD))
    assert not Edition.objects.exists()
    assert case.actions.filter(verb="approve").count() == 1
    other.contributors.add(unit)
    approve_step(case, ht.person(portal, LEAD))
    assert Edition.objects.count() == 2


@pytest.mark.req("REV-11")
def test_two_places_under_different_rules_walk_different_routes_on_one_platform(ht: Place) -> None:
    nb = Place("NB", top=make_unit("N00000000", "宁北县人民政府", kind="government"))
    here, there = ht.unit("minzheng"), make_unit("N00000001", superior=nb.top)
    assert [step.role for step in ht.submit(here).steps.all()] == [PRINCIPAL]
    content = ht.content(there)
    resource = create_resource(unit=there, content=content, actor=nb.person(there, CLERK))
    case = submit_for_review(resource=resource, actor=nb.person(there, CLERK))
    assert [step.role for step in case.steps.all()] == [LEAD, LEADER]
